import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import * as f from '../../kernel/fields.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'

/** The weekly look at the whole table, step by step; there is one at a time. */
export const inspection = entity({
  noun: 'inspection',
  prefix: 'isp',
  home: 'workspace',
  single: true,
  fields: () =>
    z.object({
      state: z.enum(['running', 'done']),
      startedAt: f.instant(),
      finishedAt: f.instant().optional(),
      dueAt: f.instant().optional(),
      /** The key it has come to; without anything personal. */
      after: z.record(z.string(), z.string()).optional(),
      items: z.int().min(0),
      /** How much was found of each invariant. */
      found: z.record(z.string(), z.int().min(0)),
    }),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt === undefined ? undefined : { job: 'inspections', at: dueAt }) },
})
export type InspectionRecord = RecordOf<typeof inspection>

export const inspectionBegun = event('inspection.begun', 'A look at the whole table began')
export const inspectionMoved = event('inspection.moved', 'A look at the whole table went on', { published: false })
export const inspectionDone = event('inspection.done', 'A look at the whole table is done, with what it found')

export const INSPECTION_KEY = '0'.repeat(KEY_LENGTH)
