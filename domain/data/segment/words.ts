import { dayFrom } from '../../kernel/clock.ts'
import { sayMoney } from '../../kernel/money.ts'
import { fieldOf, type Field, type Vocabulary } from './field.ts'
import type { Value } from './facts.ts'
import { isClause, type Clause, type Literal, type Rule } from './rule.ts'

/** Rules and what they saw, in words. */

const days = (number: number): string => (number === 1 ? '1 day' : `${number} days`)

function sayLiteral(value: Literal, field: Field | undefined): string {
  if (typeof value === 'object') return sayMoney(value)
  return typeof value === 'string' && field?.type !== 'date' && field?.type !== 'birthday' ? `“${value}”` : String(value)
}

function sayOperand({ op, value, days: number = 0 }: Clause, field: Field | undefined): string {
  const all = value === undefined ? [] : ([value].flat() as Literal[]).map((one) => sayLiteral(one, field))
  const list = all.join(', ')
  switch (op) {
    case 'is':
      return `is ${list}`
    case 'one_of':
      return `is one of ${list}`
    case 'contains':
      return `contains ${list}`
    case 'starts_with':
      return `starts with ${list}`
    case 'has':
    case 'has_any':
      return all.length > 1 ? `include any of ${list}` : `include ${list}`
    case 'has_all':
      return `include all of ${list}`
    case 'at_least':
      return `at least ${list}`
    case 'at_most':
      return `at most ${list}`
    case 'more_than':
      return `more than ${list}`
    case 'less_than':
      return `less than ${list}`
    case 'between':
      return `from ${all[0]} to ${all[1]}`
    case 'before':
      return `before ${list}`
    case 'after':
      return `after ${list}`
    case 'within_last':
      return `within the last ${days(number)}`
    case 'longer_ago':
      return `${days(number)} ago or longer`
    case 'within_next':
      return `today or within the next ${days(number)}`
    case 'anniversary_within':
      return `comes round today or within ${days(number)}`
    case 'is_set':
      return 'is known'
    case 'is_empty':
      return 'is not known'
  }
}

/** A clause in words: `purchases within the last 90 days: at least 3`. */
export function sayClause(clause: Clause, words: Vocabulary): string {
  const field = fieldOf(clause.field, words)
  const of = clause.sku === undefined ? '' : ` of ${clause.sku}`
  const within = clause.withinDays === undefined ? '' : ` within the last ${days(clause.withinDays)}:`
  return `${field?.label ?? clause.field}${of}${within} ${sayOperand(clause, field)}`
}

/** A rule in words. */
export function sayRule(rule: Rule, words: Vocabulary): string {
  if (isClause(rule)) return sayClause(rule, words)
  if ('not' in rule) return `not (${sayRule(rule.not, words)})`
  const [parts, joint] = 'all' in rule ? [rule.all, ' and '] : [rule.any, ' or ']
  const said = parts.map((one) => (isClause(one) || 'not' in one || parts.length === 1 ? sayRule(one, words) : `(${sayRule(one, words)})`))
  return said.join(joint)
}

/** What a clause saw, for people: money and days as such, nothing as `nothing`. */
export function saySeen({ field: name }: Clause, value: Value, words: Vocabulary): string {
  const field = fieldOf(name, words)
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'nothing'
  if (typeof value === 'number') {
    if (field?.type === 'date' || field?.type === 'birthday') return dayFrom(value)
    if (field?.type === 'money') return sayMoney({ amount: value, currency: words.currency })
    return String(Math.round(value * 1_000) / 1_000)
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'string' ? value : value.join(', ')
}
