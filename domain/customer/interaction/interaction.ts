import * as z from 'zod'
import { later, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'

export const interactionKinds = ['call', 'email', 'visit', 'chat', 'sms', 'note', 'event', 'web_visit', 'message', 'other'] as const
export type InteractionKind = (typeof interactionKinds)[number]

/** The outcome that says nobody was reached. */
export const NO_ANSWER = 'no_answer'

/** Kinds in which people of both sides speak with one another. */
const TALKS: ReadonlySet<InteractionKind> = new Set(['call', 'email', 'visit', 'chat'])

/** Whether the customer was really in touch with someone: what puts off the next revisit. */
export function isContact(kind: InteractionKind, outcome: string | null | undefined): boolean {
  return TALKS.has(kind) && outcome !== NO_ANSWER
}

/** What may be said afterwards too. */
export const interactionFileShape = () => ({
  direction: z.enum(['in', 'out']).optional(),
  subject: f.line(300).optional(),
  body: f.prose(10_000).optional(),
  durationMinutes: z.int().min(0).max(1_440).optional(),
  /** By which of the company's channels: `hotline`, `wechat`. */
  channel: f.slug().optional(),
  /** What came of it; `no_answer` when nobody was reached. */
  outcome: f.slug().optional(),
  /** The contact of a company who took part. */
  contactId: z.string().max(64).optional(),
  /** Staff who took part besides the one who recorded it. */
  withUserIds: z.array(z.string().max(64)).max(20).optional(),
})

export const interactionShape = () => ({
  kind: z.enum(interactionKinds),
  ...interactionFileShape(),
  occurredAt: f.instant(),
  /** Whether the customer was really in touch with someone, from kind and outcome. */
  contact: z.boolean(),
  /** Who recorded it. */
  byId: z.string(),
})
export type Interaction = z.output<z.ZodObject<ReturnType<typeof interactionShape>>>

/** How far clocks may differ. Milliseconds. */
const CLOCKS_DIFFER = 5 * 60_000

/** Whether an instant has not come yet. */
export function isYetToCome(at: Instant, now: Instant): boolean {
  return Date.parse(at) > Date.parse(later(now, CLOCKS_DIFFER))
}
