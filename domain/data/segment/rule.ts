import type { Issue } from '../../kernel/fault.ts'
import { fieldNames, fieldOf, operatorsOf, type Field, type Vocabulary } from './field.ts'
import { MOST_DAYS, operandOf, ops, type Op } from './op.ts'

/** What a clause compares with: text, number, truth, a day as `2026-11-22`, money, or several of them. */
export type Scalar = string | number | boolean
export type Literal = Scalar | { amount: number; currency: string }

/** One question about one field. */
export interface Clause {
  field: string
  op: Op
  value?: Literal | readonly Literal[]
  /** Of `within_last` and the like. */
  days?: number
  /** Counts what lies within the last so many days, today included. */
  withinDays?: number
  /** Counts purchases of this product only. */
  sku?: string
}

/** A rule: clauses joined by and (`all`), or (`any`) and `not`. Plain data, as it is sent, kept and shown. */
export type Rule = { all: readonly Rule[] } | { any: readonly Rule[] } | { not: Rule } | Clause

/** How large a rule may be. */
export const LIMITS = { depth: 5, clauses: 50, values: 50, text: 200, windowDays: 1_095, bytes: 16_384 } as const

const JOINTS = ['all', 'any', 'not'] as const

/**
 * Checks what was sent as a rule.
 * @returns the rule, or everything that is wrong with it, each with its path and what is allowed
 */
export function checkRule(raw: unknown, words: Vocabulary, path = 'rule'): { rule: Rule } | { issues: Issue[] } {
  const found: Finding = { issues: [], clauses: 0, words }
  if (Buffer.byteLength(JSON.stringify(raw) ?? '') > LIMITS.bytes) {
    return { issues: [issue(path, 'rule.too_large', `A rule may have ${LIMITS.bytes} bytes.`)] }
  }
  const rule = ruleIn(found, raw, path, 1)
  if (found.clauses > LIMITS.clauses) found.issues.push(issue(path, 'rule.too_large', `A rule may have ${LIMITS.clauses} clauses.`))
  return rule && found.issues.length === 0 ? { rule } : { issues: found.issues }
}

interface Finding {
  issues: Issue[]
  clauses: number
  words: Vocabulary
}

const issue = (path: string, code: string, message: string): Issue => ({ path, code, message })

function ruleIn(found: Finding, raw: unknown, path: string, depth: number): Rule | undefined {
  const wrong = (code: string, message: string, at = path): undefined => void found.issues.push(issue(at, code, message))
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return wrong('not_a_rule', 'A rule is an object: {"all": […]}, {"any": […]}, {"not": …} or {"field": …, "op": …}.')
  }
  if (depth > LIMITS.depth) return wrong('rule.too_deep', `Rules may lie ${LIMITS.depth} deep.`)
  const given = raw as Record<string, unknown>
  const joints = JOINTS.filter((one) => Object.hasOwn(given, one))
  const [joint] = joints
  if (joint === undefined) return clauseIn(found, given, path)
  const others = Object.keys(given).filter((name) => name !== joint)
  for (const name of others) wrong('unknown_field', `\`${joint}\` stands alone.`, `${path}.${name}`)
  if (joint === 'not') {
    const inner = ruleIn(found, given['not'], `${path}.not`, depth + 1)
    return inner && { not: inner }
  }
  const parts = given[joint]
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > LIMITS.clauses) {
    return wrong('not_a_list', `\`${joint}\` takes 1 to ${LIMITS.clauses} rules.`, `${path}.${joint}`)
  }
  const inner = parts.map((part: unknown, at) => ruleIn(found, part, `${path}.${joint}.${at}`, depth + 1))
  const good = inner.filter((one) => one !== undefined)
  return joint === 'all' ? { all: good } : { any: good }
}

const CLAUSE_FIELDS = ['field', 'op', 'value', 'days', 'withinDays', 'sku']

function clauseIn(found: Finding, given: Record<string, unknown>, path: string): Clause | undefined {
  const { issues, words } = found
  found.clauses += 1
  const wrong = (name: string, code: string, message: string): undefined => void issues.push(issue(`${path}.${name}`, code, message))
  for (const name of Object.keys(given).filter((one) => !CLAUSE_FIELDS.includes(one)))
    wrong(name, 'unknown_field', `A clause has ${CLAUSE_FIELDS.join(', ')}.`)
  const { field: name, op } = given
  const field = typeof name === 'string' ? fieldOf(name, words) : undefined
  if (typeof name !== 'string' || !field) return wrong('field', 'field.unknown', `A rule can name: ${fieldNames(words).join(', ')}.`)
  const allowed = operatorsOf(name, field)
  const asked = ops.find((one) => one === op)
  if (!asked || !allowed.includes(asked)) return wrong('op', 'operator.unsupported', `${name} can be asked: ${allowed.join(', ')}.`)
  const clause: Clause = { field: name, op: asked }
  operand(given, clause, field, words, wrong)
  narrowing(given, clause, field, wrong)
  return clause
}

type Wrong = (name: string, code: string, message: string) => undefined

