/**
 * Ids say where a record lives. A customer's id is `cus_` + key; a record that belongs to a customer is
 * `<prefix>_` + the customer's key + its own key, so any id leads to its item in one read.
 *
 * A key is 20 characters of base 62 in ASCII order: 8 of time (milliseconds), 12 random (70 bits), so keys
 * made later sort later.
 */
declare const noun: unique symbol

/** An id of one kind of record. Ids of different kinds do not mix: that is a compile error. */
export type Id<Noun extends string = string> = string & { readonly [noun]: Noun }

export const KEY_LENGTH = 20
const TIME_LENGTH = 8
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Where keys get their randomness: bytes from the system's source or a seeded one. */
export type RandomBytes = (size: number) => Uint8Array

/** A time as 8 base-62 characters that sort as the time does. @param ms milliseconds since 1970, at least 0 */
export function timeKey(ms: number): string {
  return base62(Math.max(0, Math.floor(ms)), TIME_LENGTH)
}

/** A new key for a moment: time first, then randomness. */
export function newKey(ms: number, random: RandomBytes): string {
  return timeKey(ms) + tailOf(random(10))
}

/** A key that the same digest (at least 10 bytes) always gives, for records whose identity comes from outside. */
export function keyOf(ms: number, digest: Uint8Array): string {
  return timeKey(ms) + tailOf(digest)
}

/** 12 characters from the first ten bytes: 35 bits for each half, the most that six base-62 characters hold. */
function tailOf(bytes: Uint8Array): string {
  return half(bytes, 0) + half(bytes, 5)
}

function half(bytes: Uint8Array, from: number): string {
  let value = (bytes[from] ?? 0) & 0b111
  for (let at = from + 1; at < from + 5; at++) value = value * 256 + (bytes[at] ?? 0)
  return base62(value, (KEY_LENGTH - TIME_LENGTH) / 2)
}

function base62(value: number, length: number): string {
  let rest = value
  let text = ''
  for (let at = 0; at < length; at++) {
    text = DIGITS.charAt(rest % DIGITS.length) + text
    rest = Math.floor(rest / DIGITS.length)
  }
  return text
}

/** The moment a key was made for, milliseconds since 1970. */
export function timeOfKey(key: string): number {
  let ms = 0
  for (const digit of key.slice(0, TIME_LENGTH)) ms = ms * DIGITS.length + DIGITS.indexOf(digit)
  return ms
}

/** An id from its prefix and keys. The caller names the noun; the prefix is the entity's. */
export function makeId<Noun extends string>(prefix: string, ...keys: string[]): Id<Noun> {
  return `${prefix}_${keys.join('')}` as Id<Noun>
}

/** The keys in an id: one for a record that stands alone, two (customer's, own) for one that belongs to a customer. */
export function keysOf(id: string): { prefix: string; first: string; second: string } {
  const cut = id.indexOf('_')
  const keys = id.slice(cut + 1)
  return { prefix: id.slice(0, cut), first: keys.slice(0, KEY_LENGTH), second: keys.slice(KEY_LENGTH) }
}

/** The customer's id that a record's id carries. */
export function customerIdIn(id: string): Id<'customer'> {
  return makeId<'customer'>('cus', keysOf(id).first)
}
