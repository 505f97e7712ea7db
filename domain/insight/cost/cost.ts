import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import { money, sayMoney } from '../../kernel/money.ts'
import { timeCost, type Rates } from './rates.ts'

/** What serving a customer is booked under. */
export const costKinds = ['ticket', 'visit', 'compensation', 'campaign', 'other'] as const
export type CostKind = (typeof costKinds)[number]

/** A month of the workspace's calendar, `2026-11`. */
const month = () => z.string().regex(/^\d{4}-\d{2}$/)
const minor = () => z.int().min(0).max(1e14)

/** What an amount was made of. Rates are minor units of the workspace's currency, as they were when it was booked first. */
export const basisShape = () =>
  z.object({
    minutes: z.number().min(0).max(1e6).optional(),
    people: z.int().min(1).max(100).optional(),
    messages: z.int().min(0).max(1e6).optional(),
    sends: z.int().min(1).max(1e6).optional(),
    perHour: minor().optional(),
    perPiece: minor().optional(),
  })
export type Basis = z.output<ReturnType<typeof basisShape>>

/**
 * One line of a customer's ledger of costs: one for each cause, which it follows. A line of a cause that went to the bin is
 * void and counts for nothing; every change of a line stays in its log.
 */
export const costShape = () => ({
  kind: z.enum(costKinds),
  amount: money(),
  at: f.instant(),
  /** The month it counts in: that of `at`. */
  month: month(),
  /** The record that caused it, or of what was entered the caller's own name of the cause. */
  sourceId: z.string().max(120).optional(),
  /** The ticket on which entered time was spent. */
  ticketId: z.string().max(64).optional(),
  /** Version of that record when it was looked at. */
  sourceVersion: z.int().min(0).max(1e12).optional(),
  basis: basisShape().optional(),
  rateVersion: z.int().min(0).max(1e9),
  reason: f.line(300).optional(),
  /** Who entered it; absent for what followed from a record. */
  byId: z.string().optional(),
  void: z.literal(true).optional(),
  voidReason: f.line(300).optional(),
  /** Time was recorded for this ticket, so nothing is estimated. */
  timedByHand: z.literal(true).optional(),
})
export type Cost = z.output<z.ZodObject<ReturnType<typeof costShape>>>

/** An estimate of the time a ticket took. */
export function ticketBasis(rates: Rates, messages: number, before?: Basis): Basis {
  const minutes = rates.minutesPerTicket + messages * rates.minutesPerMessage
  return { minutes, messages, perHour: before?.perHour ?? rates.servicePerHour.amount }
}

/** The time of a visit, for each of our people who took part, and the way there. */
export function visitBasis(rates: Rates, visit: { minutes: number; people: number }, before?: Basis): Basis {
  return { ...visit, perHour: before?.perHour ?? rates.visitPerHour.amount, perPiece: before?.perPiece ?? rates.perVisit.amount }
}

/** What a basis comes to, in minor units. */
export function amountOf({ minutes = 0, people = 1, sends, perHour = 0, perPiece = 0 }: Basis): number {
  return timeCost(minutes * people, perHour) + (sends ?? 1) * perPiece
}

/** A line's amount in words. */
export function sayCost({ kind, amount, basis, void: gone, timedByHand, reason, voidReason }: Cost): string {
  if (gone && voidReason !== undefined) return `Taken back: ${voidReason}`
  if (gone) return 'Counts for nothing: what caused it is in the bin.'
  if (timedByHand) return 'Nothing is estimated: time was recorded for this ticket.'
  const say = (minorUnits: number) => sayMoney({ amount: minorUnits, currency: amount.currency })
  const parts: string[] = []
  if (basis?.minutes !== undefined && basis.perHour !== undefined) {
    const people = basis.people !== undefined && basis.people > 1 ? ` × ${basis.people} people` : ''
    const estimate = basis.messages === undefined ? '' : ` (estimated from ${basis.messages} messages)`
    parts.push(`${basis.minutes} minutes${people}${estimate} at ${say(basis.perHour)} an hour`)
  }
  if (basis?.sends !== undefined && basis.perPiece !== undefined) parts.push(`${basis.sends} messages at ${say(basis.perPiece)}`)
  else if (basis?.perPiece !== undefined) parts.push(`${say(basis.perPiece)} for the way`)
  const made = parts.length > 0 ? `: ${parts.join(' and ')}` : ''
  return `${capital(kind)}, ${sayMoney(amount)}${made}${reason === undefined ? '' : `. ${reason}`}`
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
