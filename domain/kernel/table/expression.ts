import type { Key, Item } from './table.ts'

/** A condition that travels with a write. All parts must hold. Paths may have dots. */
export interface Condition {
  /** Nothing is there under this key. */
  absent?: true
  /** Something is there under this key. */
  present?: true
  /** The attribute has exactly this value; `undefined` means it is absent. */
  equals?: Readonly<Record<string, unknown>>
  /** The attribute is one of these values. */
  oneOf?: Readonly<Record<string, readonly unknown[]>>
  /** The attribute is a number or text at least this. */
  atLeast?: Readonly<Record<string, number | string>>
  /** The attribute is missing or less than this. */
  lessThan?: Readonly<Record<string, number | string>>
}

/** One write and its condition. */
export type Write =
  | { put: Item; if?: Condition }
  | { update: Key; set?: Item; remove?: readonly string[]; add?: Readonly<Record<string, number>>; if?: Condition }
  | { delete: Key; if?: Condition }
  | { check: Key; if: Condition }

/** A write without a condition that stands for itself. */
export type PlainWrite = { put: Item & Key } | { delete: Key }

/** Collects attribute names and values of an expression under short aliases. */
export class Aliases {
  readonly names: Record<string, string> = {}
  readonly values: Record<string, unknown> = {}
  #known = new Map<string, string>()
  #count = 0

  path(dotted: string): string {
    return dotted
      .split('.')
      .map((part) => this.#name(part))
      .join('.')
  }
  value(value: unknown): string {
    const alias = `:v${this.#count++}`
    this.values[alias] = value
    return alias
  }
  #name(part: string): string {
    let alias = this.#known.get(part)
    if (!alias) {
      alias = `#n${this.#known.size}`
      this.#known.set(part, alias)
      this.names[alias] = part
    }
    return alias
  }
  /** The two maps, each left out when empty as DynamoDB demands. */
  maps<V>(stored: (values: Record<string, unknown>) => V): {
    ExpressionAttributeNames?: Record<string, string>
    ExpressionAttributeValues?: V
  } {
    return {
      ...(this.#known.size > 0 && { ExpressionAttributeNames: this.names }),
      ...(this.#count > 0 && { ExpressionAttributeValues: stored(this.values) }),
    }
  }
}

/** A condition as DynamoDB writes it. */
export function conditionText(condition: Condition, aliases: Aliases): string {
  const parts: string[] = []
  if (condition.absent) parts.push(`attribute_not_exists(${aliases.path('pk')})`)
  if (condition.present) parts.push(`attribute_exists(${aliases.path('pk')})`)
  for (const [path, value] of Object.entries(condition.equals ?? {})) {
    parts.push(value === undefined ? `attribute_not_exists(${aliases.path(path)})` : `${aliases.path(path)} = ${aliases.value(value)}`)
  }
  for (const [path, values] of Object.entries(condition.oneOf ?? {})) {
    parts.push(`${aliases.path(path)} IN (${values.map((value) => aliases.value(value)).join(', ')})`)
  }
  for (const [path, value] of Object.entries(condition.atLeast ?? {})) parts.push(`${aliases.path(path)} >= ${aliases.value(value)}`)
  for (const [path, value] of Object.entries(condition.lessThan ?? {})) {
    const name = aliases.path(path)
    parts.push(`(attribute_not_exists(${name}) OR ${name} < ${aliases.value(value)})`)
  }
  return parts.join(' AND ')
}

/** The SET, REMOVE and ADD of an update. */
export function updateText(write: Extract<Write, { update: Key }>, aliases: Aliases): string {
  const sets = Object.entries(write.set ?? {}).map(([path, value]) => `${aliases.path(path)} = ${aliases.value(value)}`)
  const removes = (write.remove ?? []).map((path) => aliases.path(path))
  const adds = Object.entries(write.add ?? {}).map(([path, by]) => `${aliases.path(path)} ${aliases.value(by)}`)
  return [
    sets.length > 0 ? `SET ${sets.join(', ')}` : '',
    removes.length > 0 ? `REMOVE ${removes.join(', ')}` : '',
    adds.length > 0 ? `ADD ${adds.join(', ')}` : '',
  ]
    .filter(Boolean)
    .join(' ')
}
