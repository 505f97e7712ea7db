import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dayIn } from '../../kernel/zone.ts'
import { NOBODY } from '../task/index.ts'
import { dayAfter, instantAt, workDaysLater, workStart, workTimeFor, type WorkTime } from '../../platform/calendar/index.ts'
import type { Rules } from './policy.store.ts'

/** The day that is being filled for a person, and how many visits still fit. */
interface Room {
  at?: Instant
  left: number
  /** Places are taken one after the other, also by visits that are planned at the same time. */
  turn: Promise<unknown>
}

/** Working days ahead at which a full queue is probed: at most seven counts, then the last day takes it. */
const PROBES = [0, 1, 2, 4, 8, 16, 32] as const

/**
 * The first moment from an instant on at which a working day of a person begins that has room, and takes a place in it. Counts what is
 * in the person's queue that day, at most a day's capacity of rows, then fills the day from memory: one count for a
 * day's visits. The queue's index follows a moment later, so the capacity is a guide and not a lock.
 */
export async function roomFrom(ctx: Ctx, ownerId: string | undefined, from: Instant, rules: Rules): Promise<Instant> {
  const user = ownerId ?? NOBODY
  const work = await workTimeFor(ctx, ownerId)
  const first = workStart(from, work)
  const room = await ctx.memo.get(`visits of ${user}`, ctx.now, async (): Promise<Room> => ({ left: 0, turn: Promise.resolve() }))
  const place = room.turn.then(() => take(ctx, user, room, first, { work, capacity: rules.policy.capacityPerDay }))
  room.turn = place.catch(() => undefined)
  return place
}

interface Queue {
  work: WorkTime
  capacity: number
}

async function take(ctx: Ctx, user: string, room: Room, first: Instant, queue: Queue): Promise<Instant> {
  if (room.at === undefined || room.at < first || room.left === 0) {
    const start = room.at !== undefined && room.at >= first ? workDaysLater(room.at, 1, queue.work) : first
    Object.assign(room, await probe(ctx, user, start, queue))
  }
  room.left -= 1
  return room.at ?? first
}

async function probe(ctx: Ctx, user: string, start: Instant, { work, capacity }: Queue): Promise<{ at: Instant; left: number }> {
  let at = start
  for (const days of PROBES) {
    at = workDaysLater(start, days, work)
    const left = capacity - (await visitsOn(ctx, user, at, capacity, work.timeZone))
    if (left > 0) return { at, left }
  }
  return { at, left: 1 }
}

/** Open tasks of a person that are due on the calendar day of an instant, counted up to a limit. */
async function visitsOn(ctx: Ctx, user: string, at: Instant, limit: number, timeZone: string): Promise<number> {
  const day = dayIn(at, timeZone)
  const [from, to] = [day, dayAfter(day, 1)].map((one) => `task#open#${instantAt(one, '00:00', timeZone)}`)
  const { items } = await ctx.table.query({ index: 'owner', pk: user, ...(from && { from }), ...(to && { to }), limit })
  return items.length
}
