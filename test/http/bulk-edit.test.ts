import { beforeEach, describe, expect, test } from 'vitest'
import { later } from '../../domain/kernel/clock.ts'
import type { Table } from '../../domain/kernel/table/table.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-06-10T09:00:00.000Z'
let crm: Crm
/** When set, the so-manyth transaction from now is never begun: as if the function were killed there. */
let dies = Infinity
const mortal = (table: Table): Table => ({
  ...table,
  writeAll: async (writes, token) => {
    dies -= 1
    if (dies === 0) throw new Error('killed')
    return table.writeAll(writes, token)
  },
})
beforeEach(async () => {
  dies = Infinity
  crm = await startCrm({ now: START, through: mortal })
})

const open = async (name: string, more: object = {}, as = 'admin'): Promise<string> =>
  (await crm.call('POST', '/customers', { body: { name, ...more }, as })).body['id']
const file = async (id: string): Promise<Reply['body']> => (await crm.call('GET', `/customers/${id}`)).body
const dryRun = (where: object, does: object, as = 'admin') => crm.call('POST', '/bulk-edits', { body: { where, does }, as })
const run = (edit: Reply['body'], as = 'admin', token: string = edit['token']) =>
  crm.call('POST', `/bulk-edits/${edit['id']}/run`, { body: { token }, as })
const show = async (edit: Reply['body']): Promise<Reply['body']> => (await crm.call('GET', `/bulk-edits/${edit['id']}`)).body
async function done(where: object, does: object): Promise<Reply['body']> {
  const { body } = await dryRun(where, does)
  expect((await run(body)).status).toBe(202)
  await runJob(crm, 'bulk-edits')
  return show(body)
}

