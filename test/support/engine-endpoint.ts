import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the table engine of this test run listens. */
    engine: string
  }
}

/** The engine that global-setup started, or the one an environment variable names when not under vitest. */
export function engineEndpoint(): string {
  return process.env['CRM_TEST_ENGINE'] ?? inject('engine')
}

/** Whether the engine counts capacity as DynamoDB does. DynamoDB Local reports transactions at twice their units. */
export const countsUnits = process.env['CRM_ENGINE'] !== 'official'
