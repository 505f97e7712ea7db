import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { customer, customerCreated } from '../../domain/customer/customer/index.ts'
import { commit, create } from '../../domain/kernel/commit.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

const call = (method: string, path: string, body?: Record<string, unknown>, as = 'admin') =>
  crm.call(method, path, { as, ...(body && { body }) })
async function good(reply: Promise<Reply>, status = 200): Promise<Reply['body']> {
  const { status: is, body } = await reply
  expect(is, JSON.stringify(body)).toBe(status)
  return body
}
async function policy(onCreate: string): Promise<void> {
  const { body } = await call('GET', '/workspace')
  await good(crm.call('PATCH', '/workspace', { as: 'admin', ifMatch: body['version'], body: { duplicates: { onCreate } } }))
  crm.forget()
}
const open = (body: Record<string, unknown>, as = 'admin') => call('POST', '/customers', body, as)
const units = () =>
  crm.spent.reduce((sum, { readUnits, writeUnits }) => ({ read: sum.read + readUnits, write: sum.write + writeUnits }), {
    read: 0,
    write: 0,
  })
const pairs = async (as = 'admin') => (await good(call('GET', '/duplicates', undefined, as)))['items']

describe('opening a file like one that is there', () => {
  beforeEach(async () => {
    await policy('off')
  })

  test('costs nothing more while the workspace does not look, and says what it reads while it does', async () => {
    await good(open({ name: 'Cost One', birthday: '1990-05-05', emails: [{ address: 'cost.one@a.example' }] }), 201)
    await settle(crm)
    await call('GET', '/customers?name=x')
    crm.spent.length = 0
    await good(open({ name: 'Cost Two', birthday: '1991-05-05', emails: [{ address: 'cost.two@a.example' }] }), 201)
    expect(units()).toEqual({ read: 0, write: expect.any(Number) })
    expect(crm.spent.map((one) => one.call)).toEqual(['TransactWriteItems'])
    const off = units().write
    await policy('warn')
    // A warm function keeps settings and the key of the blocks for half a minute.
    await good(open({ name: 'Warming Up' }), 201)
    crm.spent.length = 0
    const warned = await good(open({ name: 'One Cost', birthday: '1990-05-05', emails: [{ address: 'cost.one@b.example' }] }), 201)
    expect(warned['duplicates']).toMatchObject([
      {
        score: expect.any(Number),
        reasons: expect.arrayContaining([expect.objectContaining({ field: 'birthday', words: 'The same birthday' })]),
      },
    ])
    // Four blocks and one file, half a unit each.
    expect(units().write).toBe(off)
    expect(units().read).toBe(2.5)
    await policy('off')
  })

  test('is refused with the candidates where the workspace says so, unless it is meant', async () => {
    const first = await good(open({ name: 'Refused Person', birthday: '1985-02-03' }), 201)
    await settle(crm)
    await policy('refuse')
    const refused = await open({ name: 'Person Refused', birthday: '1985-02-03' })
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({ code: 'customer.duplicate', existingId: first['id'], duplicates: [{ id: first['id'] }] })
    const meant = await good(open({ name: 'Person Refused', birthday: '1985-02-03', allowDuplicate: true }), 201)
    expect(meant['duplicates']).toMatchObject([{ id: first['id'] }])
    expect(meant['allowDuplicate']).toBeUndefined()
    expect((await open({ name: 'Someone Else', birthday: '1985-02-04' })).status).toBe(201)
    const key = { as: 'admin', key: 'dup-1', body: { name: 'Person Refused', birthday: '1985-02-03', allowDuplicate: true } }
    await settle(crm)
    const made = await crm.call('POST', '/customers', key)
    const again = await crm.call('POST', '/customers', key)
    expect(again.body).toEqual(made.body)
    expect(again.headers['idempotent-replayed']).toBe('true')
    await policy('off')
  })
})

