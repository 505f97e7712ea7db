import * as z from 'zod'
import type { CloudEvent } from '../../kernel/cloud-event.ts'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'
import { typePattern } from '../event/index.ts'

/** To the bus: all who listen there, the product's own reactions and webhooks included, which know a repeat by its id. */
export const BUS = 'bus'

/** Where past events are told anew, other than a webhook. @throws what keeps them from being taken; they are told again then */
export interface Bus {
  tell(events: readonly CloudEvent[]): Promise<void>
}

const pageNumber = () => z.int().min(0).max(1e12)

/** Past events told once more, in the order in which they were seen: where to, which, and how far it has come. */
export const replay = entity({
  noun: 'replay',
  prefix: 'rpl',
  home: 'workspace',
  fields: () =>
    z.object({
      to: z.string().describe('`bus`, or a webhook'),
      from: f.instant(),
      until: f.instant(),
      types: z.array(typePattern()).min(1).max(100),
      state: z.enum(['running', 'done', 'cancelled', 'failed']),
      told: z.int().min(0).max(1e12).describe('events told so far'),
      startedAt: f.instant(),
      startedBy: z.string(),
      endedAt: f.instant().optional(),
      /** Where it goes on: a page of the feed and entries of it; and the page before which it ends. */
      page: pageNumber(),
      index: pageNumber(),
      end: pageNumber(),
    }),
  row: ['to', 'from', 'until', 'types', 'state', 'told', 'startedAt', 'endedAt'],
  list: { on: ['startedAt'], key: ({ startedAt }) => ({ facet: 'all', order: startedAt }) },
  due: {
    on: ['state', 'startedAt'],
    key: ({ state, startedAt }) => (state === 'running' ? { job: REPLAYS_JOB, at: startedAt } : undefined),
  },
})
export type ReplayRecord = RecordOf<typeof replay>

export const REPLAYS_JOB = 'replays'
