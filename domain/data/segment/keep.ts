import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { startOfDay } from '../../kernel/zone.ts'
import type { Facts } from './facts.ts'
import { readFacts, readsOf } from './read.ts'
import type { Def } from './registry.ts'
import { isShown, nextStanding, type Clock, type Standing } from './segment.ts'
import {
  clock,
  clockIn,
  clockMoved,
  counted,
  member,
  memberIdOf,
  memberIn,
  segmentEntered,
  segmentLeft,
  type ClockRecord,
} from './segment.store.ts'
import { isTrue, nextChange } from './truth.ts'

/** Moves of one transaction: each writes the member and a counter, beside the clock. */
const MOST_MOVES = 40

/** How to look at a customer. */
export interface Look {
  /** All timed segments are looked at, so the clock is set exactly; else it is only ever moved earlier. */
  all?: boolean
  /** Static segments to put the customer in, and to take them out of, by key. */
  putIn?: readonly string[]
  takeOut?: readonly string[]
}

/** A segment entered or left. */
export interface Move {
  def: Def
  entered: boolean
}

/**
 * Brings a customer's membership of some segments in step with the truth. What is written follows from what is true now and
 * from what the clock says was true before, in one transaction with the clock's version as its condition: so it may run twice,
 * late, at once with itself and again after years, and each coming and going is told once.
 *
 * Nothing to change: one round of reads, no write. A move: the clock, the member and a counter in one transaction: about 10 units.
 */
export async function keep(ctx: Ctx, customerId: string, defs: readonly Def[], look: Look = {}): Promise<Move[]> {
  const { moves, into, absorbed } = await untilFresh(() => keepOnce(ctx, customerId, defs, look))
  // Who is taken out by hand is taken out of what those they absorbed had been put into, too: then all is looked at again.
  if (look.takeOut && absorbed.length > 0) {
    for (const one of absorbed) await untilFresh(() => keepOnce(ctx, one, defs, { takeOut: look.takeOut ?? [] }))
    return [...moves, ...(await untilFresh(() => keepOnce(ctx, customerId, defs, look))).moves]
  }
  // What happens to a file that was merged into another one counts for that one.
  if (into !== undefined) await keep(ctx, into, defs)
  return moves
}

async function keepOnce(
  ctx: Ctx,
  customerId: string,
  defs: readonly Def[],
  look: Look,
): Promise<{ moves: Move[]; into?: string; absorbed: readonly string[] }> {
  const { head, facts, today } = await readFacts(ctx, customerId, readsOf(defs))
  const before = head.single(clock)
  const byHand = handled(before?.byHand ?? [], look)
  const absorbed = head.customer?.absorbed ?? []
  const asked = defs.some(({ kind }) => kind === 'static') ? [...byHand, ...(await handOf(ctx, absorbed))] : byHand
  const standings: Record<string, Standing> = { ...before?.standings }
  const moves: Move[] = []
  for (const def of defs) {
    const now = standings[def.key]
    const next = nextStanding(now, wanted(def, facts, asked, today), def.marking)
    if (next === undefined) delete standings[def.key]
    else standings[def.key] = next
    if (isShown(now) !== isShown(next)) moves.push({ def, entered: isShown(next) })
  }
  const dueAt = nextLook(defs, facts, today, before, look.all ?? false)
  const after: Clock = { standings, byHand, pending: Object.values(standings).some((one) => one !== 'in'), ...(dueAt && { dueAt }) }
  if (!isSame(before, after)) await write(ctx, customerId, before, after, moves)
  const into = head.customer?.mergedInto
  return { moves, absorbed, ...(into !== undefined && { into }) }
}

/** Static segments into which those whom a customer absorbed were put by hand: it stays with their files, and counts for the survivor. */
async function handOf(ctx: Ctx, absorbed: readonly string[]): Promise<string[]> {
  if (absorbed.length === 0) return []
  const items = await ctx.table.getAll(absorbed.map((id) => placeOf(clock, clock.id('', id))))
  return items.flatMap((item) => clockIn(item)?.byHand ?? [])
}

