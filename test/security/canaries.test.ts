import { beforeAll, describe, expect, test, vi } from 'vitest'

// Before anything is loaded: this file reads what the product really logs and counts.
vi.hoisted(() => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'DEBUG'
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'false'
})

import type { Happened } from '../../domain/kernel/event.ts'
import type { Table } from '../../domain/kernel/table/table.ts'
import { entities, routes } from '../../domain/index.ts'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import { reactHandler } from '../../events/reacting.ts'
import { reactions } from '../../events/reactions.ts'
import { fault } from '../../domain/kernel/fault.ts'
import { httpHandler } from '../../functions/http.ts'
import { errorFacts } from '../../functions/observe.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { eventFor } from '../support/http-event.ts'
import { settle } from '../support/stream.ts'
import { canariesIn, KANARY, withCanaries } from './support/canaries.ts'
import { parties } from './support/parties.ts'
import { aimed, seeded, type Aimed } from './support/seeded.ts'

/** Kinds whose records are about a customer or a person of the staff. */
const about = new Set(
  [...entities.values()].filter(({ home, noun }) => home === 'customer' || noun === 'customer' || noun === 'user').map(({ noun }) => noun),
)
/** Order numbers and names of goods, which a receiver of events works with; erasing a customer drops their log. */
const TOLD_ON_PURPOSE = ['purchase.items', 'purchase.orderId']
/** A form that a slug, such as a category's, does not take. */
const isFreeText = (found: string): boolean => /Kanary\W|@|\+44|https/.test(found)

let crm: Crm
let ids: Map<string, string>
let written: Aimed[]
const lines: string[] = []
beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    Object.assign(stream, {
      write: (chunk: unknown, ...rest: never[]) => (
        lines.push(String(chunk)), String(chunk).startsWith('{') ? true : write(chunk as string, ...rest)
      ),
    })
  }
  crm = await startCrm()
  const people = await parties(crm)
  ids = await seeded(crm, { ownerId: people.ownerId })
  written = aimed(ids).filter(({ body }) => body !== undefined)
  await settle(crm, { failing: true })
  lines.length = 0
}, 180_000)

/** The version a record is at, for changing it. */
async function versionAt({ route, path }: Aimed): Promise<number> {
  if (route.method !== 'PATCH') return 1
  return Number((await crm.call('GET', path)).body['version'] ?? 1)
}

