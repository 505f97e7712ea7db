import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { distance, similar } from '../../../domain/data/search/distance.ts'
import { docOf, type Doc } from '../../../domain/data/search/document.ts'
import { fold, piecesOf, squeezed } from '../../../domain/data/search/fold.ts'
import { readingOf } from '../../../domain/data/search/pinyin.ts'
import { halvesOf, lookupsOf, MOST_HALVES, type Lookup } from '../../../domain/data/search/plan.ts'
import type { Access } from '../../../domain/data/search/port.ts'
import { questionOf } from '../../../domain/data/search/question.ts'
import { keyOf, longKey, ROW_BYTES, rowIn, rowOf, shortKey, timeOf, type Token } from '../../../domain/data/search/row.ts'
import { isSeen } from '../../../domain/data/search/table-look.ts'
import { tokensOf, wordsOf } from '../../../domain/data/search/token.ts'
import type { Ctx } from '../../../domain/kernel/context.ts'
import { newKey } from '../../../domain/kernel/id.ts'
import { mayTouch } from '../../../domain/kernel/scope.ts'
import { oneApart } from '../../support/search-queries.ts'

const CUSTOMER = 'cus_0VbgtHg8Ni6ZcmKHmet3'
const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzéøß'), minLength: 2, maxLength: 12 })
const run = fc.string({ unit: fc.constantFrom(...'王李张小明伟芳欧阳娜上海'), minLength: 2, maxLength: 6 })
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.oneof(word, run), { maxLength: 8 }).map((words) => words.join(' ')),
)
const docNamed = (name: string, more: Partial<Doc> = {}): Doc => ({
  id: CUSTOMER,
  title: name,
  names: [name],
  identities: [],
  texts: [],
  ...more,
})

/** Whether a lookup's range holds a token's key. */
function reaches({ pk, begins, from, to }: Lookup, token: Token): boolean {
  const key = keyOf(token, CUSTOMER)
  const within =
    (begins === undefined || key.sk.startsWith(begins)) && (from === undefined || key.sk >= from) && (to === undefined || key.sk <= to)
  return key.pk === pk && within
}

const found = (tokens: readonly Token[], text: string): boolean =>
  lookupsOf(questionOf(text), { customers: true, orders: true, texts: true, groups: [] }).some((lookup) =>
    tokens.some((token) => reaches(lookup, token)),
  )

describe('texts are made alike', () => {
  test('without accents, case and widths', () => {
    expect(fold('Ångström Łukasz Søren ＡＢＣ Straße Œuvre İ ﬁ')).toBe('angstrom lukasz soren abc strasse oeuvre i fi')
    expect(fold('각 ガ 王')).toBe('각 ガ 王')
    expect(piecesOf('O’Brien-Smith 王小明 (Tony)').map(({ text }) => text)).toEqual(['obrien', 'smith', '王小明', 'tony'])
    expect(squeezed(' PO-2026/000 017 ')).toBe('po2026000017')
  })

  test('folding twice changes nothing, and the pieces of a folded text are the same', () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(fold(fold(text))).toBe(fold(text))
        expect(piecesOf(fold(text))).toEqual(piecesOf(text))
      }),
    )
  })
})

