import fc from '../support/property.ts'
import { describe, expect, test } from 'vitest'
import { keepSegments } from '../../domain/data/segment/index.ts'
import { later } from '../../domain/kernel/clock.ts'
import type { Change } from '../../domain/kernel/event.ts'
import type { Table } from '../../domain/kernel/table/table.ts'
import { itemIn } from '../../domain/kernel/table/attribute.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { newRecords, runJob, settle } from '../support/stream.ts'

const START = '2026-06-10T09:00:00.000Z'

/** What happened to customers, as the stream has it. */
async function changes(crm: Crm): Promise<Change[]> {
  const records = await newRecords(crm)
  return records.map(({ dynamodb: { OldImage, NewImage } = {} }) => ({
    ...(OldImage && { before: itemIn(OldImage) }),
    ...(NewImage && { after: itemIn(NewImage) }),
  }))
}

async function walk(crm: Crm): Promise<void> {
  for (let rounds = 0; rounds < 2; rounds++) {
    crm.clock.now = later(crm.clock.now, 66_000)
    crm.forget()
    await runJob(crm, 'segments')
  }
}

const segment = async (crm: Crm, name: string, rule: object): Promise<string> =>
  (await crm.call('POST', '/segments', { body: { name, rule } })).body['id']
const members = async (crm: Crm, id: string): Promise<string[]> =>
  (await crm.call('GET', `/segments/${id}/members?limit=100`)).body['items'].map((one: { customerId: string }) => one.customerId).sort()

describe('segments', () => {
  test('come to the truth whatever the order in which changes are told, how often and how many at once', async () => {
    const crm = await startCrm({ now: START })
    const [us, tagged] = [
      await segment(crm, 'US', { field: 'country', op: 'is', value: 'US' }),
      await segment(crm, 'Tagged', { not: { field: 'tags', op: 'is_empty' } }),
    ]
    await walk(crm)
    const act = fc.record({
      who: fc.nat(5),
      what: fc.constantFrom({ country: 'US' }, { country: 'DE' }, { country: null }, { tags: ['x'] }, { tags: [] }, { occupation: 'y' }),
    })
    const ids: string[] = []
    for (let at = 0; at < 6; at++) ids.push((await crm.call('POST', '/customers', { body: { name: `P${at}` } })).body['id'])
    const versions = new Map(ids.map((id) => [id, 1]))
    await newRecords(crm)
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 10 }), fc.array(fc.nat(9), { maxLength: 12 }), async (acts, again) => {
        for (const { who, what } of acts) {
          const id = ids[who] ?? ''
          const reply = await crm.call('PATCH', `/customers/${id}`, { body: what, ifMatch: versions.get(id) ?? 0 })
          versions.set(id, reply.body['version'])
        }
        const told = await changes(crm)
        // Some twice, all of them backwards, three deliveries at once.
        const shuffled = [...again.flatMap((at) => told[at] ?? []), ...told.toReversed()]
        const third = Math.ceil(shuffled.length / 3)
        const parts = [0, 1, 2].map((at) => shuffled.slice(at * third, (at + 1) * third))
        await Promise.all(parts.map((part) => keepSegments.project(crm.ctx(), part)))
        const files = await Promise.all(ids.map(async (id) => (await crm.call('GET', `/customers/${id}`)).body))
        const whose = (keep: (file: Reply['body']) => boolean) =>
          files
            .filter(keep)
            .map((file) => file['id'])
            .sort()
        expect(await members(crm, us)).toEqual(whose((file) => file['country'] === 'US'))
        expect(await members(crm, tagged)).toEqual(whose((file) => file['tags'].length > 0))
        for (const id of [us, tagged]) {
          expect((await crm.call('GET', `/segments/${id}`)).body['members']).toBe((await members(crm, id)).length)
        }
        const moves = await changes(crm)
        for (const { before, after } of moves.filter((one) => one.after?.['noun'] === 'segment_member')) {
          expect(after?.['version']).toBe(Number(before?.['version'] ?? 0) + 1)
          expect(after?.['state']).not.toBe(before?.['state'] ?? 'out')
        }
      }),
      { numRuns: 12 },
    )
  })

  test('are built by a walk that is killed on its way and meets people who are renamed and made meanwhile', async () => {
    let dies = Infinity
    const mortal = (table: Table): Table => ({
      ...table,
      writeAll: async (writes, token) => {
        dies -= 1
        if (dies === 0) throw new Error('killed')
        return table.writeAll(writes, token)
      },
    })
    const crm = await startCrm({ now: START, through: mortal })
    const ids: string[] = []
    for (let at = 0; at < 130; at++) {
      const body = { name: `P${String(at).padStart(3, '0')}`, ...(at % 2 && { country: 'US' }) }
      ids.push((await crm.call('POST', '/customers', { body })).body['id'])
    }
    const id = await segment(crm, 'US', { field: 'country', op: 'is', value: 'US' })
    crm.clock.now = later(crm.clock.now, 66_000)
    crm.forget()
    dies = 20
    await runJob(crm, 'segments', { failing: true })
    dies = Infinity
    // One who would be passed: from behind the walk to before it.
    const last = ids[129] ?? ''
    await crm.call('PATCH', `/customers/${last}`, { body: { name: 'A first' }, ifMatch: 1 })
    const made = (await crm.call('POST', '/customers', { body: { name: 'A new one', country: 'US' } })).body['id']
    await settle(crm)
    await runJob(crm, 'segments')
    const { published } = await settle(crm)
    const found = await members(crm, id)
    expect(found).toEqual([...ids.filter((_, at) => at % 2 === 1), made].sort())
    expect((await crm.call('GET', `/segments/${id}`)).body).toMatchObject({ state: 'ready', members: 66 })
    expect(published.filter(({ type }) => type === 'segment.built')).toHaveLength(1)
  })

  test('by scores are looked at again every day, since others move them', async () => {
    const crm = await startCrm({ now: START })
    const person = async (name: string) => (await crm.call('POST', '/customers', { body: { name } })).body['id']
    const buys = (id: string, dollars: number, order: string) =>
      crm.call('POST', `/customers/${id}/purchases`, {
        body: { orderId: { id: order }, at: crm.clock.now, amount: { amount: dollars * 100, currency: 'USD' } },
      })
    const ada = await person('Ada')
    await buys(ada, 100, 'a')
    for (let at = 0; at < 5; at++) await buys(await person(`Low ${at}`), 1 + at, `low${at}`)
    await settle(crm)
    const id = await segment(crm, 'Top', { field: 'rfm.monetary', op: 'at_least', value: 5 })
    await walk(crm)
    expect(await members(crm, id)).toContain(ada)
    for (let at = 0; at < 20; at++) await buys(await person(`High ${at}`), 1_000 + at, `high${at}`)
    await settle(crm)
    expect(await members(crm, id)).toContain(ada)
    crm.clock.now = later(crm.clock.now, 25 * 3_600_000)
    crm.forget()
    await runJob(crm, 'segments')
    await runJob(crm, 'segments')
    expect(await members(crm, id)).not.toContain(ada)
    expect((await crm.call('GET', `/segments/${id}`)).body).toMatchObject({ state: 'ready' })
  })
})
