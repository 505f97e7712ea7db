import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { keysOf } from '../../kernel/id.ts'
import { find, idOf, mustMatch, peopleOf, viewOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { user } from '../user/index.ts'
import { calendarIssues, calendarShape, ownShape, type OwnCalendar } from './calendar.ts'
import { CALENDAR_KEY, CALENDAR_MEMO, ownCalendar, ownMemo, readCalendar, readOwn, workCalendar, workTimeFor } from './calendar.store.ts'
import { dayAfter } from './day.ts'
import { holidayCountries, holidaysOf, omitted } from './holiday.ts'
import { hoursOn } from './work-time.ts'

export const calendarChanged = event('work_calendar.changed', 'The workspace’s working days and hours changed')
export const ownCalendarChanged = event('own_calendar.changed', 'A person’s working days and hours changed')

export const show = action('work_calendar.show', () => ({ input: z.strictObject({}), output: viewOf(workCalendar) }), readCalendar)

const days = () => ({ daysOff: ownShape().daysOff.default([]), workOn: ownShape().workOn.default([]) })

/** Sets the workspace's calendar as a whole. Visits already planned stay where they are. */
export const set = action(
  'work_calendar.set',
  () => ({ input: z.strictObject({ ...calendarShape(), ...days() }), output: viewOf(workCalendar) }),
  async (ctx, input) => {
    if (ctx.scope === 'own') throw fault('forbidden', 'scope.outside', 'The workspace’s calendar is set for all its people.')
    mustWork(input)
    const before = await readCalendar(ctx)
    await mustMatch(ctx, workCalendar, before, input)
    const fields = { ...input, country: input.country ?? null }
    const { record, change } =
      before.version === 0
        ? create(ctx, workCalendar, input, calendarChanged, { own: CALENDAR_KEY })
        : alter(ctx, workCalendar, before, fields, calendarChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop(CALENDAR_MEMO)
    return record
  },
)

const ownView = () => z.object({ ...ownShape(), version: z.int() })

export const showOwn = action(
  'own_calendar.show',
  () => ({ input: z.strictObject({ id: idOf(user) }), output: ownView() }),
  async (ctx, { id }) => {
    mustReach(ctx, id)
    await find({ ...ctx, scope: 'all' }, user, id)
    const own = await readOwn(ctx, id)
    return own.deletedAt ? { daysOff: [], workOn: [], version: own.version } : own
  },
)

/** Sets a person's calendar as a whole. */
export const setOwn = action(
  'own_calendar.set',
  () => ({ input: z.strictObject({ id: idOf(user), ...ownShape(), ...days() }), output: ownView() }),
  async (ctx, { id, ...input }) => {
    mustReach(ctx, id)
    mustWork(input)
    const [, before] = await Promise.all([find({ ...ctx, scope: 'all' }, user, id), readOwn(ctx, id)])
    await mustMatch(ctx, ownCalendar, before, input)
    const { hours, country, ...rest } = input
    const fields = { ...rest, ...(hours && { hours }), ...(country !== undefined && { country }) }
    const { record, change } =
      before.version === 0
        ? create(ctx, ownCalendar, fields, ownCalendarChanged, { own: keysOf(id).first })
        : alter(ctx, ownCalendar, before, { ...rest, hours: hours ?? null, country: country ?? null, deletedAt: null }, ownCalendarChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop(ownMemo(id))
    return record
  },
)

const dayView = () =>
  z.object({
    day: z.iso.date(),
    works: z.array(z.object({ from: z.string(), to: z.string() })).describe('empty on a day off'),
    holiday: z.string().optional(),
  })

const LONGEST_LOOK = 62

/** The days to come as they are worked: what a calendar means, with the reason of each day off. */
export const look = action(
  'work_calendar.days',
  () => ({
    input: z.strictObject({
      from: f
        .day()
        .refine((day) => day < '9999-01-01', 'a day before the year 9999')
        .optional()
        .describe('today unless given'),
      days: z.coerce.number().int().min(1).max(LONGEST_LOOK).default(14),
      userId: idOf(user).optional().describe('of this person; of the workspace unless given'),
    }),
    output: z.object({ timeZone: z.string(), country: z.string().optional(), omits: z.string().optional(), days: z.array(dayView()) }),
  }),
  async (ctx, { from, days, userId }) => {
    if (userId !== undefined) mustReach(ctx, userId)
    const work = await workTimeFor(ctx, userId)
    const first = from ?? dayIn(ctx.now, work.timeZone)
    const { country, timeZone } = work
    const omits = country && omitted(country)
    return {
      timeZone,
      ...(country !== undefined && { country }),
      ...(omits && { omits: `${country}: without ${omits}` }),
      days: Array.from({ length: days }, (_, at) => {
        const day = dayAfter(first, at)
        const holiday = country && holidaysOf(country, Number(day.slice(0, 4))).find((one) => one.day === day)
        return { day, works: hoursOn(day, work), ...(holiday && { holiday: holiday.name }) }
      }),
    }
  },
)

/** The public holidays of a country, as the product computes them. */
export const holidays = action(
  'work_calendar.holidays',
  () => ({
    input: z.strictObject({ country: z.enum(holidayCountries), year: z.coerce.number().int().min(2000).max(2099) }),
    output: z.object({
      country: z.string(),
      items: z.array(z.object({ day: z.iso.date(), name: z.string() })),
      omits: z.string().optional(),
    }),
  }),
  async (_ctx, { country, year }) => {
    const omits = omitted(country)
    return { country, items: [...holidaysOf(country, year)], ...(omits !== undefined && { omits }) }
  },
)

/** @throws Fault `invalid` with every reason */
function mustWork(calendar: Pick<OwnCalendar, 'hours' | 'daysOff' | 'workOn'>): void {
  const errors = calendarIssues(calendar)
  if (errors.length > 0) throw fault('invalid', errors[0]?.code ?? '', errors.map(({ message }) => message).join(' '), { errors })
}

/** @throws Fault `forbidden` for a person outside the caller's scope */
function mustReach(ctx: Ctx, userId: string): void {
  if (ctx.scope !== 'all' && !peopleOf(ctx).includes(userId)) {
    throw fault('forbidden', 'scope.outside', 'You may see and set your own calendar, or your team’s.')
  }
}
