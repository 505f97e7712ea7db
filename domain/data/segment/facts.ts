import type { CustomerRecord } from '../../customer/customer/index.ts'
import type { HistoryRecord } from '../../customer/purchase/index.ts'
import type { Scores } from '../../insight/rfm/index.ts'
import type { MembershipRecord } from '../../insight/tier/index.ts'
import { dayNumber } from '../../kernel/clock.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { opsOf } from './op.ts'
import { isDay, type Clause } from './rule.ts'

/** What a clause asks about: days are whole days since 1970-01-01. Undefined when the customer has no such thing. */
export type Value = string | number | boolean | readonly string[] | undefined

/** A purchase as windows count it. */
export interface Bought {
  day: number
  /** Minor units of the workspace's currency, returns taken off. */
  net: number
  skus: readonly string[]
}

/** A customer's place in the pyramid as it stands now. */
export interface Standing {
  strategy: string
  value: string
  potential: string
}

/** All that is known of a customer for a rule: what the rule does not name is left out. */
export interface Facts {
  timeZone: string
  file: CustomerRecord
  history?: HistoryRecord
  tier?: MembershipRecord
  /** Newest first. */
  purchases?: readonly Bought[]
  /** Days of contacts, newest first. */
  contacts?: readonly number[]
  openTickets?: number
  openWarnings?: number
  /** By the models in use, on a day; both fall while nothing is bought. */
  worth?: { pAlive(day: number): number; clv12m(day: number): number }
  scores?: Scores
  standing?: Standing
}

type Read = (facts: Facts, clause: Clause, day: number) => Value

const dayIn = (instant: string | undefined, facts: Facts): number | undefined =>
  instant === undefined ? undefined : dayNumberIn(instant, facts.timeZone)

const readers: Readonly<Record<string, Read>> = {
  lifecycleSince: (facts) => dayIn(facts.file.lifecycleSince, facts),
  createdAt: (facts) => dayIn(facts.file.createdAt, facts),
  birthday: ({ file }) => file.birthday && dayNumber(file.birthday),
  cities: ({ file }) => file.addresses.flatMap(({ city }) => city ?? []),
  hasEmail: ({ file }) => file.emails.length > 0,
  hasPhone: ({ file }) => file.phones.length > 0,
  'purchases.count': (facts, clause, day) => {
    if (clause.withinDays === undefined) return facts.history?.count ?? 0
    return boughtWithin(facts, clause, day).length
  },
  'purchases.net': (facts, clause, day) => {
    if (clause.withinDays === undefined) return facts.history?.net ?? 0
    return boughtWithin(facts, clause, day).reduce((sum, { net }) => sum + net, 0)
  },
  'purchases.days': ({ history }) => (history ? history.x + 1 : 0),
  'purchases.first': ({ history }) => history?.firstDay,
  'purchases.last': ({ history }) => history?.lastDay,
  tier: ({ tier }) => tier?.tier,
  'tier.since': (facts) => dayIn(facts.tier?.tier === undefined ? undefined : facts.tier.since, facts),
  'tier.validUntil': ({ tier }) => tier?.validUntil && dayNumber(tier.validUntil),
  'tier.atRisk': ({ tier }) => tier?.atRisk !== undefined,
  'value.clv12m': ({ worth }, _, day) => worth?.clv12m(day),
  'value.pAlive': ({ worth }, _, day) => worth?.pAlive(day),
  'rfm.recency': ({ scores }) => scores?.recency,
  'rfm.frequency': ({ scores }) => scores?.frequency,
  'rfm.monetary': ({ scores }) => scores?.monetary,
  'pyramid.strategy': ({ standing }) => standing?.strategy,
  'pyramid.value': ({ standing }) => standing?.value,
  'pyramid.potential': ({ standing }) => standing?.potential,
  'interactions.last': ({ contacts }) => contacts?.[0],
  'interactions.count': ({ contacts = [] }, { withinDays = 0 }, day) => contacts.filter((one) => day - one < withinDays).length,
  'tickets.open': ({ openTickets }) => openTickets ?? 0,
  'warnings.open': ({ openWarnings }) => openWarnings ?? 0,
}

const CUSTOM = 'custom.'

/** What a clause asks about, of a customer on a day. */
export function valueOf(clause: Clause, facts: Facts, day: number): Value {
  const { field } = clause
  if (field.startsWith(CUSTOM)) return customValue(clause, facts.file.custom[field.slice(CUSTOM.length)])
  const read = Object.hasOwn(readers, field) ? readers[field] : undefined
  if (read) return read(facts, clause, day)
  const value: unknown = facts.file[field as keyof CustomerRecord]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : Array.isArray(value)
      ? (value as string[])
      : undefined
}

/** A custom field's value; where a day is asked about, as its number. An empty text is none. */
function customValue({ op, value: wanted }: Clause, value: string | number | boolean | undefined): Value {
  const ofDays = opsOf('date').includes(op) && [wanted].flat().every((one) => one === undefined || isDay(one))
  if (ofDays && typeof value === 'string' && isDay(value)) return dayNumber(value)
  return value === '' ? undefined : value
}

function boughtWithin({ purchases = [] }: Facts, { withinDays = 0, sku }: Clause, day: number): Bought[] {
  return purchases.filter((one) => day - one.day < withinDays && (sku === undefined || one.skus.includes(sku)))
}

/** The days after one on which something leaves a clause's window, the next first. */
export function leavingDays({ field, withinDays = 0 }: Clause, facts: Facts, day: number): number[] {
  const days = field === 'interactions.count' ? (facts.contacts ?? []) : (facts.purchases ?? []).map((one) => one.day)
  const leaving = new Set(days.map((one) => one + withinDays).filter((one) => one > day))
  return [...leaving].sort((a, b) => a - b)
}
