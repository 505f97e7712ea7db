import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/**
 * A customer's points as pure sums. Points lie in lots by the month through whose end they are good, so that what is kept
 * grows with months and not with purchases. The balance is never negative: what a returned purchase should take back and
 * is no longer there is owed, and the next points given pay it first.
 */

export const entryKinds = ['earn', 'spend', 'expire', 'reverse', 'adjust'] as const
export type EntryKind = (typeof entryKinds)[number]

/** Through the end of which month points are good, `2027-11`, or for ever. Sorts by expiry. */
export type Lot = string
export const NEVER = 'never'
export const lotKey = () => z.string().regex(/^(\d{4}-\d{2}|never)$/)

/** Points by lot. */
export type Lots = Readonly<Record<Lot, number>>

export const accountShape = () => ({
  /** What can be spent: all lots together. */
  balance: z.int().min(0),
  /** What was taken back but not there: the next points given pay it. */
  owed: z.int().min(0),
  lots: z.record(lotKey(), z.int().min(1)),
  /** All that was ever posted of a kind, with its sign: together they are the balance less what is owed. */
  totals: z.object({ earn: z.int(), spend: z.int(), expire: z.int(), reverse: z.int(), adjust: z.int() }),
  /** Number and time of the last entry. */
  last: z.int().min(0),
  lastAt: f.instant(),
  /** When lots must be looked at; at or before the first of them expires. */
  dueAt: f.instant().optional(),
})
export type Account = z.output<z.ZodObject<ReturnType<typeof accountShape>>>
/** The sums alone. */
export type Sums = Pick<Account, 'balance' | 'owed' | 'lots' | 'totals'>

export const nothing: Sums = { balance: 0, owed: 0, lots: {}, totals: { earn: 0, spend: 0, expire: 0, reverse: 0, adjust: 0 } }

/** What an entry changes, with signs. Its nominal points, those that were meant, are `points − owed`. */
export interface Posting {
  kind: EntryKind
  /** Of the balance. */
  points: number
  /** Of what is owed. */
  owed: number
  /** Of each lot; together they are `points`. */
  lots: Lots
}

/** What becomes of points given: they pay what is owed first, those that expire first before others. */
export function credit({ owed }: Pick<Sums, 'owed'>, kind: EntryKind, lots: Lots): Posting {
  const left: Record<Lot, number> = {}
  let paid = 0
  for (const lot of Object.keys(lots).sort()) {
    const points = lots[lot] ?? 0
    const pays = Math.min(points, owed - paid)
    paid += pays
    if (points > pays) left[lot] = points - pays
  }
  return { kind, points: sum(left), owed: -paid + 0, lots: left }
}

/**
 * What becomes of points taken: those that expire first go first.
 * @param how.first a lot taken before all others; `mayOwe`: what is not there is owed
 * @returns undefined when they are not there and may not be owed
 */
export function debit(
  { lots, balance }: Pick<Sums, 'lots' | 'balance'>,
  kind: EntryKind,
  points: number,
  how: { first?: Lot; mayOwe?: boolean } = {},
): Posting | undefined {
  if (points > balance && !how.mayOwe) return undefined
  const order = Object.keys(lots).sort((a, b) => (a === how.first ? -1 : b === how.first ? 1 : a < b ? -1 : 1))
  const taken: Record<Lot, number> = {}
  let left = points
  for (const lot of order) {
    const takes = Math.min(left, lots[lot] ?? 0)
    left -= takes
    if (takes > 0) taken[lot] = -takes
  }
  return { kind, points: sum(taken), owed: left, lots: taken }
}

/** What has expired by a month: lots good through an earlier one. */
export function lapse({ lots }: Pick<Sums, 'lots'>, month: string): Posting | undefined {
  const gone = Object.fromEntries(Object.entries(lots).flatMap(([lot, points]) => (lot < month ? [[lot, -points]] : [])))
  return Object.keys(gone).length === 0 ? undefined : { kind: 'expire', points: sum(gone), owed: 0, lots: gone }
}

/** The sums after a posting. */
export function after(sums: Sums, { kind, points, owed, lots }: Posting): Sums {
  const next: Record<Lot, number> = { ...sums.lots }
  for (const [lot, change] of Object.entries(lots)) {
    const left = (next[lot] ?? 0) + change
    if (left === 0) delete next[lot]
    else next[lot] = left
  }
  return {
    balance: sums.balance + points,
    owed: sums.owed + owed,
    lots: next,
    totals: { ...sums.totals, [kind]: sums.totals[kind] + points - owed },
  }
}

/** What the entries of a ledger come to: the account must be the same. */
export function recomputed(entries: Iterable<Posting>): Sums {
  let sums = nothing
  for (const one of entries) sums = after(sums, one)
  return sums
}

function sum(lots: Lots): number {
  return Object.values(lots).reduce((total, points) => total + points, 0)
}