describe('pairs of files that are probably one', () => {
  test('are found as files are opened and changed, listed by likelihood, and dismissed for ever', async () => {
    const a = await good(open({ name: 'Wanda Pair', birthday: '1970-01-02', phones: [{ number: '+442079461111' }] }), 201)
    const b = await good(open({ name: 'Wanda Pairr', birthday: '1970-01-02' }), 201)
    const c = await good(open({ name: 'Quite Different' }), 201)
    await settle(crm)
    const found = (await pairs()).find((one: { customerIds: string[] }) => one.customerIds.includes(a['id']))
    expect(found).toMatchObject({
      customerIds: [a['id'], b['id']].sort(),
      state: 'open',
      names: expect.arrayContaining(['Wanda Pair', 'Wanda Pairr']),
    })
    expect(found.reasons[0]).toEqual({ field: 'birthday', weight: expect.any(Number), words: 'The same birthday' })
    expect(JSON.stringify(found.reasons)).not.toContain('1970')
    const near = await good(call('GET', `/customers/${a['id']}/duplicates`))
    expect(near['items']).toMatchObject([{ customerId: b['id'], duplicateId: found.id, score: found.score }])

    await good(call('POST', `/duplicates/${found.id}/dismiss`, { why: 'Twins' }))
    await good(crm.call('PATCH', `/customers/${b['id']}`, { as: 'admin', ifMatch: 1, body: { name: 'Wanda Pair' } }))
    await settle(crm)
    await replay(crm)
    expect((await pairs()).filter((one: { customerIds: string[] }) => one.customerIds.includes(a['id']))).toEqual([])
    expect((await good(call('GET', `/customers/${a['id']}/duplicates`)))['items']).toEqual([])
    expect((await good(call('GET', '/duplicates?state=dismissed')))['items']).toMatchObject([{ id: found.id, why: 'Twins' }])

    await good(
      crm.call('PATCH', `/customers/${c['id']}`, {
        as: 'admin',
        ifMatch: 1,
        body: { phones: [{ number: '+12079461111' }], name: 'Wanda  Pair' },
      }),
    )
    await settle(crm)
    expect((await pairs()).map((one: { customerIds: string[] }) => one.customerIds)).toContainEqual([a['id'], c['id']].sort())
  })

  test('leave no trace in the blocks when a file goes, and come back with it', async () => {
    const blocksOf = async (id: string): Promise<number> => {
      let count = 0
      let after: Record<string, unknown> | undefined
      do {
        const { items, last } = await crm.table.scan({ limit: 1000, ...(after && { after }) })
        count += items.filter((item) => String(item['pk']).startsWith('block#') && item['sk'] === id).length
        after = last
      } while (after)
      return count
    }
    const a = await good(open({ name: 'Going Gone', birthday: '1970-07-07', emails: [{ address: 'going.gone@a.example' }] }), 201)
    await settle(crm)
    expect(await blocksOf(a['id'])).toBe(4)
    await good(crm.call('PATCH', `/customers/${a['id']}`, { as: 'admin', ifMatch: 1, body: { emails: [] } }))
    await settle(crm)
    expect(await blocksOf(a['id'])).toBe(3)
    await crm.call('DELETE', `/customers/${a['id']}`, { as: 'admin', ifMatch: 2 })
    await settle(crm)
    await replay(crm)
    expect(await blocksOf(a['id'])).toBe(0)
    await good(call('POST', `/customers/${a['id']}/restore`, {}))
    await settle(crm)
    expect(await blocksOf(a['id'])).toBe(3)
  })

  test('are settled by a merge and open again when it is undone', async () => {
    const a = await good(open({ name: 'Settled Pair', birthday: '1971-01-02' }), 201)
    const b = await good(open({ name: 'Pair Settled', birthday: '1971-01-02' }), 201)
    await settle(crm)
    const [found] = (await pairs()).filter((one: { customerIds: string[] }) => one.customerIds.includes(a['id']))
    const merged = await good(call('POST', `/customers/${a['id']}/merge`, { absorb: b['id'] }))
    await settle(crm)
    expect((await good(call('GET', '/duplicates?state=merged')))['items']).toMatchObject([{ id: found.id }])
    expect((await good(call('GET', `/customers/${a['id']}/duplicates`)))['items']).toEqual([])
    expect((await call('POST', `/duplicates/${found.id}/dismiss`, {})).body['code']).toBe('duplicate.merged')
    await good(call('POST', `/merges/${merged['id']}/undo`, {}))
    await settle(crm)
    expect((await pairs()).map((one: { id: string }) => one.id)).toContain(found.id)
  })

  test('are shown to who may see both files only', async () => {
    const mine = await good(open({ name: 'Scoped Pair', birthday: '1972-01-02' }, 'sales'), 201)
    const other = await good(open({ name: 'Pair Scoped', birthday: '1972-01-02' }), 201)
    await settle(crm)
    const [found] = (await pairs()).filter((one: { customerIds: string[] }) => one.customerIds.includes(mine['id']))
    expect(found.customerIds).toContain(other['id'])
    expect(await pairs('sales')).toEqual([])
    expect((await call('POST', `/duplicates/${found.id}/dismiss`, {}, 'sales')).status).toBe(404)
    expect((await good(call('GET', `/customers/${mine['id']}/duplicates`, undefined, 'sales')))['items']).toEqual([])
  })
})

