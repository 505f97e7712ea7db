import { keysOf, KEY_LENGTH, timeKey, timeOfKey } from '../../kernel/id.ts'
import type { Item, Key } from '../../kernel/table/table.ts'

/**
 * Token rows. A row is one way to find one record: its sort key begins with what may be typed, and it carries what is shown
 * and who may see it, so that a query needs no second look.
 *
 * | family | sort key begins with | found by |
 * |---|---|---|
 * | start | a name from one of its words on, round to the word before | the beginning of a word; whole words in order |
 * | part | a word from its second letter on, and so forth, then its first letter | the inside of a word |
 * | pair | two words of a name | the beginnings of two words |
 * | near | a word, beside those that begin and end alike | a word with a mistyped middle |
 * | id | an email, order number, external id | its beginning |
 * | digit | a phone number, backwards | its end |
 * | text | a word of a text, then the time backwards | its beginning, newest first |
 * | group | as start, of one team's (or, without a team, one manager's) customers alone | who sees only these |
 *
 * The partition key holds the first letters, so that no partition holds much of the index.
 */
export type Family = 'start' | 'part' | 'pair' | 'near' | 'id' | 'digit' | 'text' | 'group'

const LETTER: Readonly<Record<Family, string>> = {
  start: 'n',
  part: 'p',
  pair: '2',
  near: 'f',
  id: 'i',
  digit: 'd',
  text: 't',
  group: 'g',
}
const PARTITION = 'find#'
/** Ends a token in a sort key: sorts before every letter, so whole words come first. */
export const END = '#'

/** Longest parts of a row. Bytes. Together with ids they bound a row, and so the cost of a query: see {@link ROW_BYTES}. */
export const CUT = { token: 32, idToken: 48, title: 48, titleAndAlias: 72, words: 200 } as const
/** The largest row of a family. Bytes, as DynamoDB counts them: names and values of attributes. */
export const ROW_BYTES: Readonly<Record<Family, number>> = {
  start: 224,
  part: 224,
  pair: 240,
  near: 224,
  id: 272,
  digit: 240,
  text: 480,
  group: 272,
}

const SIGN = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
const HEAD_LETTERS = 2

/** The part of a token that its partition is named after: one sign, or two letters. Shorter tokens cannot be looked up. */
export function headOf(token: string): string | undefined {
  if (SIGN.test(token)) return [...token][0]
  const head = [...token].slice(0, HEAD_LETTERS).join('')
  return [...head].length < HEAD_LETTERS || head.includes(' ') ? undefined : head
}

/** A way to find one record. */
export interface Token {
  family: Family
  text: string
  /** Of `pair` and `near`: what names the partition, besides the text. */
  bucket?: string
  /** Of `group`: whose customers. */
  group?: string
  /** Of `id`: of which kind, one letter. */
  kind?: string
}

/** The partition of a token; undefined for one too short to be looked up. */
export function partitionOf({ family, text, bucket, group }: Token): string | undefined {
  const head = bucket ?? headOf(text)
  return head === undefined ? undefined : `${PARTITION}${LETTER[family]}${group ?? ''}#${head}`
}

/** What stands behind the token in a record's sort keys. */
function tailOf(family: string, id: string): string {
  return family === LETTER.text ? `${END}${newestFirst(id)}${END}${id}` : `${END}${id}`
}

/** A time as characters that sort the latest first. */
function newestFirst(id: string): string {
  return timeKey(LATEST - timeOf(id))
}
/** Beyond all times that fit into a key. Milliseconds. */
const LATEST = 62 ** 8 - 1

/** When what an id names happened or was opened, by its own key. Milliseconds. */
export function timeOf(id: string): number {
  const { first, second } = keysOf(id)
  return timeOfKey(second.slice(-KEY_LENGTH) || first)
}

/** What all rows of a record carry beside their token. */
export interface Common {
  /** Title. */
  t: string
  /** Other words of its name: how it is read. */
  a?: string
  /** All words of a text that have a row. */
  w?: string
  /** Account manager, team, responsible. */
  o?: string
  m?: string
  r?: string
}

/** The item of a token. */
export function rowOf(token: Token, id: string, common: Common): Item & Key {
  return { ...keyOf(token, id), ...common, ...(token.kind && { k: token.kind }) }
}

export function keyOf(token: Token, id: string): Key {
  return { pk: partitionOf(token) ?? '', sk: `${token.text}${tailOf(LETTER[token.family], id)}` }
}

/** A token's key in the short form in which a record's register lists it: without what all its keys share. */
export function shortKey({ pk, sk }: Key, id: string): string {
  return `${pk.slice(PARTITION.length)} ${sk.slice(0, -tailOf(pk.charAt(PARTITION.length), id).length)}`
}
export function longKey(short: string, id: string): Key {
  const cut = short.indexOf(' ')
  const family = short.charAt(0)
  return { pk: PARTITION + short.slice(0, cut), sk: short.slice(cut + 1) + tailOf(family, id) }
}

/** A row as it is read. */
export interface Row extends Common {
  id: string
  family: Family
  token: string
  kind?: string
}

const families = new Map(Object.entries(LETTER).map(([family, letter]) => [letter, family as Family]))

export function rowIn(item: Item): Row {
  const [pk, sk] = [String(item['pk']), String(item['sk'])]
  const [token = ''] = sk.split(END)
  const { t, a, w, o, m, r, k } = item as unknown as Common & { k?: string }
  return {
    id: sk.slice(sk.lastIndexOf(END) + 1),
    family: families.get(pk.charAt(PARTITION.length)) ?? 'start',
    token,
    t,
    ...(a !== undefined && { a }),
    ...(w !== undefined && { w }),
    ...(o !== undefined && { o }),
    ...(m !== undefined && { m }),
    ...(r !== undefined && { r }),
    ...(k !== undefined && { kind: k }),
  }
}
