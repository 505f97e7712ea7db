import type { FieldType } from './field.ts'

/** What a clause can ask. */
export const ops = [
  'is',
  'one_of',
  'contains',
  'starts_with',
  'has',
  'has_any',
  'has_all',
  'at_least',
  'at_most',
  'more_than',
  'less_than',
  'between',
  'before',
  'after',
  'within_last',
  'longer_ago',
  'within_next',
  'anniversary_within',
  'is_set',
  'is_empty',
] as const
export type Op = (typeof ops)[number]

const presence = ['is_set', 'is_empty'] as const
const order = ['at_least', 'at_most', 'more_than', 'less_than', 'between'] as const
const calendar = ['before', 'after', 'between'] as const

/** What may be asked of a field of a type. */
export function opsOf(type: FieldType): readonly Op[] {
  switch (type) {
    case 'text':
      return ['is', 'one_of', 'contains', 'starts_with', ...presence]
    case 'choice':
      return ['is', 'one_of', ...presence]
    case 'list':
      return ['has', 'has_any', 'has_all', ...presence]
    case 'number':
    case 'money':
    case 'share':
      return ['is', ...order, ...presence]
    case 'boolean':
      return ['is', ...presence]
    case 'date':
      return ['is', ...calendar, 'within_last', 'longer_ago', 'within_next', 'anniversary_within', ...presence]
    case 'birthday':
      return ['is', ...calendar, 'anniversary_within', ...presence]
  }
}

/** What a clause with an operator has to say besides: a value, several, two that rise, a number of days, nothing. */
export type Operand = 'one' | 'many' | 'pair' | 'days' | 'none'

export function operandOf(op: Op): Operand {
  switch (op) {
    case 'one_of':
    case 'has_any':
    case 'has_all':
      return 'many'
    case 'between':
      return 'pair'
    case 'within_last':
    case 'longer_ago':
    case 'within_next':
    case 'anniversary_within':
      return 'days'
    case 'is_set':
    case 'is_empty':
      return 'none'
    default:
      return 'one'
  }
}

/** Most days an operator looks ahead or back. A birthday comes round within a year. */
export const MOST_DAYS: Readonly<Partial<Record<Op, number>>> = {
  within_last: 3_650,
  longer_ago: 3_650,
  within_next: 3_650,
  anniversary_within: 180,
}