describe('a scan of what is there', () => {
  const syllables = ['ba', 'ce', 'di', 'fo', 'gu', 'ha', 'ke', 'li', 'mo', 'nu', 'pa', 're', 'si', 'to', 'vu', 'wa', 'xe', 'yi', 'zo', 'qu']
  /** A name that is like no other, and a birthday, both from a number. */
  function personOf(n: number): { name: string; birthday: string } {
    let rest = (n + 1) * 2_654_435_761
    const draw = (of: number): number => {
      rest = (Math.imul(rest, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor(rest / 65_536) % of
    }
    const word = () => Array.from({ length: 4 }, () => syllables[draw(syllables.length)]).join('')
    const day = new Date(Date.UTC(1940, 0, 1 + draw(25_000))).toISOString().slice(0, 10)
    return { name: `${word()} ${word()}`, birthday: day }
  }

  /** Files as they were before there were blocks: written, and never told. One in fifty is of the same person as another. */
  async function filled(people: number): Promise<Crm> {
    const own = await startCrm()
    const ctx = own.ctx()
    const lists = { emails: [], phones: [], messaging: [], externalIds: [], addresses: [], interests: [], tags: [], custom: {} }
    for (let from = 0; from < people; from += 25) {
      await Promise.all(
        Array.from({ length: 25 }, (_, at) => {
          const n = from + at
          const file = personOf(n % 50 === 1 ? n - 1 : n)
          const fields = { ...lists, ...file, kind: 'person' as const, lifecycle: 'lead' as const, lifecycleSince: ctx.now }
          return commit(own.ctx(), [create(ctx, customer, fields, customerCreated).change])
        }),
      )
    }
    return own
  }

  async function scanned(people: number): Promise<{ read: number; write: number; again: number; found: number; compared: number }> {
    const own = await filled(people)
    const run = async () => {
      await good(own.call('POST', '/duplicates/scan', { as: 'admin', body: {} }))
      own.spent.length = 0
      await runJob(own, 'duplicates')
      const spent = own.spent.reduce((sum, one) => ({ read: sum.read + one.readUnits, write: sum.write + one.writeUnits }), {
        read: 0,
        write: 0,
      })
      const scan = (await own.table.get({ pk: `duplicate_scan#${'0'.repeat(20)}`, sk: 'duplicate_scan' })) ?? {}
      expect(scan).toMatchObject({ state: 'done', looked: people })
      return { ...spent, found: Number(scan['found']), compared: Number(scan['compared']) }
    }
    const first = await run()
    const second = await run()
    expect(second.found).toBe(0)
    return { ...first, again: second.write }
  }

  test('costs as files and candidates grow, not as pairs do: 100 files and six times as many', { timeout: 120_000 }, async () => {
    const few = await scanned(100)
    const many = await scanned(600)
    expect([few.found, many.found]).toEqual([2, 12])
    expect(many.read / few.read).toBeLessThan(6.6)
    expect(many.write / few.write).toBeLessThan(6.6)
    // Of 179,700 pairs.
    expect(many.compared).toBeLessThan(24)
    expect(many.again).toBeLessThan(many.write / 20)
  })
})
