import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Random } from '../random.ts'
import type { Stored } from '../sim/refusal.ts'

/** Values for requests: few, so that requests meet, and those at the edges, where engines differ. */

const texts = ['a', 'b', 'A', 'é', 'e\u0301', '\u{1F600}', '\uFFFD', '\uE000', '\uD7FF', 'a#1', 'a#2', 'a#', 'zz', '客户', ' ', 'null', '0']
const numbers = [
  '0',
  '1',
  '-1',
  '2',
  '10',
  '9',
  '0.1',
  '0.2',
  '-0.5',
  '3.14159',
  '123456789012345',
  '9007199254740993',
  '12345678901234567890123456789012345678',
  '-99999999999999999999999999999999999999',
]
/** Numbers that are kept in another form than they were given. */
const otherForms = ['1e3', '1E-3', '00012', '-0', '1.0', '1e125', '1E-130']
/** Numbers that no table takes. */
const badNumbers = ['1e126', '1E-131', '123456789012345678901234567890123456789', 'abc', '', '1e', '--1', '0x10', 'NaN']

export const fields = ['a', 'b', 'n', 'm', 'row', 'version', 'flag', 'list', 'text with space', 'ключ'] as const
/** Paths within fields. */
export const paths = [...fields, 'm.a', 'm.b', 'm.c.d', 'row.a', 'row.name'] as const

export const partitions = ['customer#1', 'customer#2', 'unique#email:a', 'p'] as const
const sorts = [
  '!customer',
  '!history',
  'deal#1',
  'deal#2',
  'deal#10',
  'log#deal#1#00000001',
  'é',
  '\u{1F600}',
  '\uFFFD',
  '\uE000',
  'a',
] as const

export function text(by: Random): string {
  return by.chance(0.03) ? '' : by.chance(0.02) ? 'x'.repeat(by.between(900, 3000)) : by.pick(texts)
}

export function number(by: Random): string {
  if (by.chance(0.1)) return by.pick(otherForms)
  return by.chance(0.01) ? by.pick(badNumbers) : by.chance(0.5) ? String(by.between(-3, 12)) : by.pick(numbers)
}

/** Any value that the product might store. */
export function value(by: Random, depth = 0): AttributeValue {
  const kinds: [number, () => AttributeValue][] = [
    [5, () => ({ S: text(by) })],
    [5, () => ({ N: number(by) })],
    [1, () => ({ BOOL: by.chance(0.5) })],
    [0.5, () => ({ NULL: true })],
  ]
  if (depth < 3) {
    kinds.push([2, () => ({ M: record(by, by.between(0, 3), depth + 1) })])
    kinds.push([1, () => ({ L: Array.from({ length: by.between(0, 3) }, () => value(by, depth + 1)) })])
  }
  return by.weighed(kinds)()
}

function record(by: Random, size: number, depth: number): Stored {
  return Object.fromEntries(Array.from({ length: size }, () => [by.pick(['a', 'b', 'c', 'name', 'd']), value(by, depth)]))
}

/** A key of the table, now and then one that it does not take. */
export function key(by: Random): Stored {
  if (by.chance(0.005))
    return by.pick<Stored>([
      { pk: { S: '' }, sk: { S: 'a' } },
      { pk: { S: 'p' } },
      { pk: { N: '1' }, sk: { S: 'a' } },
      { pk: { S: 'p' }, sk: { S: 'a' }, more: { S: 'a' } },
      { pk: { S: 'p' }, sk: { S: 'é'.repeat(513) } },
    ])
  return { pk: { S: by.pick(partitions) }, sk: { S: by.pick(sorts) } }
}

/** Attributes that put an item in indexes: the same few places, so that many items share them. */
export function indexKeys(by: Random): Stored {
  const some: Stored = {}
  for (const [pk, sk] of [
    ['lpk', 'lsk'],
    ['opk', 'osk'],
    ['dpk', 'dsk'],
  ] as const) {
    if (!by.chance(0.5)) continue
    some[pk] = by.chance(0.004) ? { S: '' } : by.chance(0.004) ? { N: '1' } : { S: by.pick(indexPartitions) }
    if (!by.chance(0.1)) some[sk] = by.chance(0.004) ? { S: '' } : { S: by.pick(indexSorts) + String(by.between(0, 999_999)) }
  }
  return some
}
export const indexPartitions = ['deal#open#0', 'usr_1', 'due#warnings#0', 'due#warnings#1'] as const
const indexSorts = ['a', 'b', '2026-01-01#', '\u{1F600}', '\uFFFD'] as const

/** A sort key, or the beginning of one. */
export function sort(by: Random, ofIndex: boolean): string {
  const whole = by.pick<string>(ofIndex ? indexSorts : sorts)
  return by.chance(0.01) ? '' : by.chance(0.4) ? [...whole].slice(0, by.between(1, 4)).join('') : whole
}

/** A whole item. */
export function item(by: Random): Stored {
  const made: Stored = { ...key(by), ...indexKeys(by) }
  for (let count = by.between(0, 5); count > 0; count--) made[by.pick(fields)] = value(by)
  if (by.chance(0.7)) made['version'] = { N: String(by.between(0, 4)) }
  if (by.chance(0.5)) made['m'] = { M: record(by, by.between(0, 3), 1) }
  if (by.chance(0.3)) made['row'] = { M: record(by, by.between(0, 3), 1) }
  if (by.chance(0.004)) made['a'] = { S: 'x'.repeat(by.pick([409_000, 409_560, 409_600, 420_000])) }
  return made
}
