import { createHash } from 'node:crypto'
import type { Ctx } from '../../kernel/context.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { modelOf } from './model.store.ts'

/**
 * An even sample of the customers, for what looks at whole histories (back-test, segments): those with the lowest hashes of
 * their ids. Each who buys for the first time is noted under their hash, unless it is so high that they cannot be among the
 * lowest; so a sample is read in order, and never all customers. Nobody is struck off: who lost their purchases is passed over.
 */

/** Customers of a sample. */
export const SAMPLE_SIZE = 10_000
/** Noted for each place in the sample, so that the workspace may double between two fits. */
const SPARE = 2
const PARTITIONS = '0123456789abcdef'
const HASH_LENGTH = 12

function hashOf(customerId: string): string {
  return createHash('sha256').update(customerId).digest('hex').slice(0, HASH_LENGTH)
}

/** The highest hash worth a note in a workspace of so many customers, as a share of all hashes. */
export function noteShare(customers: number): number {
  return Math.min(1, (SPARE * SAMPLE_SIZE) / Math.max(1, customers))
}

/**
 * Notes customers who bought for the first time: one write unit each up to 20,000 customers, beyond that a falling share of
 * them. Twice is no harm.
 * @param partitions the customers' partitions, `customer#…`
 */
export async function noteNewcomers(ctx: Ctx, partitions: readonly string[]): Promise<void> {
  if (partitions.length === 0) return
  const { customers = 0 } = await modelOf(ctx)
  const highest = noteShare(customers) * 16 ** HASH_LENGTH
  await Promise.all(
    partitions.map(async (pk) => {
      const key = pk.slice('customer#'.length)
      const hash = hashOf(`cus_${key}`)
      if (Number.parseInt(hash, 16) <= highest) await ctx.table.write({ put: { pk: `sample#${hash.charAt(0)}`, sk: `${hash}#${key}` } })
    }),
  )
}

/** Sampled customers after a place in the order of hashes, and the place reached; no `next` when these are the last. About 1 unit for 100. */
export async function sampled(ctx: Ctx, after: string, limit: number): Promise<{ customerIds: string[]; next?: string }> {
  const found: string[] = []
  for (const partition of PARTITIONS.slice(Math.max(0, PARTITIONS.indexOf(after.charAt(0))))) {
    const from = after.startsWith(partition) ? { from: `${after}\u0000` } : {}
    const { items, last } = await ctx.table.query({ pk: `sample#${partition}`, ...from, limit: limit - found.length, eventual: true })
    found.push(...items.map((item) => String(item['sk'])))
    if (found.length >= limit || last) break
  }
  const end = found.at(-1)
  const customerIds = found.map((sk) => String(customerIdIn(`cus_${sk.slice(HASH_LENGTH + 1)}`)))
  return { customerIds, ...(found.length >= limit && end !== undefined && { next: end }) }
}