describe('personal values put through every route that takes a body', () => {
  const sent: string[] = []
  let told: CloudEvent[] = []

  test('are taken by most of them', async () => {
    let taken = 0
    for (const one of written) {
      const { body, canaries } = withCanaries(one)
      sent.push(...canaries)
      const { status } = await crm.call(one.route.method, one.path, { body, ifMatch: await versionAt(one), key: `k${sent.length}` })
      if (status < 300 && canaries.length > 0) taken += 1
      // Once more, which is refused where they are unique, and with the wrong form.
      await crm.call(one.route.method, one.path, { body, ifMatch: 1 })
      const wrong = Object.fromEntries(Object.keys(body).map((name) => [name, [[`${KANARY} wrong`]]]))
      expect((await crm.call(one.route.method, one.path, { body: wrong, ifMatch: 1 })).status).toBeLessThan(500)
    }
    expect(sent.length).toBeGreaterThan(150)
    expect(taken).toBeGreaterThan(40)
    const { published, failures } = await settle(crm, { failing: true })
    told = published
    expect(published.length).toBeGreaterThan(50)
    expect(canariesIn(failures.join('\n'))).toEqual([])
    // Once more with the log that the functions have: every consequence a second time.
    const react = reactHandler({ edge: () => ({ table: crm.table, files: crm.files, now: () => crm.clock.now }), reactions })
    const Records = published.map((event) => ({ messageId: event.id, body: JSON.stringify({ detail: event }) }))
    await react({ Records }, { getRemainingTimeInMillis: () => 900_000 })
  }, 180_000)

  test('stand in no log line and no metric', () => {
    expect(lines.filter((line) => line.includes('"message":"request"')).length).toBeGreaterThan(300)
    expect(lines.flatMap(canariesIn)).toEqual([])
  })

  test('stand in no event of a customer or a person, neither on the bus nor in the log beside the record', async () => {
    const log: Happened[] = []
    for (let after: Record<string, unknown> | undefined, more = true; more; more = after !== undefined) {
      const page = await crm.table.scan({ limit: 1_000, ...(after && { after }) })
      log.push(...page.items.filter((item) => String(item['sk']).startsWith('log#')).map((item) => item as unknown as Happened))
      after = page.last
    }
    const leaks = new Set<string>()
    const events = [...told.map(({ data }) => data), ...log]
    for (const { noun, changed } of events) {
      // What the company calls its own things (roles, tiers, rewards, occasions) is not about anyone.
      if (!about.has(noun)) continue
      for (const [field, change] of Object.entries(changed))
        if (canariesIn(JSON.stringify(change)).some(isFreeText)) leaks.add(`${noun}.${field}`)
    }
    expect(events.length).toBeGreaterThan(200)
    expect([...leaks].sort()).toEqual(TOLD_ON_PURPOSE)
  })

  test('stand in no cursor', async () => {
    let cursors = 0
    for (const { route, path, name } of aimed(ids).filter((one) => one.route.method === 'GET')) {
      const { status, body, headers } = await crm
        .call('GET', `${path}?limit=1`)
        .catch(() => ({ status: 0, body: {}, headers: {} }) as never)
      if (status !== 200 || route.type !== undefined || body['nextCursor'] === undefined) continue
      cursors += 1
      expect(canariesIn(`${String(body['nextCursor'])} ${headers['link'] ?? ''}`), name).toEqual([])
    }
    expect(cursors).toBeGreaterThan(5)
  })

  test('stand in no line and no answer of a failure of ours, whatever the error carries', async () => {
    const item = { name: `${KANARY} inside`, phone: '+447911000000' }
    const broken = Object.assign(new Error('the engine failed'), { Item: item, $metadata: item, cause: item })
    const table = new Proxy({} as Table, { get: () => () => Promise.reject(broken) })
    const handler = httpHandler(routes, () => ({ table, now: () => crm.clock.now }))
    lines.length = 0
    const stumbled = httpHandler(routes, () => ({
      table: new Proxy({} as Table, { get: () => async () => JSON.parse(`${KANARY} is no JSON`) as never }),
      now: () => crm.clock.now,
    }))
    for (const { route, path, body } of written.slice(0, 40)) {
      await stumbled(eventFor(routes, route.method, path, { body: { ...body }, ifMatch: 1, as: 'integration' }), {} as never)
      const answer = await handler(eventFor(routes, route.method, path, { body: { ...body }, ifMatch: 1, as: 'integration' }), {} as never)
      expect(canariesIn(answer.body)).toEqual([])
      if (answer.statusCode === 500)
        expect(JSON.parse(answer.body)).toMatchObject({ code: 'internal', detail: expect.not.stringContaining('engine') })
    }
    for (const [name, at] of [
      ['SyntaxError', 'domain/kernel'],
      ['the engine failed', 'canaries.test'],
    ] as const)
      expect(lines.some((line) => line.includes('request failed') && line.includes(name) && line.includes(at))).toBe(true)
    expect(lines.flatMap(canariesIn)).toEqual([])
  })

  test('stand in no line about a refusal that a reaction or a schedule met', () => {
    const taken = fault('conflict', 'customer.identity_taken', `email:${KANARY}@example.com already belongs to cus_1.`)
    const said = errorFacts(taken)
    expect(said).toMatchObject({ name: 'Fault', code: 'customer.identity_taken', stack: expect.stringContaining('canaries.test') })
    expect(canariesIn(JSON.stringify(said))).toEqual([])
  })
})
