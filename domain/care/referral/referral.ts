import * as z from 'zod'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { sayMoney } from '../../kernel/money.ts'

export const referralStates = ['open', 'claimed', 'expired', 'cancelled', 'void'] as const

/** After its window a referral waits so long for purchases that are told late. Days. */
export const LATE_DAYS = 3

/**
 * What a referral that comes to nothing lets go of: nobody waits for that person any more, and once their address is free for
 * another referral nothing leads from them to this one, as their erasure would need.
 */
export const unnamed = { identities: [], note: null }

/** How far up a chain of referrals is looked for a cycle. */
export const LONGEST_CHAIN = 20

const claimShape = () =>
  z.object({
    purchaseId: z.string(),
    /** When the first purchase was, and until when purchases count for the referrer. */
    at: f.instant(),
    countsUntil: f.instant(),
    referrerPoints: z.int().min(0),
    referredPoints: z.int().min(0),
    /** Whether the points stand: the first purchase is there and not given back whole. */
    stands: z.boolean(),
  })

export const referralShape = () => ({
  /** Who is referred: the identities they were named by, `email:…` or `phone:…`, until it came to nothing; and their file once there is one. */
  identities: z.array(z.string()).max(2),
  referredId: z.string().optional(),
  state: z.enum(referralStates),
  at: f.instant(),
  /** The first purchase counts when it is at this time at the latest. */
  expiresAt: f.instant(),
  note: f.prose(1_000).optional(),
  byId: z.string(),
  claim: claimShape().optional(),
  /** Purchases of the one referred that count, and their net spend in minor units of the workspace's currency. */
  purchases: z.int().min(0),
  net: z.int().min(0),
  /** Why it was cancelled, or is void. */
  reason: f.line(300).optional(),
  closedAt: f.instant().optional(),
})
export type Referral = z.output<z.ZodObject<ReturnType<typeof referralShape>>>

/** The values that only one live referral may hold: of each person there is one referrer. */
export function heldBy({ state, identities, referredId }: Pick<Referral, 'state' | 'identities' | 'referredId'>): string[] {
  const file = referredId === undefined ? [] : [referralOf(referredId)]
  if (state === 'open') return [...identities.map(referralOf), ...file]
  return state === 'claimed' ? file : []
}

/** The value of the referral of a person, by an identity of theirs or the id of their file. */
export const referralOf = (who: string): string => `referral#${who}`

/** When an open referral is looked at for the last time. */
export function settlesAt({ state, expiresAt }: Pick<Referral, 'state' | 'expiresAt'>): Instant | undefined {
  return state === 'open' ? daysLater(expiresAt, LATE_DAYS) : undefined
}

/** Whether a first purchase at a time claims a referral. */
export function claims({ state, at, expiresAt }: Pick<Referral, 'state' | 'at' | 'expiresAt'>, bought: Instant): boolean {
  return state === 'open' && Date.parse(bought) >= Date.parse(at) && Date.parse(bought) <= Date.parse(expiresAt)
}

/** Word of mouth in words. */
export function sayWordOfMouth(
  { referred, purchases, net }: { referred: number; purchases: number; net: number },
  currency: string,
): string {
  const people = `${referred} ${referred === 1 ? 'person' : 'people'} referred bought`
  return `${people}, ${purchases} ${purchases === 1 ? 'purchase' : 'purchases'} for ${sayMoney({ amount: net, currency })} net within their periods.`
}
