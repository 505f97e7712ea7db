import { similar } from './distance.ts'
import { shownAs } from './document.ts'
import { isCommon, piecesOf, reversed, runsOf, type Piece } from './fold.ts'
import type { Question, Term } from './question.ts'
import { timeOf, type Row } from './row.ts'
import { SHORTEST_PART } from './token.ts'

/** How well a record answers, the best first. */
export const qualities = ['exact', 'prefix', 'part', 'similar'] as const
export type Quality = (typeof qualities)[number]

/** Where it was found. */
export const fields = ['name', 'email', 'phone', 'external', 'messaging', 'website', 'order', 'text'] as const
export type Field = (typeof fields)[number]

const GRADE: Readonly<Record<Quality, number>> = { exact: 0, prefix: 1, part: 2, similar: 3 }
const FIELD_OF: Readonly<Record<string, Field>> = {
  e: 'email',
  p: 'phone',
  x: 'external',
  m: 'messaging',
  w: 'website',
  o: 'order',
}

interface Answer {
  quality: Quality
  field: Field
}

/** A record that some row tells of, with all that its rows tell. */
export interface Candidate {
  id: string
  title: string
  ownerId?: string
  words: readonly string[]
  /** Other ways its name is typed: compared as typed alone, since every other reading is one letter off. */
  alias: readonly string[]
  runs: readonly string[]
  spoken: readonly string[]
  said: string
  ids: readonly { token: string; field: Field }[]
  numbers: readonly string[]
}

/** Rows of one record, as one. */
export function candidateOf(id: string, rows: readonly Row[]): Candidate {
  const [first] = rows
  const named = rows.filter(({ family }) => family === 'start' || family === 'group' || family === 'pair' || family === 'near')
  const titled = piecesOf(first?.t ?? '')
  const told = [...titled, ...named.flatMap(({ token }) => piecesOf(token))]
  const alias = (first?.a ?? '').split(' ').filter((word) => word !== '')
  const said = rows.find(({ w }) => w !== undefined)?.w ?? ''
  const isNamed = shownAs(id)?.noun === 'customer'
  return {
    id,
    title: first?.t ?? '',
    ...(first?.o !== undefined && { ownerId: first.o }),
    words: !isNamed
      ? []
      : unique(told.filter(({ script }) => script === 'letters').map(({ text }) => text)).filter((word) => !alias.includes(word)),
    alias,
    runs: !isNamed ? [] : unique([...runsOf(titled), ...told.filter(({ script }) => script === 'signs').map(({ text }) => text)]),
    spoken: unique([...said.split(' '), ...rows.filter(({ family }) => family === 'text').map(({ token }) => token)]),
    said,
    ids: rows.filter(({ family }) => family === 'id').map(({ token, kind = '' }) => ({ token, field: FIELD_OF[kind] ?? 'external' })),
    numbers: rows.filter(({ family }) => family === 'digit').map(({ token }) => reversed(token)),
  }
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].filter((text) => text !== '')

const best = (answers: readonly (Answer | undefined)[]): Answer | undefined =>
  answers.reduce((one, other) => (!one || (other && GRADE[other.quality] < GRADE[one.quality]) ? other : one), undefined)

const compared = (asked: string, kept: string): Quality | undefined =>
  asked === kept ? 'exact' : kept.startsWith(asked) ? 'prefix' : undefined

function ofWords({ text }: Piece, words: readonly string[]): Quality | undefined {
  return better(
    ...words.map((word) => {
      const begins = compared(text, word)
      if (begins) return begins
      if (text.length >= SHORTEST_PART && word.includes(text)) return 'part'
      return similar(text, word) ? 'similar' : undefined
    }),
  )
}

function ofRuns({ text }: Piece, runs: readonly string[]): Quality | undefined {
  if (runs.includes(text)) return 'exact'
  if (runs.some((run) => run.startsWith(text))) return 'prefix'
  return runs.some((run) => run.includes(text)) ? 'part' : undefined
}

/** A piece in a name; every sign counts, in its order. */
function inName(piece: Piece, { words, alias, runs }: Candidate): Quality | undefined {
  if (piece.script === 'signs') return ofRuns(piece, runs)
  return better(ofWords(piece, words), ...alias.map((word) => compared(piece.text, word)))
}

const better = (...found: readonly (Quality | undefined)[]): Quality | undefined =>
  found.reduce((one, other) => (one === undefined || (other && GRADE[other] < GRADE[one]) ? other : one), undefined)

/** A piece in a text: a word or its beginning, or signs that stand there together. */
function inText(piece: Piece, { spoken, said }: Candidate): Quality | undefined {
  if (piece.script === 'signs') return spoken.some((one) => one.includes(piece.text)) || said.includes(piece.text) ? 'exact' : undefined
  if (isCommon(piece.text)) return 'exact'
  if (spoken.includes(piece.text)) return 'exact'
  return spoken.some((word) => word.startsWith(piece.text)) ? 'prefix' : undefined
}

/** The least of the answers to all pieces of a term; none when one has none. */
function allOf(pieces: readonly Piece[], answer: (piece: Piece) => Quality | undefined, field: Field): Answer | undefined {
  const qualities = pieces.map(answer)
  if (pieces.length === 0 || qualities.includes(undefined)) return undefined
  const quality = qualities.reduce((one, other) => (one && other && GRADE[other] > GRADE[one] ? other : one))
  return quality && { quality, field }
}

function answerTo(term: Term, candidate: Candidate): Answer | undefined {
  const { ids, numbers, spoken } = candidate
  const identity = ids.map(({ token, field }): Answer | undefined => {
    const quality = term.id.length < SHORTEST_PART ? undefined : compared(term.id, token)
    return quality && { quality, field }
  })
  const dialled = [term.digits, term.abroad].filter((digits) => digits !== '')
  const number = numbers.map((kept): Answer | undefined =>
    dialled.some((digits) => kept.endsWith(digits)) ? { quality: dialled.includes(kept) ? 'exact' : 'part', field: 'phone' } : undefined,
  )
  const named = allOf(term.pieces, (piece) => inName(piece, candidate), 'name')
  const text = spoken.length === 0 ? undefined : allOf(term.pieces, (piece) => inText(piece, candidate), 'text')
  // What looks like an address is told as one.
  return best(term.id.includes('@') ? [...identity, named, text] : [named, ...identity, ...number, text])
}

/** How well a record answers all that was asked; undefined when it leaves something unanswered. */
export interface Match extends Answer {
  /** The sum over the terms, for records whose worst answer is the same. */
  grades: number
}

export function matchOf({ terms }: Question, candidate: Candidate): Match | undefined {
  const answers = terms.map((term) => answerTo(term, candidate))
  const found = answers.filter((one) => one !== undefined)
  const [first] = found
  if (!first || found.length < answers.length) return undefined
  const worst = found.reduce((one, other) => (GRADE[other.quality] > GRADE[one.quality] ? other : one))
  return { ...worst, grades: found.reduce((sum, { quality }) => sum + GRADE[quality], 0) }
}

export interface Ranked {
  candidate: Candidate
  match: Match
}

/** The better answer first; of equal ones a name before a text, then the newest, then by id, so that the order is always the same. */
export function byRank(one: Ranked, other: Ranked): number {
  return (
    GRADE[one.match.quality] - GRADE[other.match.quality] ||
    one.match.grades - other.match.grades ||
    Number(one.match.field === 'text') - Number(other.match.field === 'text') ||
    timeOf(other.candidate.id) - timeOf(one.candidate.id) ||
    (one.candidate.id < other.candidate.id ? -1 : 1)
  )
}
