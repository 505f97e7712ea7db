import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { seriesShape } from './series.ts'

/** Contacts with a customer that repeat. Its tasks are opened one at a time, each when its day has come. */
export const series = entity({
  noun: 'task_series',
  prefix: 'ser',
  home: 'customer',
  fields: () => z.object(seriesShape()),
  due: { on: ['timerAt'], key: ({ timerAt }) => (timerAt === undefined ? undefined : { job: 'series', at: timerAt }) },
  responsible: 'ownerId',
  personal: ['title', 'reason'],
})
export type SeriesRecord = RecordOf<typeof series>

export const seriesOpened = event('task_series.opened', 'A recurring series of contacts was planned')
export const seriesChanged = event('task_series.changed', 'A recurring series of contacts changed')
export const seriesStopped = event('task_series.stopped', 'A recurring series of contacts was stopped')
/** Housekeeping: a day of the series has come. The task that it opens tells of itself. */
export const seriesMoved = event('task_series.moved', 'A recurring series went on to its next day', { published: false })
