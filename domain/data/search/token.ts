import { once } from '../../kernel/action.ts'
import type { Doc, IdentityKind } from './document.ts'
import { cutToBytes, digitsOf, isCommon, piecesOf, reversed, runsOf, squeezed, type Piece } from './fold.ts'
import type { Reading } from './pinyin.ts'
import { CUT, partitionOf, type Common, type Token } from './row.ts'

/** Most tokens of a kind for one record: a long company name is found by its first words. */
const MOST = { start: 8, part: 24, pair: 6, near: 6, group: 4, text: 40 } as const
/** Words of a name that are paired with each other. */
const PAIRED = 4
/** A part inside a word has at least so many letters; with fewer, too many words have it. */
export const SHORTEST_PART = 3
/** Shorter words are not looked up by how they begin and end. */
export const SHORTEST_NEAR = 5
/** A phone's end has at least so many digits. */
export const SHORTEST_DIGITS = 4

/** Mail that says nothing of where someone works: its domain would find half the customers, so it finds none. */
const everybodys = once(
  () =>
    new Set(
      'gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com me.com aol.com gmx.de gmx.net web.de proton.me protonmail.com mail.ru yandex.ru qq.com 163.com 126.com yeah.net sina.com foxmail.com 139.com'
        .split(' ')
        .map(squeezed),
    ),
)

/** Whether a squeezed domain is one that everybody's mail has. */
export function isEverybodys(domain: string): boolean {
  return everybodys().has(domain)
}

/** One letter an identity's row says what it is with. */
export const IDENTITY_LETTER: Readonly<Record<IdentityKind, string>> = {
  email: 'e',
  phone: 'p',
  external: 'x',
  messaging: 'm',
  website: 'w',
  order: 'o',
}

/** How a name of letters may be cut: whole words in their order, from any of them on. */
function rotated(words: readonly string[], at: number): string {
  return [...words.slice(at), ...words.slice(0, at)].join(' ')
}

/** The two words of a pair in their order, and the partition that they share; the order must not hang on what is not typed yet. */
export function pairOf(one: string, other: string): { bucket: string; words: [string, string] } {
  const [a, b] = [one.slice(0, 2), other.slice(0, 2)]
  const swap = a > b || (a === b && one > other)
  return { bucket: swap ? b + a : a + b, words: swap ? [other, one] : [one, other] }
}

/** Where a word lies among those that begin and end alike. */
export function nearBucket(word: string): string {
  return word.slice(0, 2) + word.slice(-2)
}

/** A word from a letter on, then its first letter: so those that end alike lie by how they begin. */
function ending(word: string, from: number): string {
  return `${word.slice(from)} ${word.charAt(0)}`
}

function tokensOfWords(words: readonly string[]): Token[] {
  const tokens: Token[] = []
  const add = (family: Token['family'], text: string, more: Partial<Token> = {}) => void tokens.push({ family, text, ...more })
  for (const [at, word] of words.entries()) {
    add('start', rotated(words, at))
    for (let from = 1; word.length - from >= SHORTEST_PART; from++) add('part', ending(word, from))
    if (word.length >= SHORTEST_NEAR) add('near', word, { bucket: nearBucket(word) })
  }
  const paired = words.slice(0, PAIRED)
  for (const [at, one] of paired.entries()) {
    for (const other of paired.slice(at + 1)) {
      if (one.length < 2 || other.length < 2) continue
      const { bucket, words: both } = pairOf(one, other)
      add('pair', both.join(' '), { bucket })
    }
  }
  return tokens
}

/** Overlapping pairs of signs, each with what follows it, so that three signs are found as exactly as two. */
function tokensOfSigns(run: string): Token[] {
  const signs = [...run]
  const tails = signs.slice(0, -1).map((_, at) => signs.slice(at).join(''))
  const parts = tails.slice(1).map((text): Token => ({ family: 'part', text }))
  return [{ family: 'start', text: run }, ...parts]
}

function tokensOfNames(doc: Doc, reading: Reading | undefined): Token[] {
  const seen = new Set<string>()
  const tokens = doc.names.flatMap((name) => {
    const pieces = piecesOf(name).filter(({ text }) => !seen.has(text) && seen.add(text))
    return [...tokensOfWords(lettersIn(pieces)), ...runsOf(pieces).flatMap(tokensOfSigns)]
  })
  const read = reading ? [reading.full, reading.turned, reading.initials].filter((text) => text !== undefined) : []
  return [...tokens, ...read.map((text): Token => ({ family: 'start', text }))]
}

const lettersIn = (pieces: readonly Piece[]): string[] => pieces.filter(({ script }) => script === 'letters').map(({ text }) => text)

