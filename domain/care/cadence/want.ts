import * as z from 'zod'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { priorities } from '../task/index.ts'

/** Causes that ask for a contact at a time of their own, each for one record. */
export const wantCauses = ['complaint', 'contract', 'after_sales'] as const
export type WantCause = (typeof wantCauses)[number]

/** A contact that a record asks for, until its time comes. */
export const wantShape = () => ({
  cause: z.enum(wantCauses),
  /** The record that asks: a ticket, a contract, a purchase. */
  sourceId: z.string(),
  /** When the contact falls due; the visit is on a working day from then on. */
  at: f.instant(),
  title: f.line(200),
  reason: f.line(500),
  priority: z.enum(priorities),
  valueAtStake: money().optional(),
  /** Whose file it was asked of, when that was merged into this one since. */
  of: z.string().optional(),
})
export type Want = z.output<z.ZodObject<ReturnType<typeof wantShape>>>

/** Most that a customer's plan keeps; the latest beyond are left out. */
export const MOST = 20

/** What was asked for this long ago is no longer news: an import of old records asks for nothing. Days. */
export const LATE_DAYS = 14

export function isPast(want: Pick<Want, 'at'>, now: Instant): boolean {
  return want.at < daysLater(now, -LATE_DAYS)
}

/** The wants with one more, the earliest first. */
export function withWant(wanted: readonly Want[] | undefined, more: Want): Want[] {
  return [...(wanted ?? []), more].sort((a, b) => (a.at < b.at ? -1 : 1)).slice(0, MOST)
}

/** The wants without those of a record. */
export function withoutWant(wanted: readonly Want[] | undefined, cause: WantCause, sourceId: string): Want[] {
  return (wanted ?? []).filter((one) => one.cause !== cause || one.sourceId !== sourceId)
}
