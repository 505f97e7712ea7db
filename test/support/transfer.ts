import { expect } from 'vitest'
import type { Crm, Reply } from './crm.ts'
import { runJob, settle } from './stream.ts'

/** Files of rows for tests, and the way of one from its upload to its end. */

export interface Rows {
  kind?: string
  name?: string
  as?: string
}

/** Makes an import and uploads its file. @returns its id */
export async function upload(
  crm: Crm,
  body: Uint8Array | string,
  { kind = 'customers', name = 'rows.csv', as = 'admin' }: Rows = {},
): Promise<string> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const made = await crm.call('POST', '/imports', { as, body: { name, kind, bytes: bytes.length } })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  crm.files.put(String(made.body['upload'].url), bytes)
  return String(made.body['id'])
}

/** Asks for a run or a check, and lets the schedule go on with it until it halts or ends. @returns how it then stands */
export async function work(crm: Crm, id: string, what: 'run' | 'check' | 'undo', body?: object, as = 'admin'): Promise<Reply['body']> {
  const asked = await crm.call('POST', `/imports/${id}/${what}`, { as, ...(body && { body }) })
  expect(asked.status, JSON.stringify(asked.body)).toBe(202)
  await runJob(crm, 'imports')
  return (await crm.call('GET', `/imports/${id}`, { as })).body
}

/** The lines of the report: row, column, code. */
export async function reportOf(crm: Crm, id: string): Promise<string[]> {
  const { body } = await crm.call('GET', `/imports/${id}/report`)
  const text = Buffer.from(crm.files.get(String(body['url']))).toString()
  return text
    .replace(/^\uFEFF/, '')
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.split(',').slice(0, 3).join(' '))
}

/** A page of the customers there are, by name. */
export async function names(crm: Crm): Promise<string[]> {
  const { body } = await crm.call('GET', '/customers?limit=100')
  return body['items'].map((one: { name: string }) => one.name)
}

export { settle }
