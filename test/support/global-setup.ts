import type { TestProject } from 'vitest/node'
import { startEngine } from './engine.ts'

/** One engine for the whole run; every test makes tables of its own on it. `CRM_ENGINE=official` takes DynamoDB Local. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = await startEngine(process.env['CRM_ENGINE'] === 'official' ? 'official' : 'embedded')
  project.provide('engine', engine.endpoint)
  return () => engine.stop()
}