describe('what a name is found by', () => {
  test('the beginning of any word, and any three letters inside of one', () => {
    const wanted = fc.record({ words: fc.array(word, { minLength: 1, maxLength: 3 }), which: fc.nat(), from: fc.nat(), length: fc.nat() })
    fc.assert(
      fc.property(wanted, ({ words, which, from, length }) => {
        const { tokens } = tokensOf(docNamed(words.join(' ')))
        const asked = fold(words[which % words.length] ?? '')
        expect(found(tokens, asked.slice(0, Math.max(2, length % (asked.length + 1))))).toBe(true)
        const start = from % Math.max(1, asked.length - 2)
        expect(found(tokens, asked.slice(start, start + 3 + (length % asked.length)))).toBe(true)
      }),
    )
  })

  test('two of its words in either order, each cut anywhere after its second letter', () => {
    fc.assert(
      fc.property(word, word, fc.nat(), fc.nat(), (one, other, cutOne, cutOther) => {
        const { tokens } = tokensOf(docNamed(`${one} ${other}`))
        const [a, b] = [fold(one), fold(other)]
        const asked = `${b.slice(0, 2 + (cutOther % (b.length - 1)))} ${a.slice(0, 2 + (cutOne % (a.length - 1)))}`
        const pairs = lookupsOf(questionOf(asked), { customers: true, orders: false, texts: false, groups: [] }).filter(
          ({ covers }) => covers === 'pair',
        )
        const alike = piecesOf(asked).length < 2 || a === b
        expect(alike || pairs.some((lookup) => tokens.some((token) => reaches(lookup, token)))).toBe(true)
      }),
    )
  })

  test('any two or more signs that stand together', () => {
    fc.assert(
      fc.property(run, fc.nat(), fc.nat(), (name, from, length) => {
        const { tokens } = tokensOf(docNamed(name))
        const start = from % (name.length - 1)
        expect(found(tokens, name.slice(start, start + 2 + (length % name.length)))).toBe(true)
      }),
    )
  })

  test.each([
    ['王小明', { full: 'wangxiaoming', turned: 'xiaomingwang', initials: 'wxm' }],
    ['欧阳娜娜', { full: 'ouyangnana', turned: 'nanaouyang', initials: 'oynn' }],
    ['单雄信', { full: 'shanxiongxin', turned: 'xiongxinshan', initials: 'sxx' }],
    ['吕布', { full: 'lvbu', turned: 'bulv', initials: 'lb' }],
    ['上海光学仪器', { full: 'shanghaiguangxueyiqi', initials: 'shgxyq' }],
    ['Ada Lovelace', undefined],
  ])('%s as it is typed in letters', async (name, reading) => {
    expect(await readingOf(name)).toEqual(reading)
  })

  test('the domain of its mail, but not one that everybody has', () => {
    const tokens = tokensOf(
      docNamed('A', {
        identities: [
          { kind: 'email', value: 'a.b@acme.com' },
          { kind: 'email', value: 'ab@gmail.com' },
        ],
      }),
    ).tokens
    expect(tokens.filter(({ family }) => family === 'id').map(({ text }) => text)).toEqual(['ab@acmecom', 'acmecom', 'ab@gmailcom'])
  })

  test('a mistyped word, by what is right of it', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'abcdefghij'), minLength: 7, maxLength: 9 })
    fc.assert(
      fc.property(letters, fc.nat(), fc.constantFrom('x', ''), (name, at, instead) => {
        const wrong = at % name.length
        const { tokens } = tokensOf(docNamed(name))
        expect(found(tokens, name.slice(0, wrong) + instead + name.slice(wrong + 1))).toBe(true)
      }),
    )
  })
})

describe('bounds', () => {
  test('no record has more rows than it may, none of them larger than its family allows, all with keys of their own', () => {
    const long = fc
      .array(fc.oneof(word, run, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })), { maxLength: 60 })
      .map((words) => words.join(' '))
    const made = fc.record({ name: long, other: long, text: long, body: long, mail: word, family: fc.constantFrom('cus', 'msg') })
    fc.assert(
      fc.property(made, ({ name, other, text, body, mail, family }) => {
        const id = family === 'cus' ? CUSTOMER : `msg_${'0VbgtHg8Ni6ZcmKHmet3'.repeat(3)}`
        const doc = docNamed(name, {
          id,
          names: family === 'cus' ? [name, other] : [],
          texts: family === 'cus' ? [] : [text, body],
          identities: family === 'cus' ? [{ kind: 'email', value: `${mail}@${mail}.com` }] : [],
          ownerId: `usr_${'0'.repeat(20)}`,
          teamId: `tea_${'0'.repeat(20)}`,
          responsibleId: `usr_${'0'.repeat(20)}`,
        })
        const { tokens, common } = tokensOf(doc)
        const rows = tokens.map((token) => rowOf(token, id, family === 'cus' ? { ...common, r: '' } : common))
        expect(rows.length).toBeLessThanOrEqual(family === 'cus' ? 52 : 40)
        expect(new Set(rows.map(({ pk, sk }) => `${pk} ${sk}`)).size).toBe(rows.length)
        for (const [at, row] of rows.entries()) {
          const bytes = Object.entries(row).reduce((sum, [field, value]) => sum + field.length + Buffer.byteLength(String(value)), 0)
          expect(bytes).toBeLessThanOrEqual(ROW_BYTES[tokens[at]?.family ?? 'start'])
        }
      }),
    )
  })

  test('no question costs more than 12 read units, whatever it is and however large the rows are', () => {
    fc.assert(
      fc.property(anything, fc.boolean(), fc.constantFrom(0, 1, 2), (text, texts, groups) => {
        const lookups = lookupsOf(questionOf(text), { customers: true, orders: true, texts, groups: ['tea_1', 'usr_1'].slice(0, groups) })
        expect(lookups.reduce((sum, lookup) => sum + halvesOf(lookup), 0)).toBeLessThanOrEqual(MOST_HALVES)
        expect(lookups.every(({ limit }) => limit > 0)).toBe(true)
      }),
    )
    expect(MOST_HALVES / 2).toBe(12)
  })

  test('the words of a long text that count are the first text’s, then the longest', () => {
    const { rows, words } = wordsOf(['Refund for the loom', 'It is a very extraordinary machine, and it broke on a Tuesday.'])
    expect(words.split(' ')).toEqual(['refund', 'loom', 'extraordinary', 'machine', 'tuesday', 'broke', 'very'])
    expect(rows).toEqual(words.split(' '))
    expect(wordsOf([Array.from({ length: 500 }, (_, n) => `word${n}`).join(' ')]).rows.length).toBeLessThanOrEqual(40)
    expect(wordsOf(['客户要求退款'.repeat(40)]).rows.length).toBeLessThanOrEqual(40)
  })
})

