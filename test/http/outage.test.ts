import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import type { Table } from '../../domain/kernel/table/table.ts'
import { httpHandler } from '../../functions/http.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { eventFor } from '../support/http-event.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

/** What is answered when every call to the table fails like this. */
async function answered(name: string) {
  const fails = () => Promise.reject(Object.assign(new Error('the inside of it'), { name }))
  const handler = httpHandler(routes, () => ({ table: new Proxy({} as Table, { get: () => fails }), now: () => crm.clock.now }))
  const event = eventFor(routes, 'POST', '/customers', { as: 'admin', body: { name: 'Ada' }, key: 'k' })
  const { statusCode, headers, body } = await handler(event, {} as never)
  return { statusCode, headers, body: JSON.parse(body) as Record<string, unknown> }
}

describe('a request while the table is out of reach', () => {
  test.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'InternalServerError', 'TimeoutError'])(
    'is asked to come again, since %s passes',
    async (name) => {
      const { statusCode, headers, body } = await answered(name)
      expect(statusCode).toBe(503)
      expect(headers).toMatchObject({ 'retry-after': '2', 'content-type': 'application/problem+json' })
      expect(body).toMatchObject({ status: 503, code: 'records.unavailable', title: 'Try again' })
      expect(JSON.stringify(body)).not.toContain('inside')
    },
  )

  test('is a 500 when the table refuses what it was asked: that is a defect', async () => {
    expect(await answered('ValidationException')).toMatchObject({ statusCode: 500, body: { code: 'internal' } })
    expect(await answered('AccessDeniedException')).toMatchObject({ statusCode: 500, body: { code: 'internal' } })
  })
})
