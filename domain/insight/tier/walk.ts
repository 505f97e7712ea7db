import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import { keeps, rankOf, reachedBy, type Habits, type Policy } from './policy.ts'

/** What a policy does to customers, found by walking over them page by page. */

export const walkKinds = ['simulate', 'rejudge'] as const
/** `stopped`: the policy changed meanwhile. */
export const walkStates = ['running', 'done', 'stopped'] as const

/** When a move comes about: with the policy, or when the tier expires. */
const whens = ['at_once', 'at_expiry'] as const
export type When = (typeof whens)[number]

const minor = () => z.int().min(0).max(9e15)

/** Customers who move alike. */
const movesShape = () =>
  z.object({
    /** `none`: without a tier. */
    from: z.string(),
    to: z.string(),
    when: z.enum(whens),
    customers: z.int(),
    /** Their net spend of the last 365 days, in minor units of the workspace's currency. */
    revenueMinor: minor(),
    sample: z.array(z.string()).max(3),
  })
export type Moves = z.output<ReturnType<typeof movesShape>>

/** Kinds of moves: from each of 12 tiers and none to each, at two times. */
const MOST_MOVES = 338

export const walkShape = () => ({
  kind: z.enum(walkKinds),
  policyId: z.string(),
  /** Of the policy's record, as it is looked at. */
  policyVersion: z.int(),
  state: z.enum(walkStates),
  startedAt: f.instant(),
  finishedAt: f.instant().optional(),
  dueAt: f.instant().optional(),
  /** Where the walk has come to. */
  cursor: z.string().optional(),
  /** Customers looked at. */
  looked: z.int(),
  /** Those of them whose spend is an upper bound, since a year of their purchases is more than one look reads. */
  estimated: z.int(),
  /** Customers that move, and the spend that is touched. */
  moved: z.int(),
  revenueMinor: minor(),
  moves: z.array(movesShape()).max(MOST_MOVES),
})
export type Walk = z.output<z.ZodObject<ReturnType<typeof walkShape>>>

/** Who has no tier. */
export const NONE = 'none'

/** The tier a customer comes to have by a policy, and when. */
interface Fate {
  tier: string
  when: When
}

/** What becomes of a customer who earned a tier (or none) and spends so much a year, if nothing else changes. */
export function fateOf(policy: Policy, earned: string | undefined, spentMinor: number, habits?: Habits): Fate {
  const rank = rankOf(policy, earned)
  const reached = reachedBy(policy, spentMinor, habits)
  if (reached && rankOf(policy, reached.name) > rank) return { tier: reached.name, when: 'at_once' }
  const rule = policy.tiers[rank]
  const lower = policy.tiers[rank - 1]
  if (rule && lower && !keeps(rule, spentMinor, habits)) return { tier: lower.name, when: 'at_expiry' }
  return { tier: earned ?? NONE, when: 'at_expiry' }
}

/** A customer whom a new policy moves: where they would come to be by the old one, and where by the new. */
export interface Move {
  from: string
  to: string
  when: When
  customerId: string
  revenueMinor: number
}

/** What each of two policies adds to a customer's spend for their word of mouth. */
export interface Credits {
  before: number
  after: number
}
const NO_CREDIT: Credits = { before: 0, after: 0 }

/** How a new policy moves a customer; undefined when both lead to the same. */
export function moveBetween(
  before: Policy,
  after: Policy,
  earned: string | undefined,
  spentMinor: number,
  credits: Credits = NO_CREDIT,
  habits?: Habits,
): Omit<Move, 'customerId'> | undefined {
  const from = fateOf(before, earned, spentMinor + credits.before, habits)
  const to = fateOf(after, earned, spentMinor + credits.after, habits)
  if (from.tier === to.tier) return undefined
  return {
    from: from.tier,
    to: to.tier,
    when: to.when === 'at_once' || from.when === 'at_once' ? 'at_once' : 'at_expiry',
    revenueMinor: Math.max(0, spentMinor),
  }
}

/** Whether the exact spend matters for a move, when all that is known is that it is at most so much. */
export function spendMatters(
  before: Policy,
  after: Policy,
  earned: string | undefined,
  atMostMinor: number,
  credits: Credits = NO_CREDIT,
): boolean {
  const linesOf = ({ tiers }: Policy, credit: number) =>
    tiers.flatMap(({ line, keepLine }) => [line.amount - credit, keepLine.amount - credit])
  const lines = [...linesOf(before, credits.before), ...linesOf(after, credits.after)].filter((line) => line >= 0)
  const stretch = [0, ...lines.filter((line) => line <= atMostMinor), atMostMinor]
  const moves = new Set(stretch.map((spent) => JSON.stringify({ ...moveBetween(before, after, earned, spent, credits), revenueMinor: 0 })))
  return moves.size > 1
}

const SAMPLE = 3

/** Moves with some more of them. */
export function withMoves(known: readonly Moves[], more: readonly Move[]): Moves[] {
  const sums = new Map(known.map((one) => [keyOf(one), one]))
  for (const move of more) {
    const { from, to, when, customerId, revenueMinor } = move
    const sum = sums.get(keyOf(move)) ?? { from, to, when, customers: 0, revenueMinor: 0, sample: [] }
    sums.set(keyOf(move), {
      ...sum,
      customers: sum.customers + 1,
      revenueMinor: sum.revenueMinor + revenueMinor,
      sample: sum.sample.length < SAMPLE ? [...sum.sample, customerId] : sum.sample,
    })
  }
  return [...sums.values()].slice(0, MOST_MOVES)
}

const keyOf = ({ from, to, when }: Pick<Moves, 'from' | 'to' | 'when'>): string => `${from}>${to}@${when}`
