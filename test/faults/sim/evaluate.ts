import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Condition, Operand, Path, Read, Update } from './expression.ts'
import { addNumbers } from './number.ts'
import { invalid, type Stored } from './refusal.ts'
import { checked, compare, mapped, same } from './value.ts'

/** Expressions at work on an item. */

/** The two maps that go with an expression. */
export interface Aliases {
  ExpressionAttributeNames?: Record<string, string> | undefined
  ExpressionAttributeValues?: Stored | undefined
}

/** Aliases resolved for one request, its values checked as if they were to be stored. */
export class Terms {
  readonly #names: Record<string, string>
  readonly #values: Stored

  /** @throws ValidationException for an alias that is used and not defined, or defined and not used */
  constructor({ ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} }: Aliases, used: readonly Read<unknown>[]) {
    for (const [given, kind, what] of [
      [names, 'names', 'name'],
      [values, 'values', 'value'],
    ] as const) {
      for (const one of used)
        for (const alias of one[kind])
          if (!(alias in given))
            throw invalid(`An expression attribute ${what} used in the document path is not defined; attribute ${what}: ${alias}`)
      for (const alias in given)
        if (!used.some((one) => one[kind].has(alias)))
          throw invalid(`Value provided in ExpressionAttribute${kind} unused in expressions: keys: {${alias}}`)
    }
    this.#names = names
    this.#values = mapped(values, (value) => checked(value))
  }
  path(path: Path): string[] {
    return path.map((part) => (part.startsWith('#') ? (this.#names[part] ?? '') : part))
  }
  value(alias: string): AttributeValue {
    const value = this.#values[alias]
    if (value === undefined) throw invalid(`An expression attribute value used in expression is not defined; attribute value: ${alias}`)
    return value
  }
  of(operand: Operand, item: Stored | undefined): AttributeValue | undefined {
    return 'value' in operand ? this.value(operand.value) : at(item, this.path(operand.path))
  }
}

function at(item: Stored | undefined, path: readonly string[]): AttributeValue | undefined {
  let map = item
  for (const [depth, name] of path.entries()) {
    const value: AttributeValue | undefined = map?.[name]
    if (depth === path.length - 1) return value
    map = value?.M
  }
  return undefined
}

/** Holds that a condition can be asked of an item: only texts and numbers have an order. @throws ValidationException */
export function mayAsk(condition: Condition, terms: Terms): void {
  switch (condition.is) {
    case 'both':
    case 'either':
      mayAsk(condition.left, terms)
      mayAsk(condition.right, terms)
      return
    case 'not':
      return mayAsk(condition.inner, terms)
    case 'begins':
      return mustBe(['S'], condition.text, terms)
    case 'between':
      mustBe(['S', 'N'], condition.from, terms)
      mustBe(['S', 'N'], condition.to, terms)
      return
    case 'compared': {
      const { left, right, by } = condition
      if ('path' in left && 'path' in right && terms.path(left.path).join('.') === terms.path(right.path).join('.')) {
        throw invalid(
          'Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function',
        )
      }
      if (by !== '=' && by !== '<>') for (const operand of [left, right]) mustBe(['S', 'N'], operand, terms)
      return
    }
    case 'among':
    case 'there':
    case 'absent':
  }
}

function mustBe(kinds: readonly string[], operand: Operand, terms: Terms): void {
  const kind = 'value' in operand ? Object.keys(terms.value(operand.value))[0] : undefined
  if (kind !== undefined && !kinds.includes(kind))
    throw invalid(`Invalid ConditionExpression: Incorrect operand type for operator or function; operand type: ${kind}`)
}

/** Whether a condition holds for an item; one that is not there has no attributes. */
export function holds(condition: Condition, item: Stored | undefined, terms: Terms): boolean {
  switch (condition.is) {
    case 'both':
      return holds(condition.left, item, terms) && holds(condition.right, item, terms)
    case 'either':
      return holds(condition.left, item, terms) || holds(condition.right, item, terms)
    case 'not':
      return !holds(condition.inner, item, terms)
    case 'there':
      return at(item, terms.path(condition.path)) !== undefined
    case 'absent':
      return at(item, terms.path(condition.path)) === undefined
    case 'among':
      return condition.values.some((one) => matches(terms.of(condition.what, item), terms.of(one, item)))
    case 'between': {
      const what = terms.of(condition.what, item)
      return inOrder(terms.of(condition.from, item), what) && inOrder(what, terms.of(condition.to, item))
    }
    case 'begins': {
      const [what, text] = [terms.of(condition.what, item), terms.of(condition.text, item)]
      return what?.S !== undefined && text?.S !== undefined && what.S.startsWith(text.S)
    }
    case 'compared':
      return compared(condition.by, terms.of(condition.left, item), terms.of(condition.right, item))
  }
}

function matches(one: AttributeValue | undefined, other: AttributeValue | undefined): boolean {
  return one !== undefined && other !== undefined && same(one, other)
}

function inOrder(low: AttributeValue | undefined, high: AttributeValue | undefined): boolean {
  const order = low && high && compare(low, high)
  return order !== undefined && order <= 0
}

function compared(by: '=' | '<>' | '<' | '<=' | '>' | '>=', left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (by === '=') return matches(left, right)
  // What is not there differs from everything.
  if (by === '<>') return !matches(left, right)
  const order = left && right && compare(left, right)
  if (order === undefined) return false
  if (by === '<') return order < 0
  if (by === '<=') return order <= 0
  return by === '>' ? order > 0 : order >= 0
}

const badPath = () => invalid('The document path provided in the update expression is invalid for update')

/** Holds that an update can be carried out on some item. @throws ValidationException */
export function mayUpdate(update: Update, terms: Terms, keys: ReadonlySet<string>): void {
  const paths = [...update.set.map(({ path }) => path), ...update.remove, ...update.add.map(({ path }) => path)].map((path) =>
    terms.path(path),
  )
  for (const { value } of update.add)
    if (terms.value(value).N === undefined)
      throw invalid('Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING')
  mayTogether(paths, keys)
}

/** An item after an update; the one before is left as it is. All values are those of before, in whatever order clauses stand. */
export function updated(update: Update, before: Stored, terms: Terms): Stored {
  const steps: { path: string[]; value?: AttributeValue }[] = [
    ...update.set.map(({ path, value }) => ({ path: terms.path(path), value: terms.value(value) })),
    ...update.remove.map((path) => ({ path: terms.path(path) })),
    ...update.add.map(({ path, value }) => ({ path: terms.path(path), value: sum(at(before, terms.path(path)), terms.value(value)) })),
  ]
  return steps.reduce((item, { path, value }) => changed(item, path, value), before)
}

function sum(before: AttributeValue | undefined, by: AttributeValue): AttributeValue {
  if (before === undefined) return by
  if (before.N === undefined || by.N === undefined) throw invalid('An operand in the update expression has an incorrect data type')
  return { N: addNumbers(before.N, by.N) }
}

function mayTogether(paths: readonly (readonly string[])[], keys: ReadonlySet<string>): void {
  for (const [nth, path] of paths.entries()) {
    if (keys.has(path[0] ?? ''))
      throw invalid(`One or more parameter values were invalid: Cannot update attribute ${path[0]}. This attribute is part of the key`)
    for (const other of paths.slice(nth + 1)) {
      const shared = Math.min(path.length, other.length)
      if (path.slice(0, shared).join('\u0000') === other.slice(0, shared).join('\u0000')) {
        throw invalid('Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths')
      }
    }
  }
}

/** A map with one attribute set, or removed when there is no value. */
function changed(map: Stored, [name = '', ...rest]: readonly string[], value: AttributeValue | undefined): Stored {
  const made = { ...map }
  if (rest.length > 0) {
    const inner = map[name]?.M
    if (!inner) throw badPath()
    made[name] = { M: changed(inner, rest, value) }
  } else if (value === undefined) delete made[name]
  else made[name] = value
  return made
}
