import { pinyin } from 'pinyin-pro'
import type { MadeUp } from './names.ts'

/**
 * Questions about made-up customers, and their answers by a plain scan that shares nothing with the index: what people type
 * of a name, an email, a number, with the mistakes they make.
 */

export interface Query {
  sort: string
  text: string
}

const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/['’]/g, '')
    .toLowerCase()
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
const hasSigns = (text: string): boolean => /\p{Script=Han}/u.test(text)

/** A customer as a scan sees them. */
export interface Scanned {
  at: number
  words: string[]
  signs: string
  readings: string[]
  email: string
  /** Of the address, letters and digits alone; '' for one that everybody has. */
  domain: string
  phone: string
  externalId: string
}

export function scannedOf({ name, email, phone, externalId }: MadeUp, at: number): Scanned {
  const words = fold(name)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
  const signs = hasSigns(name) ? name : ''
  const syllables = signs === '' ? [] : pinyin(signs, { toneType: 'none', type: 'array', surname: 'head', v: true })
  const family = ['欧阳', '诸葛', '上官'].includes(signs.slice(0, 2)) ? 2 : 1
  const turned =
    syllables.length < 5 && syllables.length > family ? [[...syllables.slice(family), ...syllables.slice(0, family)].join('')] : []
  const readings = signs === '' ? [] : [syllables.join(''), syllables.map((one) => one.charAt(0)).join(''), ...turned]
  const domain = email.slice(email.indexOf('@') + 1).replaceAll('.', '')
  return {
    at,
    words: signs === '' ? words : [],
    signs,
    readings,
    email,
    domain: FREE.includes(domain) ? '' : domain,
    phone,
    externalId: externalId.toLowerCase(),
  }
}

/** Whether one letter too many, missing or wrong, or two neighbours swapped, is all that two words differ by. */
export function oneApart(a: string, b: string): boolean {
  let [from, toA, toB] = [0, a.length, b.length]
  while (from < toA && from < toB && a[from] === b[from]) from++
  while (toA > from && toB > from && a[toA - 1] === b[toB - 1]) [toA, toB] = [toA - 1, toB - 1]
  const [restA, restB] = [a.slice(from, toA), b.slice(from, toB)]
  if (restA.length + restB.length === 1 || (restA.length === 1 && restB.length === 1)) return true
  return restA.length === 2 && restA.charAt(1) + restA.charAt(0) === restB
}

/** Domains that say nothing of their holder. */
const FREE = ['gmailcom', 'qqcom', '163com', 'outlookcom', 'hotmailcom', 'yahoocom']

/** How well a customer answers: exactly, beginning so, having it inside, mistyped; not at all. */
const [EXACT, BEGINS, INSIDE, MISTYPED, NOT] = [0, 1, 2, 3, Infinity] as const

type Grade = (one: Scanned) => number

function gradeOfWord(asked: string, word: string): number {
  if (word === asked) return EXACT
  if (word.startsWith(asked)) return BEGINS
  if (asked.length >= 3 && word.includes(asked)) return INSIDE
  return asked.length >= 4 && Math.abs(word.length - asked.length) < 2 && oneApart(asked, word) ? MISTYPED : NOT
}

/** How well names answer one word; many customers have the same words, so each is compared once. */
function namedBy(asked: string): Grade {
  if (hasSigns(asked)) {
    const several = [...asked].length > 1
    return ({ signs }) => (signs === asked ? EXACT : signs.startsWith(asked) ? BEGINS : several && signs.includes(asked) ? INSIDE : NOT)
  }
  const known = new Map<string, number>()
  const ofWord = (word: string): number => {
    const grade = known.get(word) ?? gradeOfWord(asked, word)
    known.set(word, grade)
    return grade
  }
  const ofReading = (reading: string): number => (reading === asked ? EXACT : reading.startsWith(asked) ? BEGINS : NOT)
  return ({ words, readings }) => {
    let least = NOT as number
    for (const word of words) least = Math.min(least, ofWord(word))
    for (const reading of readings) least = Math.min(least, ofReading(reading))
    return least
  }
}

function identifiedBy(asked: string): Grade {
  if (asked.length < 3 || hasSigns(asked)) return () => NOT
  const domain = asked.replaceAll('.', '')
  const isNumber = /^\d{4,}$/.test(asked)
  return (one) => {
    if (one.email.startsWith(asked) || one.externalId.startsWith(asked) || (one.domain !== '' && one.domain.startsWith(domain)))
      return BEGINS
    return isNumber && one.phone.endsWith(asked) ? INSIDE : NOT
  }
}

/** How well a customer answers what stood between two spaces: as a whole, or by all its parts. */
function gradedBy(asked: string): Grade {
  const parts = asked.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '')
  const ways = [namedBy(asked), identifiedBy(asked)]
  if (parts.length > 1) {
    const each = parts.map(namedBy)
    ways.push((one) => Math.max(...each.map((grade) => grade(one))))
  }
  return (one) => Math.min(...ways.map((grade) => grade(one)))
}

/**
 * All customers who answer every word, with the worst of their grades; and those of them that must be shown: who answers but
 * for a mistyped letter, only where nobody answers as typed.
 */