/** Takes over what the operator compares with. */
function operand(given: Record<string, unknown>, clause: Clause, field: Field, words: Vocabulary, wrong: Wrong): void {
  const needs = operandOf(clause.op)
  if (needs !== 'days' && given['days'] !== undefined) wrong('days', 'unknown_field', `${clause.op} takes no days.`)
  if ((needs === 'days' || needs === 'none') && given['value'] !== undefined)
    wrong('value', 'unknown_field', `${clause.op} takes no value.`)
  if (needs === 'none') return
  if (needs === 'days') {
    const most = MOST_DAYS[clause.op] ?? 0
    const least = clause.op === 'within_last' || clause.op === 'longer_ago' ? 1 : 0
    const days = wholeIn(given['days'], least, most)
    if (days === undefined) wrong('days', 'window.impossible', `A whole number of days from ${least} to ${most}.`)
    else clause.days = days
    return
  }
  const { value } = given
  if (needs === 'one') {
    const why = literalFault(value, field, words)
    if (why) wrong('value', 'value.invalid', why)
    else clause.value = value as Literal
    return
  }
  const [least, most] = needs === 'pair' ? [2, 2] : [1, LIMITS.values]
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    wrong('value', 'value.invalid', needs === 'pair' ? 'Two values, the smaller first.' : `A list of 1 to ${most} values.`)
    return
  }
  const faults = value.map((one: unknown) => literalFault(one, field, words))
  for (const [at, why] of faults.entries()) if (why) wrong(`value.${at}`, 'value.invalid', why)
  if (faults.some(Boolean)) return
  clause.value = value as Literal[]
  const [low, high] = (value as Literal[]).map(plain)
  if (needs === 'pair' && low !== undefined && high !== undefined && low > high)
    wrong('value', 'window.impossible', 'The first of the two is the smaller.')
}

/** Takes over a window and a product. */
function narrowing(given: Record<string, unknown>, clause: Clause, field: Field, wrong: Wrong): void {
  const { withinDays, sku } = given
  if (withinDays !== undefined) {
    const days = wholeIn(withinDays, 1, LIMITS.windowDays)
    if (!field.window) wrong('withinDays', 'unknown_field', `${clause.field} has no window.`)
    else if (days === undefined) wrong('withinDays', 'window.impossible', `A whole number of days from 1 to ${LIMITS.windowDays}.`)
    else clause.withinDays = days
  } else if (field.window === 'required')
    wrong('withinDays', 'needed', `${clause.field} counts within some days: 1 to ${LIMITS.windowDays}.`)
  if (sku === undefined) return
  if (!field.product) wrong('sku', 'unknown_field', `${clause.field} is not told by product.`)
  else if (typeof sku !== 'string' || sku === '' || sku.length > 80)
    wrong('sku', 'value.invalid', 'A product’s sku, at most 80 characters.')
  else if (withinDays === undefined) wrong('withinDays', 'needed', `By product within some days: 1 to ${LIMITS.windowDays}.`)
  else clause.sku = sku
}

const wholeIn = (value: unknown, from: number, to: number): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to ? value : undefined

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Whether a text is a calendar day that exists. */
export function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !DAY.test(text)) return false
  const ms = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

/** Why a value cannot be compared with a field; undefined when it can. */
function literalFault(value: unknown, { type, choices }: Field, { currency }: Vocabulary): string | undefined {
  switch (type) {
    case 'text':
    case 'list':
      return typeof value === 'string' && value !== '' && value.length <= LIMITS.text && value.isWellFormed()
        ? undefined
        : `Text of 1 to ${LIMITS.text} characters.`
    case 'choice':
      return typeof value === 'string' && (choices ?? []).includes(value) ? undefined : `One of ${(choices ?? []).join(', ')}.`
    case 'number':
      return isNumber(value, -1e15, 1e15) ? undefined : 'A number.'
    case 'share':
      return isNumber(value, 0, 1) ? undefined : 'A number from 0 to 1.'
    case 'money':
      return isMoney(value, currency) ? undefined : `Money in ${currency}: {"amount": whole minor units, "currency": "${currency}"}.`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false.'
    case 'date':
    case 'birthday':
      return isDay(value) ? undefined : 'A day, 2026-11-22.'
  }
}

const isNumber = (value: unknown, from: number, to: number): boolean => typeof value === 'number' && value >= from && value <= to

function isMoney(value: unknown, currency: string): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false
  const { amount, currency: given } = value as { amount?: unknown; currency?: unknown }
  return Number.isInteger(amount) && isNumber(amount, -1e14, 1e14) && given === currency
}

/** A literal as it is compared: money as its amount. */
export function plain(value: Literal): Scalar {
  return typeof value === 'object' ? value.amount : value
}

/** A clause's literals as they are compared. */
export function plainValues({ value }: Pick<Clause, 'value'>): Scalar[] {
  return value === undefined ? [] : [value].flat().map((one) => plain(one as Literal))
}

/** Whether a rule is a clause. */
export function isClause(rule: Rule): rule is Clause {
  return 'field' in rule
}

/** The clauses of a rule, from first to last. */
export function clausesOf(rule: Rule): Clause[] {
  if (isClause(rule)) return [rule]
  if ('not' in rule) return clausesOf(rule.not)
  return ('all' in rule ? rule.all : rule.any).flatMap(clausesOf)
}
