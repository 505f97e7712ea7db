import { isCommon, reversed, type Piece } from './fold.ts'
import type { Question, Term } from './question.ts'
import { headOf, partitionOf, ROW_BYTES, type Family, type Token } from './row.ts'
import { nearBucket, pairOf, SHORTEST_NEAR, SHORTEST_PART } from './token.ts'

/** A bounded read of one range of token rows. */
export interface Lookup {
  pk: string
  family: Family
  begins?: string
  from?: string
  to?: string
  descending?: boolean
  /** Rows, at most. */
  limit: number
  /** What is known when it was read to its end: all rows of a piece (`piece …`), of both pieces, of an id; or nothing. */
  covers: string
}

/** Begins what a lookup of one piece covers. */
export const PIECE = 'piece '

/** What one read unit of a row read pays for: 8 KB, eventually consistent. A query is counted in halves. */
const HALF_UNIT_BYTES = 4096
/** Halves of a read unit that a query's lookups take together, at most, however large the rows are. */
export const MOST_HALVES = 24

/** So many rows as fit into some halves of a read unit, even if each is as large as a row can be. */
const rowsIn = (family: Family, halves: number): number => Math.floor((halves * HALF_UNIT_BYTES) / ROW_BYTES[family])

/** What a lookup costs at most, in halves of a read unit. */
export const halvesOf = ({ family, limit }: Lookup): number => Math.ceil((limit * ROW_BYTES[family]) / HALF_UNIT_BYTES)

/** Which rows a query may need at all. */
export interface Wanted {
  customers: boolean
  /** Ids of other kinds: orders. */
  orders: boolean
  texts: boolean
  /** Of a caller who sees only some customers: whose. */
  groups: readonly string[]
}

/** Words that are looked up; the others are only compared. As many ids. */
const DRIVERS = 2

/**
 * The lookups of a question: all of them at once, and together at most {@link MOST_HALVES}, whatever is asked and however
 * common it is. Two words are looked up at most, the longest, since these are the rarest; all others are compared with what
 * the rows say.
 */
export function lookupsOf({ terms, pieces }: Question, wanted: Wanted): Lookup[] {
  const drivers = pieces.filter((piece) => headOf(piece.text) !== undefined).slice(0, DRIVERS)
  const [first, second] = drivers
  const names = !wanted.customers || !first ? [] : second ? ofTwo(first, second, wanted) : ofOne(first, wanted)
  const texts = !wanted.texts ? [] : drivers.filter(({ text, script }) => !isCommon(text) && (script === 'letters' || text.length > 1))
  return [
    ...names,
    ...idsOf(terms, wanted),
    ...texts.flatMap(({ text }, at) => lookup('text', { text }, texts.length === 1 ? 3 : at === 0 ? 2 : 1, PIECE + text)),
  ]
}

/** A lookup of the rows that begin with a token; none when it is too short. */
function lookup(family: Family, token: Omit<Token, 'family'>, halves: number, covers: string, range: Partial<Lookup> = {}): Lookup[] {
  const pk = partitionOf({ ...token, family })
  return pk === undefined ? [] : [{ pk, family, begins: token.text, limit: rowsIn(family, halves), covers, ...range }]
}

/** Whether a piece is long enough to be looked for inside of words. */
const isInside = ({ text, script }: Piece): boolean => text.length >= (script === 'signs' ? 2 : SHORTEST_PART)

function ofOne({ text, script }: Piece, { groups }: Wanted): Lookup[] {
  return [
    ...lookup('start', { text }, groups.length === 0 ? 5 : 4, PIECE + text),
    ...(isInside({ text, script }) ? lookup('part', { text }, 3, PIECE + text) : []),
    ...(script === 'letters' ? mistyped(text, groups[0]) : []),
    ...groups.flatMap((group, at) => lookup('group', { text, group }, at === 0 ? 2 : 1, 'group')),
  ]
}

/**
 * A word with one letter wrong is the same before it and after it. Wrong at its end, it lies beside the right one in the
 * alphabet; wrong at its beginning, it ends alike; wrong between, it begins and ends alike, and of those that do, the nearest in
 * the alphabet have the longest beginning in common.
 */
function mistyped(word: string, group: string | undefined): Lookup[] {
  if (word.length < SHORTEST_NEAR) return []
  const beside = (family: Family, more: Partial<Token>): Lookup[] =>
    [{ from: word }, { to: word, descending: true }].flatMap((range) =>
      lookup(family, { text: word, ...more }, 1, 'near', range).map(({ begins: _, ...rest }) => rest),
    )
  const ends = (from: number, first: string): Lookup[] =>
    word.length - from < SHORTEST_PART ? [] : lookup('part', { text: `${word.slice(from)} ${first}` }, 1, 'near')
  return [
    ...beside('start', {}),
    ...(group === undefined ? [] : beside('group', { group })),
    // The first letter wrong; the first two swapped; the second wrong, or swapped with the third.
    ...ends(1, ''),
    ...ends(2, word.charAt(1)),
    ...ends(word.length > SHORTEST_NEAR ? 3 : 2, word.charAt(0)),
    ...beside('near', { bucket: nearBucket(word) }),
  ]
}

function ofTwo(first: Piece, second: Piece, { groups }: Wanted): Lookup[] {
  const [a, b] = [first.text, second.text]
  const letters = first.script === 'letters' && second.script === 'letters'
  return [
    ...lookup('start', { text: a }, 2, PIECE + a),
    ...lookup('start', { text: b }, 1, PIECE + b),
    ...(isInside(first) ? lookup('part', { text: a }, 2, PIECE + a) : []),
    ...(isInside(second) ? lookup('part', { text: b }, 1, PIECE + b) : []),
    ...(letters ? together(a, b) : []),
    ...groups.slice(0, 1).flatMap((group) => lookup('group', { text: a, group }, 1, 'group')),
    ...groups.slice(0, 1).flatMap((group) => lookup('group', { text: b, group }, 1, 'group')),
  ]
}

/** Two words of one name: both as typed, in either order, and one right with the other mistyped after its first letter. */
function together(a: string, b: string): Lookup[] {
  const { bucket, words } = pairOf(a, b)
  const [begins] = words
  const known = a.slice(0, 2) !== b.slice(0, 2)
  return [
    ...lookup('pair', { text: begins, bucket }, 3, 'pair', known ? {} : { begins: '' }),
    ...lookup('start', { text: `${a} ${b}` }, 1, 'order'),
    ...lookup('start', { text: `${b} ${a}` }, 1, 'order'),
    ...lookup('start', { text: a + b }, 1, 'order'),
    ...lookup('start', { text: `${a} ${b.charAt(0)}` }, 2, 'order'),
    ...lookup('start', { text: `${b} ${a.charAt(0)}` }, 2, 'order'),
  ]
}

/** The terms most like an id: with digits or a sign of an address in them, else the longest. */
function idsOf(terms: readonly Term[], { customers, orders }: Wanted): Lookup[] {
  if (!customers && !orders) return []
  const likely = [...terms].sort((x, y) => Number(/[\d@]/.test(y.id)) - Number(/[\d@]/.test(x.id)) || y.id.length - x.id.length)
  const ids = likely.slice(0, DRIVERS).flatMap(({ id }) => (id.length < SHORTEST_PART ? [] : lookup('id', { text: id }, 1, 'id')))
  const number = terms.find(({ digits }) => digits !== '')
  if (!customers || !number) return ids
  return [...ids, ...lookup('digit', { text: reversed(number.abroad || number.digits) }, 1, 'id')]
}