export function scan(customers: readonly Scanned[], text: string): { found: Map<number, number>; due: Map<number, number> } {
  const grades = fold(text).split(' ').map(gradedBy)
  const found = new Map<number, number>()
  for (const one of customers) {
    let worst = 0
    for (const grade of grades) if (worst < NOT) worst = Math.max(worst, grade(one))
    if (worst < NOT) found.set(one.at, worst)
  }
  const asTyped = new Map([...found].filter(([, worst]) => worst < MISTYPED))
  return { found, due: asTyped.size > 0 ? asTyped : found }
}

type Random = () => number
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
const between = (random: Random, least: number, most: number): number => least + Math.floor(random() * (most - least + 1))
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** A word with one letter wrong, left out, too many, or two swapped. */
function mistyped(random: Random, word: string): string {
  const at = between(random, 0, word.length - 2)
  const kinds = [
    () => word.slice(0, at) + word.slice(at + 1),
    () => word.slice(0, at) + pick(random, [...LETTERS]) + word.slice(at),
    () => word.slice(0, at) + pick(random, [...LETTERS]) + word.slice(at + 1),
    () => word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2),
  ]
  const wrong = pick(random, kinds)()
  return wrong === word ? mistyped(random, word) : wrong
}

type Maker = (random: Random, one: MadeUp, words: string[]) => string | undefined
const short = (random: Random, word: string): string => word.slice(0, between(random, Math.min(3, word.length), word.length))

/** Ways in which people look for someone they know, and how often each. */
const makers: readonly [string, number, Maker][] = [
  ['whole name', 50, (_, one, words) => (words.length > 1 ? one.name : undefined)],
  ['words turned', 40, (_, __, words) => (words.length > 1 ? words.toReversed().join(' ') : undefined)],
  ['beginning of a word', 60, (random, _, words) => (words.length > 1 ? short(random, pick(random, words)) : undefined)],
  [
    'two beginnings',
    50,
    (random, _, words) =>
      words.length === 2
        ? words
            .toReversed()
            .map((word) => short(random, word))
            .join(' ')
        : undefined,
  ],
  ['inside of a word', 45, (random, _, words) => insideOf(random, words.length > 1 ? pick(random, words) : '')],
  ['two insides', 10, (random, _, words) => (words.length === 2 ? joined(words.map((word) => insideOf(random, word))) : undefined)],
  ['Chinese name', 40, (_, one) => (hasSigns(one.name) ? one.name : undefined)],
  ['part of a Chinese name', 45, (_, one) => (hasSigns(one.name) && one.name.length > 2 ? one.name.slice(1, 3) : undefined)],
  ['Chinese surname', 8, (_, one) => (hasSigns(one.name) ? one.name.slice(0, 1) : undefined)],
  ['pinyin', 20, (_, one) => (hasSigns(one.name) && one.name.length < 5 ? scannedOf(one, 0).readings[0] : undefined)],
  ['pinyin initials', 12, (_, one) => (hasSigns(one.name) && one.name.length === 3 ? scannedOf(one, 0).readings[1] : undefined)],
  ['email', 25, (random, one) => one.email.slice(0, between(random, 5, one.email.length))],
  ['end of a phone number', 25, (random, one) => one.phone.slice(-between(random, 4, 9))],
  ['external id', 10, (_, one) => one.externalId],
  ['one word mistyped', 25, (random, _, words) => wrongOne(random, words.filter((word) => word.length > 4).slice(-1))],
  ['name with a word mistyped', 25, (random, _, words) => (words.length === 2 ? wrongOne(random, words) : undefined)],
  ['very common', 10, (random) => pick(random, ['li', 'wang', 'smith', 'john', 'wei', '王', '李', 'ma', 'jo', 'an'])],
]

const joined = (parts: (string | undefined)[]): string | undefined => (parts.includes(undefined) ? undefined : parts.join(' '))

function insideOf(random: Random, word: string): string | undefined {
  if (word.length < 5) return undefined
  const from = between(random, 1, word.length - 3)
  return word.slice(from, from + between(random, 3, word.length - from))
}

function wrongOne(random: Random, words: readonly string[]): string | undefined {
  const long = words.filter((word) => word.length > 3)
  if (long.length === 0) return undefined
  const wrong = pick(random, long)
  return words.map((word) => (word === wrong ? mistyped(random, word) : word)).join(' ')
}

/** So many questions about these customers. */
export function queriesOf(customers: readonly MadeUp[], count: number, random: Random): Query[] {
  const total = makers.reduce((sum, [, share]) => sum + share, 0)
  return makers.flatMap(([sort, share]) => {
    const make = makers.find(([name]) => name === sort)?.[2]
    return Array.from({ length: Math.round((count * share) / total) }, () => ({ sort, text: asked(customers, random, make) }))
  })
}

function asked(customers: readonly MadeUp[], random: Random, make: Maker | undefined): string {
  for (;;) {
    const one = pick(random, customers)
    const words = hasSigns(one.name) ? [] : scannedOf(one, 0).words
    const text = make?.(random, one, words)
    if (text !== undefined && text !== '') return text
  }
}
