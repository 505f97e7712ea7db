import * as z from 'zod'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { history, type HistoryRecord } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { dayNumber, later, type Day } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type FieldsOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { duePartition, recordIn } from '../../kernel/place.ts'
import { shards } from '../../kernel/table/shape.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { dayIn, startOfDay } from '../../kernel/zone.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import { rhythm } from '../rhythm/index.ts'
import { modelOf, type CurrentModel } from '../statistics/index.ts'
import { docket, docketAt, docketOf, marked, nextLook, type DocketRecord } from './docket.ts'
import { docketMoved, warningRaised } from './events.ts'
import { found } from './found.ts'
import { tallyRaised } from './tally.ts'
import { foundAt, isStanding, type Warning } from './warning.ts'
import { NOBODY, warning, type WarningRecord } from './warning.store.ts'

/** Keys of one read. */
const MOST_KEYS = 100

/**
 * Gives the free places of a person's day to the most valuable warnings that wait, all in one transaction with the docket,
 * so two runs at once give each place once. A place is free again when its warning ended the same day. Reads the waiting
 * ones' head, one query, and 3 units for each that is opened; their numbers are made anew as of today.
 */
export async function allot(ctx: Ctx, id: string): Promise<'not_due' | 'not_yet' | 'opened' | 'full' | 'nothing'> {
  const before = await docketAt(ctx, id)
  if (!before?.dueAt || before.dueAt > ctx.now) return 'not_due'
  const [model, workspace] = await Promise.all([modelOf(ctx), workspaceOf(ctx)])
  const { warningsPerDay } = model.settings
  const today = dayIn(ctx.now, workspace.timeZone)
  if (await stillFinding(ctx, before, today, workspace.timeZone)) return 'not_yet'
  const taken = await placesTaken(ctx, before, today, warningsPerDay)
  const room = Math.max(0, warningsPerDay - taken.length)
  const { ids, more } = await firstInLine(ctx, before.ownerId, room)
  const opening = await readyToOpen(ctx, ids, { model, workspace })
  // One that could not be opened was overtaken by a purchase and leaves the line by itself: then others move up.
  const short = opening.length < ids.length
  const waiting = more || short
  const markedAt = short ? ctx.now : before.markedAt
  const tomorrow = startOfTomorrow(today, workspace.timeZone)
  const dueAt = nextLook(ctx.now, { markedAt, waiting, tomorrow }) ?? null
  const opened = [...taken, ...opening.map(({ before: one }) => one.id)]
  const placed = alter(ctx, docket, before, { day: today, opened, waiting, markedAt, dueAt }, docketMoved)
  const raised = opening.map(({ before: one, next }) => alter(ctx, warning, one, next, warningRaised).change)
  await commit(ctx, [placed.change, ...raised], undefined, raised.length > 0 ? [tallyRaised(ctx, before.ownerId, raised.length)] : [])
  if (raised.length > 0) return 'opened'
  return waiting ? 'full' : 'nothing'
}

/** After its last mark, and after the day begins, a docket waits no longer than this for what else is being found: a timer may fail for ever. Milliseconds. */
const FINDING_MS = 300_000

/** Whether silences of this day are still being found, so that the line is not in its final order. 2 units. */
async function stillFinding(ctx: Ctx, { markedAt }: DocketRecord, today: Day, timeZone: string): Promise<boolean> {
  // Timers fire when a day begins.
  const start = new Date(startOfDay(dayNumber(today), timeZone)).toISOString()
  if (later(markedAt > start ? markedAt : start, FINDING_MS) < ctx.now) return false
  const begins = `${start}#${rhythm.prefix}_`
  const partitions = Array.from({ length: shards.due }, (_, shard) => duePartition('warnings', shard))
  const answers = await Promise.all(partitions.map((pk) => ctx.table.query({ index: 'due', pk, begins, limit: 1 })))
  return answers.some(({ items }) => items.length > 0)
}