function tokensOfIdentity({ kind, value }: Doc['identities'][number]): Token[] {
  if (kind === 'phone') return [{ family: 'digit', text: reversed(digitsOf(value)), kind: IDENTITY_LETTER.phone }]
  const whole: Token = { family: 'id', text: squeezed(value), kind: IDENTITY_LETTER[kind] }
  const domain = kind === 'email' ? squeezed(value.slice(value.lastIndexOf('@') + 1)) : ''
  return domain === '' || isEverybodys(domain) ? [whole] : [whole, { family: 'id', text: domain, kind: IDENTITY_LETTER.website }]
}

/** The words of a record's texts that get a row: the first text's in order, then the longest of the others, which tell the most. */
export function wordsOf(texts: readonly string[]): { rows: string[]; words: string } {
  const [first = '', ...others] = texts
  const rest = others.flatMap(tellingIn).sort((a, b) => b.text.length - a.text.length)
  const rows = new Set<string>()
  const words = new Set<string>()
  let bytes = 0
  for (const { text, script } of [...tellingIn(first), ...rest]) {
    const fits = cutToBytes(text, CUT.words - bytes)
    const word = script === 'letters' ? (fits === text ? text : '') : [...fits].slice(0, MOST.text - rows.size + 1).join('')
    if (word.length < 2 || words.has(word) || rows.size >= MOST.text) continue
    bytes += Buffer.byteLength(word) + 1
    words.add(word)
    for (const row of script === 'letters' ? [word] : grams(word)) rows.add(row)
  }
  return { rows: [...rows], words: [...words].join(' ') }
}

const tellingIn = (text: string): Piece[] => piecesOf(text).filter((piece) => piece.text.length > 1 && !isCommon(piece.text))

/** Each sign of a run with the four after it; the last stands with none, so it has none. */
function grams(run: string): string[] {
  const signs = [...run]
  return signs.slice(0, -1).map((_, at) => signs.slice(at, at + 5).join(''))
}

/** The most of each family, cut to size, each once. */
function bounded(tokens: readonly Token[]): Token[] {
  const counts = new Map<string, number>()
  const kept = new Map<string, Token>()
  for (const token of tokens) {
    const cut = { ...token, text: cutToBytes(token.text, token.family === 'id' ? CUT.idToken : CUT.token).trimEnd() }
    const partition = partitionOf(cut)
    const count = counts.get(token.family) ?? 0
    const most = token.family in MOST ? MOST[token.family as keyof typeof MOST] : Infinity
    const key = `${partition} ${cut.text}`
    if (partition === undefined || cut.text === '' || kept.has(key) || count >= most) continue
    counts.set(token.family, count + 1)
    kept.set(key, cut)
  }
  return [...kept.values()]
}

/** Whose customers' rows a scoped caller reads first: a team's, or a manager's who has none. */
export function groupOf({ teamId, ownerId }: Pick<Doc, 'teamId' | 'ownerId'>): string | undefined {
  return teamId ?? ownerId
}

/** Everything under which a record is found, and what its rows carry. Pure: the same document and reading, the same tokens. */
export function tokensOf(doc: Doc, reading?: Reading): { tokens: Token[]; common: Common } {
  const named = tokensOfNames(doc, reading)
  const group = groupOf(doc)
  const own =
    group === undefined
      ? []
      : named.filter(({ family }) => family === 'start').map((token): Token => ({ ...token, family: 'group', group }))
  const { rows, words } = wordsOf(doc.texts)
  const spoken = rows.map((text): Token => ({ family: 'text', text }))
  const t = cutToBytes(doc.title.replace(/\s+/g, ' '), CUT.title)
  const a = aliasOf(doc, reading, CUT.titleAndAlias - Buffer.byteLength(t))
  const common: Common = {
    t,
    ...(a !== '' && { a }),
    ...(words !== '' && { w: words }),
    ...(doc.ownerId !== undefined && { o: doc.ownerId }),
    ...(doc.teamId !== undefined && { m: doc.teamId }),
    ...(doc.responsibleId !== undefined && { r: doc.responsibleId }),
  }
  return { tokens: bounded([...named, ...own, ...doc.identities.flatMap(tokensOfIdentity), ...spoken]), common }
}

/** Words of a name that its title does not say, as far as they fit. */
function aliasOf({ names }: Doc, reading: Reading | undefined, bytes: number): string {
  const words = [
    reading?.full,
    reading?.turned,
    reading?.initials,
    ...names.slice(1).flatMap((name) => piecesOf(name).map(({ text }) => text)),
  ]
  let said = ''
  for (const word of new Set(words)) {
    const longer = said === '' ? (word ?? '') : `${said} ${word ?? ''}`.trimEnd()
    if (Buffer.byteLength(longer) <= bytes) said = longer
  }
  return said
}
