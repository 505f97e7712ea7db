import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { CsvReader, separatorOf } from '../../../infra/insight/csv.ts'
import { dayOf, isoDate } from '../../../infra/insight/day.ts'

function read(...chunks: string[]): string[][] {
  const reader = new CsvReader()
  const records = chunks.flatMap((chunk) => [...reader.read(chunk)])
  return [...records, ...reader.end()].map(({ fields }) => [...fields])
}

describe('CSV', () => {
  test('what is written by RFC 4180 is read back, however it is cut into chunks', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '客'), maxLength: 6 })
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
    fc.assert(
      fc.property(
        table,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.array(fc.nat(80), { maxLength: 6 }),
        (rows, end, last, cuts) => {
          const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join(end) + (last ? end : '')
          const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((p, q) => p - q), text.length]
          const chunks = edges.slice(1).map((edge, i) => text.slice(edges[i], edge))
          expect(read(...chunks)).toEqual(rows)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('plain fields, a byte order mark, empty lines and empty fields', () => {
    expect(read('\uFEFFa,b\r\n\r\n1,\r\n,2')).toEqual([
      ['a', 'b'],
      ['1', ''],
      ['', '2'],
    ])
    expect(read('')).toEqual([])
    expect(read('a "b" c,5" disk\n')).toEqual([['a "b" c', '5" disk']])
  })

  test('records know their line, and a quote never closed is refused with its line', () => {
    const reader = new CsvReader()
    expect([...reader.read('a\n"b\nc",\nd\n"e')].map(({ line }) => line)).toEqual([1, 2, 4])
    expect(() => [...reader.end()]).toThrow('line 5: a quote is never closed')
  })

  test('semicolons and tabs separate where the header has them, outside quotes', () => {
    expect(separatorOf('a,b;c\n1;2;3;4')).toBe(',')
    expect(separatorOf('"a,b,c";b;c\r\n')).toBe(';')
    expect(separatorOf('a\tb')).toBe('\t')
    expect(separatorOf('alone')).toBe(',')
    expect([...new CsvReader(';').read('a;b\n"1;2";3,50\n')].map(({ fields }) => fields)).toEqual([
      ['a', 'b'],
      ['1;2', '3,50'],
    ])
  })

  test('days are those of the calendar', () => {
    expect(dayOf('1970-01-02')).toBe(1)
    expect(dayOf('2010-12-01T08:26:00Z')).toBe(dayOf('2010-12-01'))
    expect(dayOf('2010/12/01')).toBe(dayOf('2010-12-01'))
    expect(dayOf('20101201')).toBe(dayOf('2010-12-01'))
    for (const text of ['2010-12/01', '201012-01', '1997-02-30', '1997-13-01', '97-01-01', '01/02/1997', '', '1997-01-01x'])
      expect(dayOf(text)).toBeUndefined()
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 40_000 }), (at) => {
        expect(dayOf(isoDate(at))).toBe(at)
      }),
    )
  })
})