function wanted(def: Def, facts: Facts | undefined, byHand: readonly string[], today: number): boolean {
  if (!facts) return false
  return def.kind === 'static' ? byHand.includes(def.key) : def.rule !== undefined && isTrue(def.rule, facts, today)
}

function handled(byHand: readonly string[], { putIn = [], takeOut = [] }: Look): string[] {
  return [...new Set([...byHand, ...putIn])].filter((key) => !takeOut.includes(key))
}

/** When to look next: the first moment at which time changes something, or the one known already when that is earlier. */
function nextLook(
  defs: readonly Def[],
  facts: Facts | undefined,
  today: number,
  before: Clock | undefined,
  all: boolean,
): string | undefined {
  if (!facts) return undefined
  const days = defs.flatMap(({ timed, rule }) => (timed && rule ? (nextChange(rule, facts, today) ?? []) : []))
  const first = days.length > 0 ? new Date(startOfDay(Math.min(...days), facts.timeZone)).toISOString() : undefined
  if (all) return first
  const known = before?.dueAt
  return known !== undefined && (first === undefined || known <= first) ? known : first
}

function isSame(before: Clock | undefined, after: Clock): boolean {
  if (!before) return Object.keys(after.standings).length === 0 && after.byHand.length === 0 && after.dueAt === undefined
  return (
    before.dueAt === after.dueAt &&
    before.byHand.join() === after.byHand.join() &&
    Object.keys(before.standings).length === Object.keys(after.standings).length &&
    Object.entries(after.standings).every(([key, standing]) => before.standings[key] === standing)
  )
}

/** Writes the moves, as many at once as a transaction holds: each part leaves clock, members and counters in step. */
async function write(ctx: Ctx, customerId: string, first: ClockRecord | undefined, after: Clock, moves: readonly Move[]): Promise<void> {
  const members = await ctx.table.getAll(moves.map(({ def }) => placeOf(member, memberIdOf(customerId, def.id))))
  let before = first
  for (let from = 0; from === 0 || from < moves.length; from += MOST_MOVES) {
    const part = moves.slice(from, from + MOST_MOVES)
    const rest = moves.slice(from + MOST_MOVES)
    const { record, change } = clockChange(ctx, customerId, before, rest.length === 0 ? after : partly(after, before, rest))
    const changes = part.map((move, at) => memberChange(ctx, customerId, move, members[from + at]))
    const counts: Write[] = part.map(({ def, entered }) => counted(def.id, customerId, entered ? 1 : -1))
    await commit(ctx, [change, ...changes], undefined, counts)
    before = record
  }
}

/** The clock while some moves are still to be written: those segments stand as they stood. */
function partly(after: Clock, before: ClockRecord | undefined, rest: readonly Move[]): Clock {
  const standings = { ...after.standings }
  for (const { def } of rest) {
    const stood = before?.standings[def.key]
    if (stood === undefined) delete standings[def.key]
    else standings[def.key] = stood
  }
  return { ...after, standings }
}

function clockChange(ctx: Ctx, customerId: string, before: ClockRecord | undefined, after: Clock): { record: ClockRecord; change: Change } {
  if (!before) return create(ctx, clock, after, clockMoved, { customer: customerId, own: '' })
  return alter(ctx, clock, before, { ...after, dueAt: after.dueAt ?? null }, clockMoved)
}

function memberChange(ctx: Ctx, customerId: string, { def, entered }: Move, item: Parameters<typeof memberIn>[0]): Change {
  const there = memberIn(item)
  const move = { segmentId: def.id, kind: entered ? ('entered' as const) : ('left' as const), at: ctx.now }
  const event = entered ? segmentEntered : segmentLeft
  if (there) return alter(ctx, member, there, { state: entered ? 'in' : 'out', ...(entered && { enteredAt: ctx.now }), move }, event).change
  const fields = { segmentId: def.id, customerId, state: entered ? ('in' as const) : ('out' as const), enteredAt: ctx.now, move }
  return create(ctx, member, fields, event, { customer: customerId, own: def.key }).change
}