describe('keys', () => {
  test('come back whole from their short form, and rows from their items', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(CUSTOMER, `int_${'0VbgtHg8Ni6ZcmKHmet3'.repeat(2)}`), (text, id) => {
        const doc = docNamed(text, {
          id,
          texts: [text],
          ownerId: 'usr_1',
          identities: [
            { kind: 'external', value: text },
            { kind: 'phone', value: '+4420794600' },
          ],
        })
        const { tokens, common } = tokensOf(doc)
        for (const token of tokens) {
          const key = keyOf(token, id)
          expect(longKey(shortKey(key, id), id)).toEqual(key)
          expect(rowIn(rowOf(token, id, common))).toMatchObject({ id, family: token.family, token: token.text, o: 'usr_1' })
        }
      }),
    )
  })

  test('of texts sort the latest first', () => {
    const at = (ms: number) => `int_${'0'.repeat(20)}${newKey(ms, (size) => new Uint8Array(size))}`
    const [earlier, later] = [at(1_700_000_000_000), at(1_800_000_000_000)]
    expect(timeOf(later)).toBe(1_800_000_000_000)
    const keys = [earlier, later].map((id) => keyOf({ family: 'text', text: 'loom' }, id).sk)
    expect([...keys].sort()).toEqual(keys.toReversed())
  })
})

/** Edits between two words, neighbours swapped counting once: the textbook's table, whole. */
function edits(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (__, j) => (i === 0 ? j : j === 0 ? i : 0)))
  const at = (i: number, j: number): number => d[i]?.[j] ?? Infinity
  for (const [i, row] of d.entries()) {
    for (let j = 1; i > 0 && j <= b.length; j++) {
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(at(i, j), at(i - 2, j - 2) + 1)
    }
  }
  return at(a.length, b.length)
}

test('a distance is that of the textbook’s whole table, as far as it is asked for', () => {
  const short = fc.string({ unit: fc.constantFrom(...'abc'), maxLength: 7 })
  fc.assert(
    fc.property(short, short, (one, other) => {
      const apart = edits(one, other)
      expect(distance(one, other, 2)).toBe(Math.min(3, apart))
      expect(oneApart(one, other)).toBe(apart === 1)
    }),
  )
  expect(similar('jonh', 'john')).toBe(true)
  expect(similar('jon', 'john')).toBe(false)
})

test('a row is seen by those who may find its record, and by nobody else', () => {
  const person = fc.constantFrom(undefined, 'usr_a', 'usr_b', 'usr_c')
  const teamed = fc.constantFrom(undefined, 'tea_1', 'tea_2')
  const record = fc.record({ o: person, m: teamed, r: person, scope: fc.constantFrom('own' as const, 'team' as const), teamId: teamed })
  fc.assert(
    fc.property(record, ({ o, m, r, scope, teamId }) => {
      const actor = { kind: 'user' as const, id: 'usr_a', team: ['usr_a', 'usr_b'], roles: [], ...(teamId && { teamId }) }
      const ctx = { actor, scope } as unknown as Ctx
      const access: Access = {
        people: scope === 'team' ? actor.team : ['usr_a'],
        groups: [],
        ...(scope === 'team' && teamId && { teamId }),
      }
      const file = { ...(o && { ownerId: o }), ...(m && { teamId: m }) }
      const seen = isSeen({ id: `tic_${'0'.repeat(40)}`, ...(o && { o }), ...(m && { m }), ...(r && { r }) }, new Map([['ticket', access]]))
      expect(seen).toBe(mayTouch(ctx, { noun: 'ticket', home: 'customer', responsible: 'assigneeId' }, r ? { assigneeId: r } : {}, file))
    }),
  )
})

test('what is deleted, erased or of a customer who is has no document', () => {
  const note = { noun: 'interaction', id: `int_${'0'.repeat(40)}`, body: 'x' }
  expect(docOf(note, {})).toMatchObject({ texts: ['x'] })
  for (const gone of [{ deletedAt: '2026-01-01' }, { erasedAt: '2026-01-01' }]) {
    expect(docOf({ ...note, ...gone }, {})).toBeUndefined()
    expect(docOf(note, gone)).toBeUndefined()
  }
  expect(docOf(note, undefined)).toBeUndefined()
})
