import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH, keysOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { knownUser, user } from '../user/index.ts'
import { workspaceOf } from '../workspace/index.ts'
import { calendarShape, newCalendar, ownShape, workTimeOf, type Calendar, type OwnCalendar } from './calendar.ts'
import type { WorkTime } from './work-time.ts'

/** When the workspace works; it has one. */
export const workCalendar = entity({
  noun: 'work_calendar',
  prefix: 'wca',
  home: 'workspace',
  single: true,
  fields: () => z.object(calendarShape()),
})
export type CalendarRecord = RecordOf<typeof workCalendar>

/** When a person works, where it differs. Its key is the person's, so it is found without being looked for. */
export const ownCalendar = entity({
  noun: 'own_calendar',
  prefix: 'oca',
  home: 'workspace',
  single: true,
  fields: () => z.object(ownShape()),
  personal: ['daysOff', 'workOn'],
})
export type OwnCalendarRecord = RecordOf<typeof ownCalendar>

export const CALENDAR_KEY = '0'.repeat(KEY_LENGTH)
export const CALENDAR_ID = workCalendar.id(CALENDAR_KEY)
const START = '1970-01-01T00:00:00.000Z'

/** The workspace's calendar as it stands; version 0 is the product's own. */
export async function readCalendar(ctx: Ctx): Promise<CalendarRecord> {
  const item = await ctx.table.get(placeOf(workCalendar, CALENDAR_ID))
  if (item) return recordIn<'work_calendar', Calendar>(item)
  return { ...newCalendar, id: CALENDAR_ID, version: 0, createdAt: START, updatedAt: START }
}

/** A person's calendar, one in the bin too; version 0 says nothing of its own. */
export async function readOwn(ctx: Ctx, userId: string): Promise<OwnCalendarRecord> {
  const id = ownCalendar.id(keysOf(userId).first)
  const item = await ctx.table.get(placeOf(ownCalendar, id))
  if (item) return recordIn<'own_calendar', OwnCalendar>(item)
  return { daysOff: [], workOn: [], id, version: 0, createdAt: START, updatedAt: START }
}

export const CALENDAR_MEMO = 'work calendar'
export const ownMemo = (userId: string): string => `work calendar of ${userId}`

/**
 * When a person works, or the workspace without one: calendar, public holidays and time zone, kept by a warm function for half
 * a minute.
 */
export async function workTimeFor(ctx: Ctx, userId?: string): Promise<WorkTime> {
  const known = userId !== undefined && user.is(userId)
  const [workspace, calendar, own, person] = await Promise.all([
    workspaceOf(ctx),
    ctx.memo.get(CALENDAR_MEMO, ctx.now, () => readCalendar(ctx)),
    known ? ctx.memo.get(ownMemo(userId), ctx.now, () => readOwn(ctx, userId)) : undefined,
    known ? knownUser(ctx, userId) : undefined,
  ])
  return workTimeOf(person?.timeZone ?? workspace.timeZone, calendar, own && !own.deletedAt ? own : undefined)
}
