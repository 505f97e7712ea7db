import { digitsOf, piecesOf, squeezed, type Piece } from './fold.ts'
import { SHORTEST_DIGITS } from './token.ts'

/** One thing asked for: what stood between two spaces. A record must answer each. */
export interface Term {
  pieces: readonly Piece[]
  /** As an email, order number or other id would be kept. */
  id: string
  /** The end of a phone number; '' when it is none. */
  digits: string
  /** The same without a zero that is dialled within a country only; '' when too short to tell. */
  abroad: string
}

export interface Question {
  terms: readonly Term[]
  /** All words and runs of the terms, the longest first: the longest are the rarest. */
  pieces: readonly Piece[]
}

/** Written as one number, with whatever people put between digits. */
const NUMBER = /^[+\d][\d\s().\-/]*$/

/** What a text asks for. */
export function questionOf(asked: string): Question {
  const whole = asked.trim()
  const isNumber = NUMBER.test(whole) && whole.replace(/\D/g, '').length >= SHORTEST_DIGITS
  const terms = (isNumber ? [whole.replace(/\s+/g, '')] : whole.split(/\s+/))
    .map(termOf)
    .filter(({ pieces, id }) => pieces.length > 0 || id !== '')
  const pieces = new Map(terms.flatMap((term) => term.pieces).map((piece) => [piece.text, piece]))
  return { terms, pieces: [...pieces.values()].sort((a, b) => weightOf(b) - weightOf(a)) }
}

/** A sign says about as much as three letters. */
const weightOf = ({ text, script }: Piece): number => text.length * (script === 'signs' ? 3 : 1)

/** A national number has at least so many digits: before fewer, a zero is one of them. */
const NATIONAL_DIGITS = 7

function termOf(said: string): Term {
  const digits = NUMBER.test(said) ? digitsOf(said) : ''
  const abroad = digits.replace(/^0/, '')
  return {
    pieces: piecesOf(said),
    id: squeezed(said),
    digits: digits.length >= SHORTEST_DIGITS ? digits : '',
    abroad: abroad.length >= NATIONAL_DIGITS ? abroad : '',
  }
}
