import * as z from 'zod'
import type { Instant } from '../../kernel/clock.ts'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'
import type { Policy } from './policy.ts'

/** Months that are kept: three years, so that no window of a tier reaches beyond them. */
const KEPT_MONTHS = 36

const sum = () => z.int().min(-9e15).max(9e15)

const wordOfMouthShape = () => ({
  referred: z.int().min(0),
  purchases: z.int().min(0),
  /** Minor units of the workspace's currency. */
  net: z.int().min(0),
  /** The same by the month (UTC) in which the referred bought for the first time. */
  byMonth: z.record(z.string().regex(/^\d{4}-\d{2}$/), sum()).optional(),
  lastAt: f.instant(),
})

/** What a customer's word of mouth comes to: the sums of their claimed referrals, written with them. One each. */
export const wordOfMouth = entity({
  noun: 'word_of_mouth',
  prefix: 'wom',
  home: 'customer',
  single: true,
  fields: () => z.object(wordOfMouthShape()),
})
export type WordOfMouthRecord = RecordOf<typeof wordOfMouth>

/** The months with more net spend in one of them, the latest of them kept. */
export function monthsWith(months: Readonly<Record<string, number>> = {}, at: Instant, net: number): Record<string, number> {
  const month = at.slice(0, 7)
  const all = Object.entries({ ...months, [month]: (months[month] ?? 0) + net })
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? 1 : -1)).slice(0, KEPT_MONTHS))
}

/** The months of several: a customer's, and those of whom they absorbed, which stay where their referrals are. */
export function wordTogether(all: readonly (Pick<WordOfMouthRecord, 'byMonth'> | undefined)[]): Pick<WordOfMouthRecord, 'byMonth'> {
  const months: Record<string, number> = {}
  for (const one of all) for (const [month, net] of Object.entries(one?.byMonth ?? {})) months[month] = (months[month] ?? 0) + net
  return { byMonth: months }
}

/**
 * What word of mouth adds to the spend that a tier is judged by: the policy's share of what was bought by those who came by
 * it in the months after the window's first one. Minor units, never below 0.
 */
export function creditOf(
  { wordOfMouthPercent = 0 }: Pick<Policy, 'wordOfMouthPercent'>,
  word: Pick<WordOfMouthRecord, 'byMonth'> | undefined,
  { after, until }: { after: Instant; until: Instant },
): number {
  if (wordOfMouthPercent === 0) return 0
  const counted = Object.entries(word?.byMonth ?? {}).filter(([month]) => month > after.slice(0, 7) && month <= until.slice(0, 7))
  const net = counted.reduce((all, [, one]) => all + one, 0)
  return Math.max(0, Math.floor((net * wordOfMouthPercent) / 100))
}
