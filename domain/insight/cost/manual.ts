import * as z from 'zod'
import type { Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { amountOf, costKinds, visitBasis, type Basis, type Cost } from './cost.ts'
import type { RatesInForce } from './rates.ts'

/** What people and systems enter: an amount, or minutes or messages that the rates price. */
export const entryInput = () => ({
  kind: z.enum(costKinds),
  amount: money().optional(),
  minutes: z.number().positive().max(100_000).optional().describe('of a ticket, a visit or other work'),
  sends: z.int().min(1).max(100_000).optional().describe('messages of a campaign'),
  at: f.instant().optional().describe('now, unless given'),
  reason: f.line(300).optional(),
  /** The ticket on which the time was spent: its estimate then counts no more. */
  ticketId: z.string().max(64).optional(),
  /** The caller's own name of the cause: the same again changes nothing. */
  sourceId: f.line(120).optional(),
})
export type Entry = z.output<z.ZodObject<ReturnType<typeof entryInput>>>

/** Everything wrong with an entry that its schema cannot say. */
export function entryIssues({ kind, amount, minutes, sends, ticketId }: Entry, currency: string): Issue[] {
  const issue = (path: string, code: string, message: string): Issue => ({ path, code, message })
  const ways = [amount, minutes, sends].filter((way) => way !== undefined).length
  const timed = kind === 'ticket' || kind === 'visit' || kind === 'other'
  return [
    ...(ways === 1 ? [] : [issue('amount', 'give_one', 'Give one of amount, minutes and sends.')]),
    ...(amount && amount.currency !== currency
      ? [issue('amount.currency', 'not_the_workspaces', `The workspace’s currency is ${currency}.`)]
      : []),
    ...(minutes !== undefined && !timed
      ? [issue('minutes', 'not_timed', 'Only tickets, visits and other work are priced by the minute.')]
      : []),
    ...(sends !== undefined && kind !== 'campaign' ? [issue('sends', 'not_a_campaign', 'Only a campaign has sends.')] : []),
    ...(ticketId !== undefined && kind !== 'ticket' ? [issue('ticketId', 'not_a_ticket', 'Only the cost of a ticket names one.')] : []),
  ]
}

/** What an entry's amount is made of; nothing where the amount was given. */
export function basisOf({ kind, minutes, sends }: Entry, rates: RatesInForce): Basis | undefined {
  if (sends !== undefined) return { sends, perPiece: rates.perSend.amount }
  if (minutes === undefined) return undefined
  return kind === 'visit' ? visitBasis(rates, { minutes, people: 1 }) : { minutes, perHour: rates.servicePerHour.amount }
}

/** An entry as a line. */
export function lineOf(entry: Entry, about: { at: string; month: string; byId: string; rates: RatesInForce; currency: string }): Cost {
  const { rates, currency, ...facts } = about
  const basis = basisOf(entry, rates)
  const { kind, amount, reason, ticketId, sourceId } = entry
  return {
    kind,
    amount: amount ?? { amount: basis ? amountOf(basis) : 0, currency },
    ...facts,
    rateVersion: rates.version,
    ...(sourceId !== undefined && { sourceId }),
    ...(ticketId !== undefined && { ticketId }),
    ...(basis && { basis }),
    ...(reason !== undefined && { reason }),
  }
}

/** Whether a line tells what an entry tells: the same cause told again. */
export function tellsSame(line: Cost, next: Cost): boolean {
  const facts = ({ kind, amount, basis, reason, ticketId }: Cost) =>
    JSON.stringify([kind, basis ? [basis.minutes, basis.sends] : [amount.amount, amount.currency], reason, ticketId])
  return facts(line) === facts(next)
}
