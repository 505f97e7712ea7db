import * as z from 'zod'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import type { Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import type { Allotment } from '../allotment.ts'

export const occasionFileShape = () => ({
  title: f.line(200),
  description: f.prose(4_000).optional(),
  startsAt: f.instant(),
  endsAt: f.instant().optional(),
  place: f.line(200).optional(),
  /** How many guests there is room for. */
  seats: z.int().min(1).max(1_000_000),
  /** Until when guests may accept; to its start when absent. */
  rsvpUntil: f.instant().optional(),
})

export const occasionStates = ['planned', 'cancelled'] as const

export const occasionShape = () => ({ ...occasionFileShape(), state: z.enum(occasionStates), reason: f.line(300).optional() })
export type Occasion = z.output<z.ZodObject<ReturnType<typeof occasionShape>>>

export const guestStates = ['invited', 'yes', 'no', 'waiting'] as const
export type GuestState = (typeof guestStates)[number]

export const guestShape = () => ({
  occasionId: z.string(),
  customerId: z.string(),
  state: z.enum(guestStates),
  since: f.instant(),
  byId: z.string(),
  /** Where in the queue a waiting guest stands. */
  queueKey: z.string().optional(),
  attended: z.boolean().optional(),
  /** The interaction that tells of it on the timeline. */
  interactionId: z.string().optional(),
})
export type Guest = z.output<z.ZodObject<ReturnType<typeof guestShape>>>

/** `waitlist`: yes if there is room, else waiting for some. */
export const rsvps = ['yes', 'no', 'waitlist'] as const
export type Rsvp = (typeof rsvps)[number]

/** What is wrong with an occasion that its schema cannot say. */
export function occasionIssues({ startsAt, endsAt, rsvpUntil }: Pick<Occasion, 'startsAt' | 'endsAt' | 'rsvpUntil'>): Issue[] {
  const start = Date.parse(startsAt)
  return [
    ...(endsAt !== undefined && Date.parse(endsAt) <= start
      ? [{ path: 'endsAt', code: 'not_after', message: 'It ends after it starts.' }]
      : []),
    ...(rsvpUntil !== undefined && Date.parse(rsvpUntil) > start
      ? [{ path: 'rsvpUntil', code: 'not_before', message: 'Guests accept before it starts.' }]
      : []),
  ]
}

/** Whether guests may accept. */
export function takesGuests({ state, startsAt, rsvpUntil }: Pick<Occasion, 'state' | 'startsAt' | 'rsvpUntil'>, now: Instant): boolean {
  return state === 'planned' && Date.parse(now) < Date.parse(rsvpUntil ?? startsAt)
}

/** Attendance is taken from a day before the start on. */
export function takesAttendance({ state, startsAt }: Pick<Occasion, 'state' | 'startsAt'>, now: Instant): boolean {
  return state === 'planned' && now >= daysLater(startsAt, -1)
}

/**
 * What an answer comes to. Who waits has come before who asks now, so room is given to a new guest only when nobody does:
 * while anyone waits, either nothing is left or seats are just being handed on.
 */
export type Step = 'stays' | 'takes' | 'waits' | 'full' | 'frees' | 'leaves_queue' | 'declines'
export function stepOf(state: GuestState, said: Rsvp, { left, waiting }: Allotment): Step {
  if (said === 'no') return state === 'yes' ? 'frees' : state === 'waiting' ? 'leaves_queue' : state === 'no' ? 'stays' : 'declines'
  if (state === 'yes') return 'stays'
  if (state === 'waiting') return said === 'waitlist' ? 'stays' : 'full'
  if (left > 0 && waiting === 0) return 'takes'
  return said === 'waitlist' ? 'waits' : 'full'
}
