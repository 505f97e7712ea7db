import { customer } from '../../customer/customer/index.ts'
import { purchase, saleOf, type Purchase } from '../../customer/purchase/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { segmentOf, type SegmentFacts, type SegmentField } from '../statistics/index.ts'
import { byDay, packLogs, unpackLogs, type SampledLog } from './log.ts'

/** Purchases of one read, and reads of one customer: who bought more often is left out, half a history would mislead. */
const PAGE = 1_000
const MOST_PAGES = 3
/** Keys of one read. */
const MOST_KEYS = 100
/** Customers read at once. */
const LANES = 8
/** What is collected is dropped when it has been judged; what a run left behind goes after this. Seconds. */
const KEEP_SECONDS = 7 * 86_400

const CHUNKS = 'backtest#chunks'

export interface Collected {
  logs: SampledLog[]
  leftOut: number
}

/** The purchases of some customers by day. Half a unit for each 4 KB of a customer's purchases, and for each file. */
export async function collect(ctx: Ctx, customerIds: readonly string[], by: SegmentField, today: number): Promise<Collected> {
  const files = by === 'none' ? [] : await filesOf(ctx, customerIds)
  const logs: (SampledLog | undefined)[] = []
  let leftOut = 0
  const waiting = customerIds.entries()
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const [at, id] of waiting) {
        const entries = await entriesOf(ctx, id)
        if (!entries) leftOut += 1
        const past = byDay((entries ?? []).filter(({ day }) => day <= today))
        const segment = segmentOf(by, files[at] as SegmentFacts | undefined)
        if (past.length > 0) logs[at] = { entries: past, ...(segment !== undefined && { segment }) }
      }
    }),
  )
  return { logs: logs.filter((log) => log !== undefined), leftOut }
}

async function filesOf(ctx: Ctx, ids: readonly string[]): Promise<(Item | undefined)[]> {
  const keys = ids.map((id) => placeOf(customer, id))
  const parts = Array.from({ length: Math.ceil(keys.length / MOST_KEYS) }, (_, part) =>
    keys.slice(part * MOST_KEYS, (part + 1) * MOST_KEYS),
  )
  return (await Promise.all(parts.map((part) => ctx.table.getAll(part, { eventual: true })))).flat()
}

/** A customer's purchases; undefined when there are more than are read. */
async function entriesOf(ctx: Ctx, customerId: string): Promise<{ day: number; amount: number }[] | undefined> {
  const { pk } = placeOf(customer, customerId)
  const entries: { day: number; amount: number }[] = []
  let after: Item | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const { items, last } = await ctx.table.query({ pk, begins: 'purchase#', limit: PAGE, eventual: true, ...(after && { after }) })
    for (const item of items) {
      if (item['deletedAt']) continue
      const { day, gross, returned } = saleOf(recordIn<typeof purchase.noun, Purchase>(item))
      entries.push({ day, amount: gross - returned })
    }
    if (!last) return entries
    after = last
  }
  return undefined
}

const keyOf = (run: string, chunk: number, part: number): string => `${run}#${String(chunk).padStart(4, '0')}#${part}`

/** Keeps what was collected. The same chunk again overwrites itself. @param run when the run began */
export async function keepChunk(ctx: Ctx, run: string, chunk: number, logs: readonly SampledLog[]): Promise<void> {
  const expires = Math.floor(Date.parse(ctx.now) / 1000) + KEEP_SECONDS
  const texts = packLogs(logs)
  await Promise.all(texts.map((text, part) => ctx.table.write({ put: { pk: CHUNKS, sk: keyOf(run, chunk, part), text, expires } })))
}

/** Chunks of one read: each up to 300 KB, and a read stops at 1 MB by itself. */
const CHUNK_PAGE = 20

/** All that a run has collected, in the order in which it was. */
export async function readChunks(ctx: Ctx, run: string): Promise<{ logs: SampledLog[]; keys: string[] }> {
  const logs: SampledLog[] = []
  const keys: string[] = []
  let after: Item | undefined
  do {
    const { items, last } = await ctx.table.query({ pk: CHUNKS, begins: `${run}#`, limit: CHUNK_PAGE, ...(after && { after }) })
    for (const { sk, text } of items) {
      keys.push(String(sk))
      logs.push(...unpackLogs(String(text)))
    }
    after = last
  } while (after)
  return { logs, keys }
}

export async function dropChunks(ctx: Ctx, keys: readonly string[]): Promise<void> {
  for (const sk of keys) await ctx.table.write({ delete: { pk: CHUNKS, sk } })
}