function startOfTomorrow(today: Day, timeZone: string): string {
  return new Date(startOfDay(dayNumber(today) + 1, timeZone)).toISOString()
}

/** Warnings that hold a place today. Read only when all places are taken: one that ended gives its place back. */
async function placesTaken(ctx: Ctx, { day, opened }: DocketRecord, today: Day, places: number): Promise<string[]> {
  if (day !== today) return []
  if (opened.length < places) return opened
  const items = await getMany(
    ctx,
    opened.map((id) => placeOf(warning, id)),
  )
  return opened.filter((_, at) => {
    const item = items[at]
    return item !== undefined && isStanding(recordIn<'warning', Warning>(item))
  })
}

/** The most valuable warnings that wait for a person, and whether there are others. */
async function firstInLine(ctx: Ctx, ownerId: string, room: number): Promise<{ ids: string[]; more: boolean }> {
  const line = { index: 'owner', pk: ownerId, begins: 'warning#ranked#', descending: true } as const
  const { items, last } = await ctx.table.query({ ...line, limit: room + 1 })
  const ids = items.map((item) => String((item['row'] as Item)['id']))
  return { ids: ids.slice(0, room), more: ids.length > room || last !== undefined }
}

interface Opening {
  before: WarningRecord
  next: Omit<Warning, 'ownerId' | 'rankedUntil'> & { rankedUntil: null }
}

/** The warnings of a line as they would be opened now, without those whose customer bought or went meanwhile. */
async function readyToOpen(ctx: Ctx, ids: readonly string[], how: { model: CurrentModel; workspace: Workspace }): Promise<Opening[]> {
  const keys = ids.flatMap((id) => {
    const customerId = customerIdIn(id)
    return [placeOf(warning, id), placeOf(customer, customerId), placeOf(history, history.id('', customerId))]
  })
  const items = await getMany(ctx, keys)
  return ids.flatMap((_id, at): Opening[] => {
    const [told, file, sums] = items.slice(3 * at, 3 * at + 3)
    if (!told || !file || !sums || file['deletedAt'] || sums['deletedAt']) return []
    const before = recordIn<'warning', Warning>(told)
    const past: HistoryRecord = recordIn<'history', FieldsOf<typeof history>>(sums)
    if (before.state !== 'ranked' || before.deletedAt || past.lastDay > before.silenceDay) return []
    const owner: CustomerRecord = recordIn<'customer', FieldsOf<typeof customer>>(file)
    const { ownerId: _owner, rankedUntil: _until, ...numbers } = found(ctx, { ...how, owner, past }, 'open')
    // The silence is the one it was found for, also when its last purchase was taken back since.
    return [{ before, next: { ...numbers, silenceDay: before.silenceDay, rankedAt: foundAt(before), rankedUntil: null } }]
  })
}

async function getMany(ctx: Ctx, keys: readonly Key[]): Promise<(Item | undefined)[]> {
  const parts = Array.from({ length: Math.ceil(keys.length / MOST_KEYS) }, (_, part) =>
    keys.slice(part * MOST_KEYS, (part + 1) * MOST_KEYS),
  )
  return (await Promise.all(parts.map((part) => ctx.table.getAll(part)))).flat()
}

/** After a warning ended: when it held one of today's places and others wait, the docket looks again. Two reads. */
export const freePlace = action(
  'warning.free_place',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { recordId }) => {
    if (!warning.is(recordId)) return {}
    const item = await ctx.table.get(placeOf(warning, recordId))
    if (!item) return {}
    const { ownerId = NOBODY } = recordIn<'warning', Warning>(item)
    const [known, { timeZone }] = await Promise.all([docketOf(ctx, ownerId), workspaceOf(ctx)])
    if (!known?.waiting || known.day !== dayIn(ctx.now, timeZone) || !known.opened.includes(recordId)) return {}
    const change = marked(ctx, known, ownerId, timeZone)
    if (change) await commit(ctx, [change])
    return {}
  },
)
