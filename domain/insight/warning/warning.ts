import { createHash } from 'node:crypto'
import * as z from 'zod'
import { dayFrom, MS_PER_DAY } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { keyOf } from '../../kernel/id.ts'
import { money, sayMoney, type Money } from '../../kernel/money.ts'
import type { WarningReason } from '../model/warning-line.ts'
import { sayChance, saySilence } from '../rhythm/index.ts'

/**
 * `ranked`: found, and waiting for a place in its owner's day. `late`: found when the line was crossed longer ago than the
 * warning looks ahead, as in an imported history, or not given a place for so long: listed, nobody's work. `cleared` by a
 * purchase, `closed` by a person.
 */
export const warningStates = ['open', 'snoozed', 'ranked', 'late', 'cleared', 'closed'] as const
export type WarningState = (typeof warningStates)[number]
export const severities = ['low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]
/** How a silence ended: the customer bought again or stays, is gone, or was never silent. */
export const outcomes = ['saved', 'lost', 'false_alarm'] as const

const chance = () => z.number().min(0).max(1)

/** The numbers a warning was raised on. */
const reasonShape = () =>
  z.object({
    /** Mean days between the customer's purchase days, or those of active customers when there is only one such day. */
    usualGapDays: z.number(),
    gapOf: z.enum(['customer', 'segment']),
    daysSinceLast: z.int(),
    pAlive: chance(),
    /** Chance of a purchase within the horizon. */
    pAny: chance(),
    horizonDays: z.int(),
    /** The line that chance has fallen to. */
    line: chance(),
    expectedSpendMinor: z.int(),
    /** What a typical customer of the workspace has at stake, by which the severity is judged. */
    typicalValueMinor: z.int(),
    /** Of the `model` record the numbers come from; 0 for published parameters. */
    modelVersion: z.int(),
  })
export type Reason = z.output<ReturnType<typeof reasonShape>>

export const warningShape = () => ({
  customerId: z.string(),
  state: z.enum(warningStates),
  severity: z.enum(severities),
  /** Spend of the next 12 months that is lost if the customer is gone. */
  valueAtStake: money(),
  ownerId: z.string().optional(),
  reason: reasonShape(),
  /** Probability of no purchase within the horizon, by the score in use when it was raised. */
  risk: chance().optional(),
  explanation: z.string(),
  /** When it became work; of one that has not, when it was found. */
  raisedAt: f.instant(),
  /** When the silence was found, of a warning that waited for its place; until when it waits for one. */
  rankedAt: f.instant().optional(),
  rankedUntil: f.instant().optional(),
  lastPurchaseAt: f.instant(),
  /** Day of the last purchase, in whole days since 1970-01-01: which silence this is. */
  silenceDay: z.int(),
  snoozedUntil: f.instant().optional(),
  snoozeReason: z.string().optional(),
  outcome: z.enum(outcomes).optional(),
  endedAt: f.instant().optional(),
  /** The purchase or the person that ended it. */
  endedBy: z.string().optional(),
  note: z.string().optional(),
})
export type Warning = z.output<z.ZodObject<ReturnType<typeof warningShape>>>

/** A warning whose silence has not ended, whether it asks for something or waits. */
export function isUnended({ state }: Pick<Warning, 'state'>): boolean {
  return state !== 'cleared' && state !== 'closed'
}

/** When the silence was found. */
export function foundAt({ rankedAt, raisedAt }: Pick<Warning, 'rankedAt' | 'raisedAt'>): string {
  return rankedAt ?? raisedAt
}

/** A warning that still asks for something. */
export function isStanding({ state }: Pick<Warning, 'state'>): boolean {
  return state === 'open' || state === 'snoozed'
}

/** The own key of the warning about a silence: one silence has one, whoever raises it and however often. */
export function silenceKey(customerId: string, silenceDay: number): string {
  return keyOf(silenceDay * MS_PER_DAY, createHash('sha256').update(`${customerId} ${silenceDay}`).digest())
}

/** From this many times the typical value at stake on a warning is medium, high, critical; below, low. */
const SEVERITY_FROM = [
  ['critical', 5],
  ['high', 2],
  ['medium', 0.5],
] as const

/** Severity by value at stake: as a multiple of what a typical customer of the workspace has at stake. */
export function severityOf(valueMinor: number, typicalMinor: number): Severity {
  return SEVERITY_FROM.find(([, times]) => valueMinor >= times * typicalMinor)?.[0] ?? 'low'
}

/** Digits that an amount in minor units can have. */
const AMOUNT_DIGITS = 15

/** Where a warning stands among others: those that have not ended by value at stake, the others by when. Descending puts the first first. */
export function rankOf({ state, valueAtStake, endedAt }: Pick<Warning, 'state' | 'valueAtStake' | 'endedAt'>): string {
  return isUnended({ state }) || !endedAt ? String(valueAtStake.amount).padStart(AMOUNT_DIGITS, '0') : endedAt
}

/** A reason as it is kept: as many digits as say something. */
export function keptReason(reason: WarningReason, typicalValueMinor: number, modelVersion: number): Reason {
  const { usualGapDays, gapOf, daysSinceLast, pAlive, pAny, horizonDays, theta, expectedSpend } = reason
  const short = (value: number) => Math.round(value * 10_000) / 10_000
  return {
    usualGapDays: Math.round(usualGapDays * 10) / 10,
    gapOf,
    daysSinceLast,
    horizonDays,
    pAlive: short(pAlive),
    pAny: short(pAny),
    line: short(theta),
    expectedSpendMinor: Math.round(expectedSpend),
    typicalValueMinor,
    modelVersion,
  }
}

/** Why a warning was raised, in words. */
export function sayWarning(reason: Reason, silenceDay: number, valueAtStake: Money): string {
  return [
    saySilence({ ...reason, lastPurchase: dayFrom(silenceDay) }),
    `The chance of a purchase within ${reason.horizonDays} days has fallen to ${sayChance(reason.pAny)} (warning line ${sayChance(reason.line)});`,
    `the chance that they are still a customer is ${sayChance(reason.pAlive)}.`,
    `At stake: about ${sayMoney(valueAtStake)} in the next 12 months.`,
  ].join(' ')
}
