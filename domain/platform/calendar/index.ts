import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './calendar.actions.ts'
import { ownCalendar, workCalendar } from './calendar.store.ts'

export { newCalendar, workTimeOf, type Calendar, type OwnCalendar } from './calendar.ts'
export { workCalendar, ownCalendar, workTimeFor } from './calendar.store.ts'
export { dayAfter, instantAt, weekday } from './day.ts'
export { easter, holidayCountries, holidaysOf, nthWeekday } from './holiday.ts'
export { lastLunarDay, lunarDateOf, lunarDay, lunarEve, winterSolstice } from './lunar.ts'
export { hoursOn, isWorkingDay, startOn, workDaysLater, workStart, workStartBefore, type Shift, type WorkTime } from './work-time.ts'

const example = {
  hours: [
    { days: [1, 2, 3, 4, 5], from: '09:00', to: '12:30' },
    { days: [1, 2, 3, 4, 5], from: '13:30', to: '18:00' },
  ],
  country: 'CN',
  daysOff: ['2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07'],
  workOn: ['2026-09-20', '2026-10-10'],
}
const refused = ['work_calendar.no_day', 'work_calendar.no_hour', 'work_calendar.overlap', 'work_calendar.both'] as const

export default module('work_calendar', {
  verbs: ['read', 'write'],
  entities: [workCalendar, ownCalendar],
  events: [a.calendarChanged, a.ownCalendarChanged],
  routes: [
    route('GET /work-calendar', a.show, { can: 'work_calendar:read', summary: 'When the workspace works: days, hours, holidays' }),
    route('POST /work-calendar', a.set, {
      can: 'work_calendar:write',
      summary: 'Set when the workspace works',
      description: 'Sets the calendar as a whole. Send If-Match with the version you read to refuse a change that overlooks another one.',
      example,
      faults: ['work_calendar.version_differs', 'scope.outside', ...refused],
    }),
    route('GET /work-calendar/days', a.look, {
      can: 'work_calendar:read',
      summary: 'The days to come as they are worked, and why others are not',
      faults: ['scope.outside'],
    }),
    route('GET /holidays', a.holidays, {
      can: 'work_calendar:read',
      summary: 'Public holidays of a country, as the product computes them',
      example: { country: 'CN', year: 2027 },
    }),
    route('GET /users/{id}/work-calendar', a.showOwn, {
      can: 'work_calendar:read',
      summary: 'Where a person’s working days and hours differ',
      faults: ['user.not_found', 'scope.outside'],
    }),
    route('POST /users/{id}/work-calendar', a.setOwn, {
      can: 'work_calendar:write',
      summary: 'Set where a person’s working days and hours differ: other hours, another country, leave',
      example: { daysOff: ['2026-12-24', '2026-12-28'] },
      faults: ['user.not_found', 'own_calendar.version_differs', 'scope.outside', ...refused],
    }),
  ],
})
