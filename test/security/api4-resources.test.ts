import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { BODY_LIMIT } from '../../functions/request.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { visitsOf, type Visit } from '../support/walk.ts'

let crm: Crm
let id = ''
beforeAll(async () => {
  crm = await startCrm()
  id = String((await crm.call('POST', '/customers', { body: { name: 'Small' } })).body['id'])
})

const visits = visitsOf(routes)
const withBody = visits.filter(({ body }) => body !== undefined)
const units = (): number => crm.spent.splice(0).reduce((sum, { readUnits, writeUnits }) => sum + readUnits + writeUnits, 0)

/** Milliseconds of processor time that this process has used: other work on the machine does not count. */
const cpuMs = (): number => Object.values(process.cpuUsage()).reduce((sum, micros) => sum + micros, 0) / 1000

/** The answer to a body, which may be text that no JSON library would write. @returns also what it took. Milliseconds. */
async function send({ route, path }: Visit, body: unknown): Promise<Reply & { ms: number; units: number }> {
  units()
  const began = cpuMs()
  const reply = await crm.call(route.method, path, { body, ifMatch: 1 })
  return { ...reply, ms: cpuMs() - began, units: units() }
}
/** Bodies up to the limit take this much of a processor at most. Milliseconds. */
const BRIEF = 2_000

describe('API4 unrestricted resource consumption', () => {
  test('a list gives a hundred rows at most, wherever it is asked for more, and a page is never without a bound', async () => {
    const lists = visits.filter(({ route }) => route.method === 'GET' && 'limit' in (shapeOf(route) ?? {}))
    expect(lists.length).toBeGreaterThan(30)
    for (const { path, name } of lists)
      for (const limit of ['101', '1e9', '-1', '0', 'all', '25.5', '']) {
        const reply = await crm.call('GET', `${path}?limit=${limit}`)
        expect(reply.status, `${name} limit=${limit}`).toBe(400)
        expect(reply.body['errors'].map((error: { path: string }) => error.path)).toContain('limit')
      }
  })

  test('a text of a megabyte is refused before it is parsed, and nothing is read for it', async () => {
    for (const one of withBody) {
      const reply = await send(one, `{"name":"${'x'.repeat(1024 * 1024)}"}`)
      expect([reply.status, reply.units], one.name).toEqual([413, 0])
    }
  })

  test('JSON nested a hundred thousand deep is a 400, in every field that takes an object or a list', async () => {
    const deep = (open: string, close: string, times: number): string => open.repeat(times) + close.repeat(times)
    for (const one of withBody) {
      const field = Object.keys(one.body ?? {})[0] ?? 'name'
      for (const text of [
        deep('[', ']', 100_000),
        deep('{"a":', '}', 30_000).replace('}', '1}'),
        deep('[{"a":', '}]', 20_000).replace('}', '1}'),
      ]) {
        const reply = await send(one, `{"${field}":${text}}`)
        expect([reply.status, reply.body['code']], `${one.name} ${field}`).toEqual([400, 'body.too_deep'])
        expect(reply.ms).toBeLessThan(BRIEF)
      }
    }
  }, 240_000)

  test('brackets within a text are no levels', async () => {
    const notes = `${'[{'.repeat(200)}"\\${'['.repeat(100)}`
    const reply = await crm.call('POST', '/customers', { body: { name: 'Brackets', notes } })
    expect([reply.status, reply.body['notes']]).toEqual([201, notes])
    const nested = JSON.parse('['.repeat(31) + ']'.repeat(31)) as unknown
    expect((await crm.call('POST', '/customers', { body: { name: 'X', tags: nested } })).body['code']).toBe('input.invalid')
    expect((await crm.call('POST', '/customers', { body: { name: 'X', tags: [nested] } })).body['code']).toBe('body.too_deep')
  })

  test('twenty thousand unknown fields, or as many of a list, are refused in a moment and nothing is written', async () => {
    const many = Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`f${n}`, 1]))
    const long = Array.from({ length: 40_000 }, () => 'x')
    for (const one of withBody) {
      const field = Object.entries(one.body ?? {}).find(([, value]) => Array.isArray(value))?.[0] ?? 'tags'
      for (const body of [many, { ...one.body, [field]: long }]) {
        const reply = await send(one, body)
        expect(reply.status, one.name).toBe(400)
        expect(reply.ms, one.name).toBeLessThan(BRIEF)
      }
    }
  }, 240_000)

  test('a refusal is no longer than what it refuses', async () => {
    const body = Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`f${n}`, 1]))
    const { body: refusal } = await crm.call('POST', '/customers', { body })
    expect(refusal['errors']).toHaveLength(100)
    expect(JSON.stringify(refusal).length).toBeLessThan(BODY_LIMIT / 10)
  })

  test('patterns that make a matcher go back and forth are answered as fast as others', async () => {
    const texts = [
      'a'.repeat(50_000),
      `${'a-'.repeat(20_000)}!`,
      `${'0'.repeat(50_000)}x`,
      `${' '.repeat(50_000)}x`,
      `${'a@'.repeat(20_000)}`,
    ]
    const fields = ['name', 'language', 'source', 'birthday', 'country', 'notes', 'occupation']
    for (const text of texts)
      for (const field of fields) {
        const began = cpuMs()
        const { status } = await crm.call('POST', '/customers', {
          body: { name: 'X', [field]: text, emails: [{ address: text }], phones: [{ number: text }] },
        })
        expect(status).toBe(400)
        expect(cpuMs() - began, field).toBeLessThan(BRIEF)
      }
  })

  test('a read costs what is shown, not what is there', async () => {
    for (let n = 0; n < 60; n++)
      await crm.call('POST', `/customers/${id}/interactions`, { body: { kind: 'note', direction: 'out', subject: `${n}` } })
    const cost = async (path: string): Promise<number> => {
      units()
      expect((await crm.call('GET', path)).status).toBe(200)
      return units()
    }
    expect(await cost(`/customers/${id}/timeline?limit=5`)).toBeLessThanOrEqual(await cost(`/customers/${id}/timeline?limit=50`))
    expect(await cost(`/customers/${id}/timeline?limit=5`)).toBeLessThanOrEqual(10)
  })
})

function shapeOf(route: Visit['route']): Record<string, unknown> | undefined {
  const { input } = route.action.schemas()
  return 'shape' in input ? (input.shape as Record<string, unknown>) : undefined
}
