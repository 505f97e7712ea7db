import { beforeAll, describe, expect, test } from 'vitest'
import type { Table } from '../../domain/kernel/table/table.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { runJob } from '../support/stream.ts'
import { reportOf, upload } from '../support/transfer.ts'

/** A process that ends at its nth call that writes: before it, or after it when nobody learns of its success. */
const death = { at: 0, after: false, writes: 0, dead: false }

function mortal(table: Table): Table {
  const live = async <T>(writes: boolean, call: () => Promise<T>): Promise<T> => {
    if (death.dead) throw new Error('the process has ended')
    const now = writes && death.at > 0 && ++death.writes === death.at
    if (!now) return call()
    death.dead = true
    if (death.after) await call()
    throw new Error('the process ends')
  }
  return {
    get: (key, how) => live(false, () => table.get(key, how)),
    getAll: (keys, how) => live(false, () => table.getAll(keys, how)),
    query: (query) => live(false, () => table.query(query)),
    scan: (page) => live(false, () => table.scan(page)),
    write: (write, how) => live(true, () => table.write(write, how)),
    writeAll: (writes, token) => live(true, () => table.writeAll(writes, token)),
    writeEach: (writes) => live(true, () => table.writeEach(writes)),
  }
}

/** Lets a job run with a process that ends at a write. @returns whether it did */
async function killedAt(crm: Crm, at: number, after: boolean): Promise<boolean> {
  Object.assign(death, { at, after, writes: 0, dead: false })
  await runJob(crm, 'imports', { failing: true })
  const { dead } = death
  Object.assign(death, { at: 0, dead: false })
  return dead
}

let crm: Crm
beforeAll(async () => {
  crm = await startCrm({ through: mortal })
})

const kinds: { name: string; header: string; row: (tag: string, n: number) => string; bad: string; settings: object }[] = [
  {
    name: 'create customers',
    header: 'name,email',
    row: (tag, n) => `${tag} ${n},${tag}${n}@example.com`,
    bad: 'Bad,no email',
    settings: { mapping: { name: 'name', email: 'email' } },
  },
  {
    name: 'change customers',
    header: 'name,email',
    row: (tag, n) => `${tag} ${n},old${n % 4}@example.com`,
    bad: 'Bad,no email',
    settings: { mapping: { name: 'name', email: 'email' }, mode: 'upsert', by: 'email' },
  },
]

describe.each(kinds)('an import cut off anywhere: $name', ({ header, row, bad, settings }) => {
  test.each([false, true])(
    'every row once, and the counts say so (success unlearnt: %s)',
    async (after) => {
      let cuts = 0
      for (let at = 1; ; at++) {
        const tag = `T${after ? 1 : 0}x${at}x${'by' in settings ? 1 : 0}`
        const lines = Array.from({ length: 8 }, (_, n) => (n === 3 ? bad : row(tag, n)))
        const id = await upload(crm, `${header}\n${lines.join('\n')}\n`)
        await crm.call('POST', `/imports/${id}/run`, { body: settings })
        const cut = await killedAt(crm, at, after)
        await runJob(crm, 'imports')
        const { body } = await crm.call('GET', `/imports/${id}`)
        const { rows, created, updated, skipped, failed } = body['counts']
        expect({ at, state: body['state'], rows, failed, sum: created + updated + skipped + failed }).toEqual({
          at,
          state: 'done',
          rows: 8,
          failed: 1,
          sum: 8,
        })
        expect(skipped).toBe(0)
        expect(await reportOf(crm, id)).toEqual(['5 email invalid_format'])
        if (!cut) break
        cuts++
      }
      expect(cuts).toBeGreaterThan(3)
    },
    120_000,
  )
})

test('an undo cut off anywhere takes all away, and counts each once', async () => {
  for (let at = 1, cut = true; cut; at++) {
    const lines = Array.from({ length: 6 }, (_, n) => `Undo ${at} ${n},undo${at}x${n}@example.com`)
    const id = await upload(crm, `name,email\n${lines.join('\n')}\n`)
    await crm.call('POST', `/imports/${id}/run`, { body: { mapping: { name: 'name', email: 'email' } } })
    await runJob(crm, 'imports')
    await crm.call('POST', `/imports/${id}/undo`)
    cut = await killedAt(crm, at, at % 2 === 0)
    await runJob(crm, 'imports')
    expect((await crm.call('GET', `/imports/${id}`)).body).toMatchObject({ state: 'undone', undone: { removed: 6, restored: 0, left: 0 } })
  }
  expect((await crm.call('GET', '/customers?name=undo')).body['items']).toEqual([])
}, 120_000)

test('2,000 rows, one in a hundred bad, cut off twice: the bad ones reported, none lost or doubled, then undone to nothing', async () => {
  const fresh = await startCrm({ through: mortal })
  const lines = Array.from({ length: 2_000 }, (_, n) => `Person ${n},${n % 100 === 7 ? 'bad' : `p${n}@example.com`}`)
  const id = await upload(fresh, `name,email\n${lines.join('\n')}\n`)
  await fresh.call('POST', `/imports/${id}/run`, { body: { mapping: { name: 'name', email: 'email' } } })
  expect(await killedAt(fresh, 15, false)).toBe(true)
  expect(await killedAt(fresh, 24, true)).toBe(true)
  await runJob(fresh, 'imports')
  const { body } = await fresh.call('GET', `/imports/${id}`)
  expect(body).toMatchObject({ state: 'done', counts: { rows: 2_000, created: 1_980, updated: 0, skipped: 0, failed: 20 }, reported: 20 })
  expect(await reportOf(fresh, id)).toEqual(Array.from({ length: 20 }, (_, n) => `${n * 100 + 9} email invalid_format`))
  const emails = await allOf(fresh, 'unique#email:')
  expect(emails).toHaveLength(1_980)
  expect(new Set(emails).size).toBe(1_980)
  expect(await allOf(fresh, 'customer#')).toHaveLength(1_980)
  await fresh.call('POST', `/imports/${id}/undo`)
  expect(await killedAt(fresh, 20, true)).toBe(true)
  await runJob(fresh, 'imports')
  expect((await fresh.call('GET', `/imports/${id}`)).body).toMatchObject({
    state: 'undone',
    undone: { removed: 1_980, restored: 0, left: 0 },
  })
  fresh.clock.now = '2026-11-22T10:00:00.000Z'
  await runJob(fresh, 'imports')
  expect(await allOf(fresh, 'unique#email:')).toEqual([])
  expect(await allOf(fresh, 'customer#')).toEqual([])
}, 300_000)

/** Partition keys of all items that begin so. */
async function allOf(from: Crm, begins: string): Promise<string[]> {
  const found: string[] = []
  let after: object | undefined
  do {
    const page = await from.table.scan({ limit: 5_000, ...(after && { after: after as Record<string, unknown> }) })
    found.push(...page.items.map((item) => String(item['pk'])).filter((pk) => pk.startsWith(begins)))
    after = page.last
  } while (after)
  return found
}
