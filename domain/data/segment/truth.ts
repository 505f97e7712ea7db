import { dayFrom, dayNumber } from '../../kernel/clock.ts'
import { FALLING } from './field.ts'
import { crossing } from './crossing.ts'
import type { Facts, Value } from './facts.ts'
import { leavingDays, valueOf } from './facts.ts'
import { clausesOf, isClause, plainValues, type Clause, type Rule, type Scalar } from './rule.ts'

/** Whether a rule is true of a customer on a day. Days are whole days since 1970-01-01 in the workspace's time zone. */
export function isTrue(rule: Rule, facts: Facts, day: number): boolean {
  if (isClause(rule)) return holds(rule, valueOf(rule, facts, day), day)
  if ('not' in rule) return !isTrue(rule.not, facts, day)
  return 'all' in rule ? rule.all.every((one) => isTrue(one, facts, day)) : rule.any.some((one) => isTrue(one, facts, day))
}

/** Text as it is compared: marks and case aside. */
const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

const same = (one: Scalar, other: Scalar): boolean =>
  typeof one === 'string' && typeof other === 'string' ? folded(one) === folded(other) : one === other

const isPresent = (value: Value): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0)

/** Whether a clause holds of a value. What is not there holds nothing but `is_empty`. */
export function holds(clause: Clause, value: Value, day: number): boolean {
  const { op } = clause
  if (op === 'is_empty') return !isPresent(value)
  if (value === undefined) return false
  if (op === 'is_set') return isPresent(value)
  const wanted = plainValues(clause)
  if (typeof value === 'object') return holdsOfList(op, value, wanted)
  if (typeof value === 'number') return holdsOfNumber(clause, value, wanted.map(comparable), day)
  const [first] = wanted
  if (op === 'is' || op === 'one_of') return wanted.some((one) => same(one, value))
  if (typeof value !== 'string' || typeof first !== 'string') return false
  return op === 'contains' ? folded(value).includes(folded(first)) : op === 'starts_with' && folded(value).startsWith(folded(first))
}

function holdsOfList(op: Clause['op'], value: readonly string[], wanted: readonly Scalar[]): boolean {
  const has = (one: Scalar): boolean => value.some((mine) => same(mine, one))
  return op === 'has_all' ? wanted.every(has) : (op === 'has' || op === 'has_any') && wanted.some(has)
}

/** A literal beside a number: a day as its number. */
const comparable = (wanted: Scalar): number => (typeof wanted === 'string' ? dayNumber(wanted) : Number(wanted))

function holdsOfNumber({ op, days = 0 }: Clause, value: number, [low = NaN, high = NaN, ...rest]: readonly number[], day: number): boolean {
  switch (op) {
    case 'is':
      return value === low
    case 'one_of':
      return [low, high, ...rest].includes(value)
    case 'at_least':
      return value >= low
    case 'at_most':
      return value <= low
    case 'more_than':
    case 'after':
      return value > low
    case 'less_than':
    case 'before':
      return value < low
    case 'between':
      return value >= low && value <= high
    case 'within_last':
      return value <= day && day - value < days
    case 'longer_ago':
      return day - value >= days
    case 'within_next':
      return value >= day && value - day <= days
    case 'anniversary_within':
      return nextAnniversary(value, day) - day <= days
    default:
      return false
  }
}

/** The next day, today included, on which a day of the year comes round. A 29 February is kept on the 28th of other years. */
export function nextAnniversary(value: number, day: number): number {
  const date = dayFrom(value)
  const year = Number(dayFrom(day).slice(0, 4))
  const here = inYear(date, year)
  return here >= day ? here : inYear(date, year + 1)
}

function inYear(date: string, year: number): number {
  const leap = date.endsWith('-02-29') && new Date(Date.UTC(year, 1, 29)).getUTCMonth() !== 1
  return dayNumber(`${String(year).padStart(4, '0')}-${leap ? '02-28' : date.slice(5)}`)
}

/** Flips that are looked at before a rule is given back to be looked at again. */
const MOST_FLIPS = 60

/**
 * The next day on which a rule's truth changes if nothing happens; undefined when it stays for good. Until then it is
 * certainly constant; on that day it changes, or (after many clauses that cancel each other out) has to be looked at again.
 */
export function nextChange(rule: Rule, facts: Facts, day: number): number | undefined {
  const clauses = clausesOf(rule).filter((clause) => movesByTime(clause))
  const now = isTrue(rule, facts, day)
  let from = day
  for (let flips = 0; flips < MOST_FLIPS; flips++) {
    const next = clauses.flatMap((clause) => flipOf(clause, facts, from) ?? [])
    if (next.length === 0) return undefined
    from = Math.min(...next)
    if (isTrue(rule, facts, from) !== now) return from
  }
  return from
}

/** Whether time alone can change a clause. */
export function movesByTime({ op, field, withinDays }: Clause): boolean {
  if (op === 'within_last' || op === 'longer_ago' || op === 'within_next' || op === 'anniversary_within') return true
  return withinDays !== undefined || (FALLING.has(field) && op !== 'is_set' && op !== 'is_empty')
}

/** The first day after one on which a clause is what it is not on that day; undefined when it stays. */
export function flipOf(clause: Clause, facts: Facts, day: number): number | undefined {
  const at = (when: number): boolean => holds(clause, valueOf(clause, facts, when), when)
  const now = at(day)
  if (FALLING.has(clause.field)) return crossing(clause, (when) => valueOf(clause, facts, when), day)
  if (clause.withinDays !== undefined) return leavingDays(clause, facts, day).find((when) => at(when) !== now)
  const value = valueOf(clause, facts, day)
  return typeof value === 'number' ? turnsOf(clause, value, day).find((when) => when > day && at(when) !== now) : undefined
}

/** The days on which a question about a day can turn, the next ones first. */
function turnsOf({ op, days = 0 }: Clause, value: number, day: number): number[] {
  switch (op) {
    case 'within_last':
      return [value, value + days]
    case 'longer_ago':
      return [value + days]
    case 'within_next':
      return [value - days, value + 1]
    case 'anniversary_within': {
      const here = nextAnniversary(value, day)
      const following = nextAnniversary(value, here + 1)
      return [here - days, here + 1, following - days]
    }
    default:
      return []
  }
}
