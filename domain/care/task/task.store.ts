import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { keyOf, keysOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { escalatesAt, NOBODY, orderOf, taskShape, type Task } from './task.ts'

/** A contact to be made with a customer: a revisit. */
export const task = entity({
  noun: 'task',
  prefix: 'tas',
  home: 'customer',
  fields: () => z.object(taskShape()),
  row: [
    'title',
    'cause',
    'sourceId',
    'reason',
    'ownerId',
    'dueAt',
    'priority',
    'valueAtStake',
    'state',
    'closedAt',
    'outcome',
    'escalatedAt',
    'escalatedTo',
  ],
  /** A customer's tasks by state and time. */
  list: { on: ['state', 'dueAt', 'closedAt'], key: (one, id) => ({ facet: customerFacet(id), order: `${one.state}#${orderOf(one)}` }) },
  owner: {
    on: ['ownerId', 'state', 'dueAt', 'closedAt'],
    key: (one) => ({ user: one.ownerId ?? NOBODY, state: one.state, at: orderOf(one) }),
  },
  due: {
    on: ['state', 'dueAt', 'escalatedAt', 'waits'],
    key: (one) => {
      const at = escalatesAt(one)
      return at === undefined ? undefined : { job: 'tasks', at }
    },
  },
  responsible: 'ownerId',
  personal: ['title', 'reason', 'also', 'note', 'cancelReason'],
})
export type TaskRecord = RecordOf<typeof task>

/** The facet of the list index that holds one customer's tasks. @param id any id that carries the customer's key */
export function customerFacet(id: string): string {
  return `of-${keysOf(id).first}`
}

/**
 * The own key of the task that a record causes: the same however often its event is told, so a second one cannot be.
 * @param at when the record came to be; must never change
 */
export function taskKeyFor(sourceId: string, at: Instant): string {
  return keyOf(Date.parse(at), createHash('sha256').update(`task ${sourceId}`).digest())
}

/** A task by id, deleted ones too; undefined when there is none. Strongly consistent, for reactions and due work. */
export async function taskAt(ctx: Ctx, id: string): Promise<TaskRecord | undefined> {
  const item = await ctx.table.get(placeOf(task, id))
  return item && recordIn<'task', Task>(item)
}

const PAGE = 50

/** A customer's open tasks, strongly consistent, a page at a time over all of the customer's tasks. */
export async function* openTasksOf(ctx: Ctx, customerId: string): AsyncGenerator<TaskRecord[]> {
  const pk = `customer#${keysOf(customerId).first}`
  let after: Record<string, unknown> | undefined
  do {
    const { items, last } = await ctx.table.query({ pk, begins: 'task#', limit: PAGE, ...(after && { after }) })
    const open = items.map((item) => recordIn<'task', Task>(item)).filter((one) => one.state === 'open' && !one.deletedAt && !one.erasedAt)
    if (open.length > 0) yield open
    after = last
  } while (after)
}
