import * as z from 'zod'
import { dayNumber, type Day, type Instant } from '../../kernel/clock.ts'
import type { Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { minorDigits, money } from '../../kernel/money.ts'
import { dayIn, startOfDay } from '../../kernel/zone.ts'
import { NEVER, type Lot } from './account.ts'

/** A factor in percent: 150 earns half as much again, 0 earns nothing. */
const percent = () => z.int().min(0).max(10_000)

/** How points are earned, kept and given for word of mouth. */
export const programmeShape = () => ({
  /** Whether purchases earn. Points that are there stay, and returned purchases take theirs back, either way. */
  active: z.boolean(),
  /** The first day whose purchases earn, by the workspace's calendar. */
  startsOn: f.day(),
  /** So many points for each `per` of net spend, before factors. */
  points: z.int().min(1).max(1_000_000),
  per: money(),
  /** What becomes of a purchase's fraction of a point: each purchase is rounded once, after all factors. */
  rounding: z.enum(['down', 'nearest', 'up']),
  /** Factors by the customer's tier at the time of purchase, by its channel, and by what was bought; they multiply. */
  tiers: z.array(z.strictObject({ tier: f.slug(), percent: percent() })).max(12),
  channels: z.array(z.strictObject({ channel: f.slug(), percent: percent() })).max(50),
  skus: z.array(z.strictObject({ sku: f.line(80), percent: percent() })).max(100),
  /** Points are good to the end of the month so many months after the purchase; for ever when absent. */
  expiryMonths: z.int().min(1).max(60).optional(),
  referral: z.strictObject({
    /** How long the first purchase of someone referred may take. Days. */
    windowDays: z.int().min(1).max(365),
    /** How long purchases of someone referred count for the referrer, from the first on. Days. */
    valueDays: z.int().min(1).max(1_095),
    /** Points for the referrer and for the one referred, at that first purchase. */
    referrerPoints: z.int().min(0).max(1_000_000),
    referredPoints: z.int().min(0).max(1_000_000),
  }),
})
export type Programme = z.output<z.ZodObject<ReturnType<typeof programmeShape>>>

/** What a workspace that has said nothing has: no points, a referral window of 90 days. */
export function defaultProgramme(currency: string): Programme {
  return {
    active: false,
    startsOn: '1970-01-01',
    points: 1,
    per: { amount: 10 ** minorDigits(currency), currency },
    rounding: 'down',
    tiers: [],
    channels: [],
    skus: [],
    expiryMonths: 24,
    referral: { windowDays: 90, valueDays: 365, referrerPoints: 0, referredPoints: 0 },
  }
}

/** Everything wrong with a programme that its schema cannot say. @param known the workspace's currency and its tiers' names */
export function programmeIssues(programme: Programme, known: { currency: string; tiers: readonly string[] }): Issue[] {
  const { per, tiers, channels, skus } = programme
  const unknown = tiers.flatMap(({ tier }, at): Issue[] =>
    known.tiers.includes(tier)
      ? []
      : [{ path: `tiers.${at}.tier`, code: 'unknown', message: `The workspace’s tiers are ${known.tiers.join(', ')}.` }],
  )
  return [
    ...(per.amount === 0 ? [{ path: 'per.amount', code: 'zero', message: 'Points are earned for an amount above nothing.' }] : []),
    ...(per.currency !== known.currency
      ? [{ path: 'per.currency', code: 'not_the_workspaces', message: `The workspace’s currency is ${known.currency}.` }]
      : []),
    ...unknown,
    ...repeated(
      'tiers',
      tiers.map(({ tier }) => tier),
    ),
    ...repeated(
      'channels',
      channels.map(({ channel }) => channel),
    ),
    ...repeated(
      'skus',
      skus.map(({ sku }) => sku),
    ),
  ]
}

function repeated(field: string, names: readonly string[]): Issue[] {
  return names.flatMap((name, at): Issue[] =>
    names.indexOf(name) < at ? [{ path: `${field}.${at}`, code: 'repeated', message: `${name} has a factor already.` }] : [],
  )
}

/** The month of an instant, `2026-11`, by the workspace's calendar. */
export function monthOf(at: Instant, timeZone: string): string {
  return dayIn(at, timeZone).slice(0, 7)
}

/** A month some months after another. */
export function monthsLater(month: string, months: number): string {
  const count = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + months
  return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}`
}

/** The lot that points earned at an instant belong to. */
export function lotFor({ expiryMonths }: Programme, at: Instant, timeZone: string): Lot {
  return expiryMonths === undefined ? NEVER : monthsLater(monthOf(at, timeZone), expiryMonths)
}

/** When a lot expires: as the month after it begins; undefined for one that never does. */
export function expiryOf(lot: Lot, timeZone: string): Instant | undefined {
  if (lot === NEVER) return undefined
  return new Date(startOfDay(dayNumber(firstDayAfter(lot)), timeZone)).toISOString()
}

/** The last day on which a lot's points are good. */
export function lastDayOf(lot: Lot): Day | undefined {
  if (lot === NEVER) return undefined
  return new Date(Date.parse(firstDayAfter(lot)) - 86_400_000).toISOString().slice(0, 10)
}

const firstDayAfter = (lot: Lot): Day => `${monthsLater(lot, 1)}-01`