describe('a change of many customers', () => {
  test('is tried, run and undone: each customer once, with an event, and never over a later change', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, (_, at) => open(`P${at}`, at % 3 ? {} : { tags: ['old', 'spring'] })))
    await settle(crm)
    const tried = await dryRun({}, { addTags: ['spring'], removeTags: ['old'] })
    expect(tried).toMatchObject({
      status: 201,
      body: {
        state: 'ready',
        count: 30,
        edited: 0,
        words: 'add the tags spring and remove the tags old',
        expiresAt: later(START, 900_000),
      },
    })
    expect((await file(ids[1] ?? ''))['version']).toBe(1)
    expect(await run(tried.body)).toMatchObject({ status: 202, body: { state: 'running' } })
    await runJob(crm, 'bulk-edits')
    expect(await show(tried.body)).toMatchObject({ state: 'done', edited: 30, unchanged: 0, refused: 0 })
    for (const id of ids) expect(await file(id)).toMatchObject({ tags: ['spring'], version: 2 })
    const { published } = await settle(crm)
    expect(published.filter(({ type, data }) => type === 'customer.changed' && data.actor === 'usr_admin000000000000000')).toHaveLength(30)
    await replay(crm)
    expect((await run(tried.body)).body).toMatchObject({ state: 'done', edited: 30 })
    expect(await done({}, { addTags: ['spring'] })).toMatchObject({ edited: 0, unchanged: 30 })

    const [changed = ''] = ids
    await crm.call('PATCH', `/customers/${changed}`, { body: { occupation: 'Later' }, ifMatch: 2 })
    expect((await crm.call('POST', `/bulk-edits/${tried.body['id']}/undo`, { body: {} })).status).toBe(202)
    await runJob(crm, 'bulk-edits')
    expect(await show(tried.body)).toMatchObject({ state: 'undone', edited: 30, undone: 29, kept: 1 })
    expect(await file(changed)).toMatchObject({ tags: ['spring'], occupation: 'Later' })
    expect(await file(ids[1] ?? '')).toMatchObject({ tags: [], version: 3 })
    expect(await file(ids[3] ?? '')).toMatchObject({ tags: ['old', 'spring'], version: 3 })
  })

  test('goes on where it was killed, wherever that was, and counts nobody twice', async () => {
    const ids = await Promise.all(Array.from({ length: 24 }, (_, at) => open(`P${at}`)))
    for (const at of [1, 9, 20]) {
      const { body } = await dryRun({}, { set: { occupation: `Number ${at}` } })
      await run(body)
      dies = at
      await runJob(crm, 'bulk-edits', { failing: true })
      dies = Infinity
      await runJob(crm, 'bulk-edits')
      expect(await show(body)).toMatchObject({ state: 'done', edited: 24, unchanged: 0, refused: 0 })
      for (const id of ids) expect(await file(id)).toMatchObject({ occupation: `Number ${at}` })
      await crm.call('POST', `/bulk-edits/${body['id']}/undo`, { body: {} })
      dies = 5
      await runJob(crm, 'bulk-edits', { failing: true })
      dies = Infinity
      await runJob(crm, 'bulk-edits')
      expect(await show(body)).toMatchObject({ state: 'undone', undone: 24, kept: 0 })
      for (const id of ids) expect((await file(id))['occupation']).toBeUndefined()
    }
    expect((await file(ids[0] ?? ''))['version']).toBe(7)
  })

  test('counts nobody twice when two instances work on the same step at once', async () => {
    await Promise.all(Array.from({ length: 24 }, (_, at) => open(`P${at}`)))
    for (const does of [{ set: { occupation: 'Weaver' } }, { lifecycle: { lifecycle: 'prospect', reason: 'Fair' } }]) {
      const { body } = await dryRun({}, does)
      await run(body)
      await Promise.all([1, 2, 3].map(() => runJob(crm, 'bulk-edits', { failing: true })))
      await runJob(crm, 'bulk-edits')
      expect(await show(body)).toMatchObject({ state: 'done', edited: 24, unchanged: 0, refused: 0 })
      expect((await crm.call('POST', `/bulk-edits/${body['id']}/undo`, { body: {} })).status).toBe(202)
      await Promise.all([1, 2, 3].map(() => runJob(crm, 'bulk-edits', { failing: true })))
      await runJob(crm, 'bulk-edits')
      expect(await show(body)).toMatchObject({ state: 'undone', undone: 24, kept: 0 })
    }
  })

  test('changes what the filter finds though the change moves it, and whom the caller may change', async () => {
    const mine = 'usr_sales000000000000000'
    const [ada, bob] = [await open('Ada', {}, 'sales'), await open('Bob', {}, 'sales')]
    const other = await open('Other')
    const { body } = await dryRun({ ownerId: mine, lifecycle: 'lead' }, { lifecycle: { lifecycle: 'prospect', reason: 'Fair' } }, 'sales')
    expect(body).toMatchObject({ count: 2, state: 'ready' })
    expect((await run(body, 'admin')).status).toBe(400)
    await run(body, 'sales')
    await runJob(crm, 'bulk-edits')
    expect(await show(body)).toMatchObject({ state: 'done', edited: 2 })
    for (const id of [ada, bob]) expect(await file(id)).toMatchObject({ lifecycle: 'prospect', lifecycleReason: 'Fair', ownerId: mine })
    expect((await crm.call('POST', `/bulk-edits/${body['id']}/undo`, { body: {}, as: 'sales' })).status).toBe(202)
    await runJob(crm, 'bulk-edits')
    expect(await file(ada)).toMatchObject({ lifecycle: 'lead' })
    expect((await file(ada))['lifecycleReason']).toBeUndefined()
    expect(await dryRun({}, { addTags: ['x'] }, 'sales')).toMatchObject({ body: { count: 2 } })
    expect((await dryRun({}, { assign: { ownerId: null } }, 'sales')).status).toBe(403)
    expect((await dryRun({}, { addTags: ['x'] }, 'viewer')).status).toBe(403)
    expect(await file(other)).toMatchObject({ version: 1 })
    expect((await crm.call('GET', `/bulk-edits/${body['id']}`, { as: 'usr_other000000000000000:sales' })).status).toBe(404)
  })

  test('is for the members of a segment, and tells whom it could not change', async () => {
    const [ada, cy] = [await open('Ada'), await open('Cy', { kind: 'company' })]
    await open('Not in it')
    const segment = (await crm.call('POST', '/segments', { body: { name: 'Guests' } })).body['id']
    await crm.call('POST', `/segments/${segment}/members`, { body: { add: [ada, cy] } })
    const edit = await done({ segmentId: segment }, { set: { familyStatus: 'married' } })
    expect(edit).toMatchObject({ count: 2, edited: 1, refused: 1, failures: [{ customerId: cy, code: 'input.invalid' }] })
    expect((await dryRun({ segmentId: segment, name: 'A' }, { addTags: ['x'] })).body['errors']).toMatchObject([{ path: 'where.name' }])
    expect((await dryRun({ segmentId: `seg_${'0'.repeat(20)}` }, { addTags: ['x'] })).status).toBe(404)
  })

  test('is refused with what is allowed, before anything is written', async () => {
    const cases: [object, object, string][] = [
      [{}, {}, 'does not_one'],
      [{}, { addTags: ['x'], assign: { ownerId: null } }, 'does not_one'],
      [{}, { set: { emails: [] } }, 'does.set.emails not_for_many'],
      [{}, { set: { colour: 'red', employees: -1 } }, 'does.set.employees too_small'],
      [{}, { set: {} }, 'does.set empty'],
      [{ lifecycle: 'lead' }, { addTags: ['x'] }, 'lifecycle filter.unsupported'],
    ]
    for (const [where, does, said] of cases) {
      const { status, body } = await dryRun(where, does)
      expect(status).toBe(400)
      expect((body['errors'] as { path: string; code: string }[]).map(({ path, code }) => `${path} ${code}`)).toContain(said)
    }
    await open('Ada')
    const { body } = await dryRun({}, { addTags: ['x'] })
    expect((await run(body, 'admin', 'x'.repeat(43))).body['code']).toBe('bulk_edit.token_invalid')
    expect((await crm.call('POST', `/bulk-edits/${body['id']}/undo`, { body: {} })).body['code']).toBe('bulk_edit.not_done')
    crm.clock.now = later(START, 16 * 60_000)
    expect(await run(body)).toMatchObject({ status: 409, body: { code: 'bulk_edit.token_expired' } })
    expect((await show(body))['token']).toBeUndefined()
  })

  test('of many is counted in the background, and costs so much each', async () => {
    const customers = 550
    for (let from = 0; from < customers; from += 50)
      await Promise.all(Array.from({ length: 50 }, (_, at) => open(`P${String(from + at).padStart(4, '0')}`)))
    const { body } = await dryRun({}, { set: { source: 'fair' } })
    expect(body).toMatchObject({ state: 'counting', count: 500 })
    expect(body['token']).toBeUndefined()
    await runJob(crm, 'bulk-edits')
    const ready = await show(body)
    expect(ready).toMatchObject({ state: 'ready', count: customers })
    await run(ready)
    crm.spent.length = 0
    await runJob(crm, 'bulk-edits')
    const sum = (of: 'readUnits' | 'writeUnits') => crm.spent.reduce((total, one) => total + one[of], 0) / customers
    expect(sum('readUnits')).toBeLessThan(4.5)
    expect(sum('writeUnits')).toBeLessThan(9)
    expect(await show(body)).toMatchObject({ state: 'done', edited: customers })
  })
})
