import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, test } from 'vitest'
import { itemIn, stored } from '../../../domain/kernel/table/attribute.ts'
import fc from '../../support/property.ts'

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.maxSafeInteger(),
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
)
/** The SDK's converter takes a field `__proto__` for the prototype. */
const name = fc.string({ maxLength: 8 }).filter((one) => one !== '__proto__')
const { item } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
  item: fc.dictionary(name, tie('value'), { maxKeys: 6 }),
}))

describe('an item in the table’s form', () => {
  test('is what the SDK’s own converter makes of it, and is read back as that reads it', () => {
    fc.assert(
      fc.property(item, (one) => {
        const theirs = marshall(one, { removeUndefinedValues: true })
        expect(stored(one as object)).toEqual(theirs)
        expect(itemIn(theirs)).toEqual(unmarshall(theirs))
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['a number that is none', { x: Number.NaN }],
    ['one without end', { x: -Infinity }],
    ['one beyond those counted exactly', { x: 2 ** 53 }],
    ['a date', { x: new Date(0) }],
    ['a set', { x: new Set(['a']) }],
    ['a function', { x: () => 1 }],
    ['a big integer', { x: 1n }],
  ])('refuses %s, wherever it is', (_, one) => {
    expect(() => stored(one)).toThrow(/keeps no|beyond/)
    expect(() => stored({ list: [{ one }] })).toThrow(/keeps no|beyond/)
  })

  test('is not read with a number that would be read as another, nor with a kind that the store never writes', () => {
    expect(() => itemIn({ x: { N: '99999999999999999999.5' } })).toThrow(RangeError)
    expect(() => itemIn({ x: { SS: ['a'] } })).toThrow('SS')
  })
})
