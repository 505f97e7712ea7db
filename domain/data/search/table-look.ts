import type { Ctx } from '../../kernel/context.ts'
import { shownAs } from './document.ts'
import { byRank, candidateOf, matchOf, type Ranked } from './match.ts'
import { lookupsOf, PIECE, type Lookup, type Wanted } from './plan.ts'
import type { Access, Hit, SearchIndex } from './port.ts'
import { questionOf } from './question.ts'
import { rowIn, type Row } from './row.ts'
import { isEverybodys } from './token.ts'

/** One round: every lookup at once, each bounded; then what was read is compared, hidden, ranked and cut. */
export const lookInTable: SearchIndex['look'] = async (ctx, { text, access, limit }) => {
  const question = questionOf(text)
  const lookups = lookupsOf(question, wantedBy(access))
  const answers = await Promise.all(lookups.map((one) => read(ctx, one)))
  const rows = answers.flatMap((answer) => answer.rows).filter((row) => isSeen(row, access))
  const ranked = rankedOf(question, rows).sort(byRank)
  const hits = distinct(ranked)
  const all = [...access.values()].every((one) => one === 'all')
  const open = question.terms.some(({ id }) => isEverybodys(id)) || (all && isOpen(lookups, answers, hits.length > 0))
  return { hits: hits.slice(0, limit), more: hits.length > limit || open }
}

interface Answer {
  rows: Row[]
  more: boolean
}

async function read(ctx: Ctx, { pk, begins, from, to, descending, limit }: Lookup): Promise<Answer> {
  const { items, last } = await ctx.table.query({
    pk,
    ...(begins !== undefined && { begins }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(descending && { descending }),
    limit,
    eventual: true,
  })
  return { rows: items.map(rowIn), more: last !== undefined }
}

/** Who may see too little reads the rows of their own customers first, so that others' cannot crowd these out. */
function wantedBy(access: ReadonlyMap<string, Access>): Wanted {
  const customers = access.get('customer')
  return {
    customers: customers !== undefined,
    orders: access.has('purchase'),
    texts: access.has('ticket') || access.has('interaction') || access.has('deal'),
    groups: customers === undefined || customers === 'all' ? [] : customers.groups,
  }
}

/** Whether a row is of a record that the caller may see: the same rule by which records are found. */
export function isSeen({ id, o, m, r }: Pick<Row, 'id' | 'o' | 'm' | 'r'>, access: ReadonlyMap<string, Access>): boolean {
  const noun = shownAs(id)?.noun
  const given = noun && access.get(noun)
  if (!given || given === 'all') return given === 'all'
  const mine = (person: string | undefined): boolean => person !== undefined && given.people.includes(person)
  return mine(r) || mine(o) || (given.teamId !== undefined && m === given.teamId)
}

function rankedOf(question: ReturnType<typeof questionOf>, rows: readonly Row[]): Ranked[] {
  const byId = Map.groupBy(rows, ({ id }) => id)
  return [...byId].flatMap(([id, own]) => {
    const candidate = candidateOf(id, own)
    const match = matchOf(question, candidate)
    return match ? [{ candidate, match }] : []
  })
}

/** A record once, at its best: a ticket may be found by its subject and by what was said in it. */
function distinct(ranked: readonly Ranked[]): Hit[] {
  const hits = new Map<string, Hit>()
  for (const { candidate, match } of ranked) {
    const { id, title, ownerId } = candidate
    const shown = shownAs(id)
    if (!shown || hits.has(shown.id)) continue
    hits.set(shown.id, {
      ...shown,
      title,
      ...(ownerId !== undefined && { ownerId }),
      match: match.quality,
      field: match.field,
    })
  }
  return [...hits.values()]
}

/**
 * Whether matches may lie beyond what was read. None do when all rows of one piece were, or, once something was found, all of
 * two pieces together; and all ids that begin so.
 */
function isOpen(lookups: readonly Lookup[], answers: readonly Answer[], found: boolean): boolean {
  const ended = (of: (covers: string) => boolean): boolean => lookups.every((one, at) => !of(one.covers) || answers[at]?.more === false)
  const pieces = [...new Set(lookups.map(({ covers }) => covers))].filter((covers) => covers.startsWith(PIECE))
  const whole = pieces.length === 0 || pieces.some((piece) => ended((covers) => covers === piece))
  const paired = found && lookups.some(({ covers }) => covers === 'pair') && ended((covers) => covers === 'pair')
  return !(ended((covers) => covers === 'id') && (whole || paired))
}
