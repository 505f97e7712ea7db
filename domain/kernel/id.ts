/**
 * Ids say where a record lives. A customer's id is `cus_` + key; a record that belongs to a customer is
 * `<prefix>_` + the customer's key + its own key, so any id leads to its item in one read.
 *
 * A key is 20 characters of base 62 in ASCII order: 8 of time (milliseconds), 12 random (71 bits), so keys
 * made later sort later.
 */
declare const noun: unique symbol

/** An id of one kind of record. Ids of different kinds do not mix: that is a compile error. */
export type Id<Noun extends string = string> = string & { readonly [noun]: Noun }

export const KEY_LENGTH = 20
const TIME_LENGTH = 8
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = BigInt(DIGITS.length)

/** Where keys get their randomness: 16 bytes a call, from the system's source or a seeded one. */
export type RandomBytes = (size: number) => Uint8Array

/** A time as 8 base-62 characters that sort as the time does. @param ms milliseconds since 1970, at least 0 */
export function timeKey(ms: number): string {
  let rest = Math.max(0, Math.floor(ms))
  let text = ''
  for (let i = 0; i < TIME_LENGTH; i++) {
    text = DIGITS.charAt(rest % DIGITS.length) + text
    rest = Math.floor(rest / DIGITS.length)
  }
  return text
}

/** A new key for a moment: time first, then randomness. */
export function newKey(ms: number, random: RandomBytes): string {
  return timeKey(ms) + base62(random(9))
}

/** A key that the same text always gives, for records whose identity comes from outside. */
export function keyOf(ms: number, digest: Uint8Array): string {
  return timeKey(ms) + base62(digest.subarray(0, 9))
}

function base62(bytes: Uint8Array): string {
  let rest = 0n
  for (const byte of bytes) rest = rest * 256n + BigInt(byte)
  let text = ''
  for (let i = 0; i < KEY_LENGTH - TIME_LENGTH; i++) {
    text = DIGITS.charAt(Number(rest % BASE)) + text
    rest /= BASE
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
