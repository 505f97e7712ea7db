import * as z from 'zod'
import { dayNumber, daysLater, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { dayIn } from '../../kernel/zone.ts'
import { dayAfter, instantAt } from '../../platform/calendar/index.ts'
import { wantShape } from './want.ts'

/** One customer's plan of contacts: the last one, the next one, and the visit that is open now. */
export const cadenceShape = () => ({
  /** Since when the plan runs: what counts where no contact and no purchase is known. */
  since: f.instant(),
  tier: z.string().optional(),
  /** What the policy asked for this tier when last looked at. */
  everyDays: z.int().optional(),
  lastContactAt: f.instant().optional(),
  /** The interaction or task that was the last contact. */
  contactId: z.string().optional(),
  /** No regular contact before this: nobody answered, or the last visit was cancelled. */
  notBefore: f.instant().optional(),
  /** A warning's visit reached nobody: the next try. */
  retryAt: f.instant().optional(),
  /** When the next contact falls due, by what was known when last looked at. */
  nextAt: f.instant().optional(),
  /** When to look again. At or before `nextAt`, since a contact does not move it. */
  timerAt: f.instant().optional(),
  /** The visit that is open for this customer: one at a time, whatever its causes. */
  taskId: z.string().optional(),
  /** The last warning that became a visit, or joined one. */
  warningId: z.string().optional(),
  /** What else asks for a contact at its time, the earliest first. */
  wanted: z.array(z.object(wantShape())).optional(),
})
export type Cadence = z.output<z.ZodObject<ReturnType<typeof cadenceShape>>>

/** What the next contact follows from. */
export interface Grounds {
  everyDays?: number | undefined
  since: Instant
  lastContactAt?: Instant | undefined
  lastPurchaseAt?: Instant | undefined
  notBefore?: Instant | undefined
  retryAt?: Instant | undefined
  /** The earliest of what else asks for a contact. */
  wantedAt?: Instant | undefined
}

/** From when days are counted: the last contact; where none is known the last purchase, else the plan's beginning. */
export function countedFrom(grounds: Omit<Grounds, 'everyDays'>): { basis: 'contact' | 'purchase' | 'start'; at: Instant } {
  if (grounds.lastContactAt) return { basis: 'contact', at: grounds.lastContactAt }
  if (grounds.lastPurchaseAt) return { basis: 'purchase', at: grounds.lastPurchaseAt }
  return { basis: 'start', at: grounds.since }
}

/** When the next regular contact falls due: the beginning of a calendar day in the workspace's time zone; undefined without a cadence. */
export function regularContact(grounds: Grounds, timeZone: string): Instant | undefined {
  if (grounds.everyDays === undefined) return undefined
  const day = dayAfter(dayIn(countedFrom(grounds).at, timeZone), grounds.everyDays)
  const waits = grounds.notBefore === undefined ? day : dayIn(grounds.notBefore, timeZone)
  return instantAt(waits > day ? waits : day, '00:00', timeZone)
}

/** When the next contact falls due: the earliest of the regular one, the next try of a warning's and what else asks for one. */
export function nextContact(grounds: Grounds, timeZone: string): Instant | undefined {
  return earliest(regularContact(grounds, timeZone), grounds.retryAt, grounds.wantedAt)
}

/** The first of some moments; undefined when there is none. */
export function earliest(...moments: readonly (Instant | undefined)[]): Instant | undefined {
  return moments.filter((one) => one !== undefined).sort()[0]
}

/** A plan is looked at this often at least, so that a stricter policy reaches every customer without a walk over all. Days. */
export const LOOK_AGAIN_DAYS = 14

/**
 * When to look at a plan again. Lazy: a timer that is not too late stays as it is, so a contact costs no index write; when
 * it fires, it moves itself.
 * @param occupied a visit is open: the next is planned when it closes
 * @param stands the timer that is set, unless it has just fired
 */
export function timerFor(
  nextAt: Instant | undefined,
  how: { occupied: boolean; stands?: Instant | undefined; now: Instant },
): Instant | undefined {
  if (nextAt === undefined) return undefined
  const again = daysLater(how.now, LOOK_AGAIN_DAYS)
  const wanted = how.occupied || nextAt > again ? again : nextAt
  return how.stands !== undefined && how.stands <= wanted ? how.stands : wanted
}

const BASIS = {
  contact: 'last contact',
  purchase: 'no contact on record, last purchase',
  start: 'no contact on record, looked after for',
} as const

/** The plan in words: "black-gold customers are contacted every 14 days; last contact 15 days ago". */
export function explain(grounds: Grounds & { tier?: string | undefined }, now: Instant, timeZone: string): string {
  const asked = grounds.wantedAt === undefined ? '' : ` Something else asks for a contact on ${dayIn(grounds.wantedAt, timeZone)}.`
  if (grounds.tier === undefined) return `No tier yet, so no regular contact is planned.${asked}`
  if (grounds.everyDays === undefined) return `${grounds.tier} customers have no regular contact.${asked}`
  const { basis, at } = countedFrom(grounds)
  const days = Math.max(0, dayNumber(dayIn(now, timeZone)) - dayNumber(dayIn(at, timeZone)))
  const ago = basis === 'start' ? sayDays(days) : days === 0 ? 'today' : `${sayDays(days)} ago`
  const waits = grounds.notBefore && grounds.notBefore > now ? `; not before ${dayIn(grounds.notBefore, timeZone)}` : ''
  return `${grounds.tier} customers are contacted every ${sayDays(grounds.everyDays)}; ${BASIS[basis]} ${ago}${waits}${asked && `.${asked}`}`
}

const sayDays = (days: number): string => `${days} ${days === 1 ? 'day' : 'days'}`
