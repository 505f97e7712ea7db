/** How texts are made alike before they are compared: the same for what is kept and for what is asked. */

/** Letters that carry no mark to drop and are still typed plainly. */
const PLAIN: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ı: 'i', ħ: 'h' }
const MARKED = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g')
const MARKS = /[\u0300-\u036f]/g

/** A text without case, accents and widths: `Ångström` is `angstrom`, `ＡＢＣ` is `abc`. Folding twice changes nothing. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(MARKS, '')
    .replace(MARKED, (letter) => PLAIN[letter] ?? letter)
    .normalize('NFC')
}

/** A word, or a run of a script that puts no space between words. */
export interface Piece {
  text: string
  script: 'letters' | 'signs'
}

const SIGNS = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々`
const PIECE = new RegExp(String.raw`(?<signs>[${SIGNS}]+)|[[\p{L}\p{N}\p{M}]--[${SIGNS}]]+`, 'gv')
/** O’Brien is one word. */
const APOSTROPHES = /['’ʼ`´]/g

/** Characters of a word, and signs of a run, that count: a key stays short. */
const LONGEST = { letters: 24, signs: 64 } as const

/** The words and runs of a text, folded, in order. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  for (const match of fold(text).replace(APOSTROPHES, '').matchAll(PIECE)) {
    const script = match.groups?.['signs'] === undefined ? 'letters' : 'signs'
    pieces.push({ text: cutTo(match[0], LONGEST[script]), script })
  }
  return pieces
}

/** A text's first characters, never half of one. */
function cutTo(text: string, characters: number): string {
  return text.length <= characters ? text : [...text].slice(0, characters).join('')
}

/** As many of a text's first characters as fit into so many bytes. */
export function cutToBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text
  let used = 0
  let kept = ''
  for (const character of text) {
    used += Buffer.byteLength(character)
    if (used > bytes) break
    kept += character
  }
  return kept
}

/** An email address, order number or other id without what people leave out or add: only letters, digits and @ stay. */
export function squeezed(text: string): string {
  return fold(text).replace(/[^\p{L}\p{N}@]/gu, '')
}

/** The digits of a phone number, without the prefix that is dialled before a country's number. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, '').replace(/^00/, '')
}

/** A text's characters in reverse, so that its end is a prefix. */
export function reversed(text: string): string {
  return [...text].reverse().join('')
}

/** Words so common in notes that finding them finds nothing. English ones only: other languages' pass as words. */
const COMMON = new Set(
  'a an and are as at be been but by can did do for from had has have he her him his i if in is it its me my no not of on or our she so that the their them they this to up us was we were what when which who will with would you your'.split(
    ' ',
  ),
)

/** Whether a word of a note tells nothing. */
export function isCommon(word: string): boolean {
  return COMMON.has(word)
}

/** The runs of signs of a name; one written with a space between surname and given name also as one, in either order. */
export function runsOf(pieces: readonly Piece[]): string[] {
  const runs = pieces.filter(({ script }) => script === 'signs').map(({ text }) => text)
  const [one, other] = runs
  return runs.length === 2 && one && other ? [...runs, one + other, other + one] : runs
}
