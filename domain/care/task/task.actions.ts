import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { money } from '../../kernel/money.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView, work, type Page } from '../../kernel/page.ts'
import { amend, find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { customer, fileUnmoved } from '../../customer/customer/index.ts'
import { mustBeActive } from '../../platform/user/index.ts'
import { NOBODY, outcomes, priorities, taskStates, type Task } from './task.ts'
import { customerFacet, task, type TaskRecord } from './task.store.ts'

export const taskOpened = event('task.opened', 'A contact with a customer was planned')
export const taskChanged = event('task.changed', 'A planned contact changed')
export const taskDone = event('task.done', 'A planned contact took place, or was tried')
export const taskCancelled = event('task.cancelled', 'A planned contact is no longer needed')
export const taskReopened = event('task.reopened', 'A closed task was opened again')
export const taskOverdue = event('task.overdue', 'A task is two working days late and was put before the team’s lead')
/** Housekeeping: days off lie between. */
export const taskWaits = event('task.waits', 'A late task waits for the working days of whose it is', { published: false })
export const taskDeleted = event('task.deleted', 'A task was put in the bin')
export const taskRestored = event('task.restored', 'A task was taken out of the bin')

const customerId = () => z.string()
const view = () => z.intersection(viewOf(task), z.object({ customerId: customerId() }))
const row = () => z.intersection(rowView(task), z.object({ customerId: customerId().optional() }))

/** A task with whom it concerns. */
const seen = <T extends { id: string }>(one: T): T & { customerId: string } => ({ ...one, customerId: customerIdIn(one.id) })
const byId = () => ({ id: idOf(task) })

const planInput = () =>
  z.strictObject({
    id: idOf(customer),
    title: f.line(200),
    dueAt: f.instant(),
    reason: f.line(500).optional(),
    ownerId: z.string().max(64).optional().describe('who does it; the customer’s account manager unless named, else the caller'),
    priority: z.enum(priorities).default('normal'),
    valueAtStake: money().optional(),
  })

/** Plans a contact by hand. */
export const plan = action(
  'task.create',
  () => ({ input: planInput(), output: view() }),
  async (ctx, { id, ownerId, ...rest }) => {
    const file = await find(ctx, customer, id)
    await mustBeActive(ctx, ownerId, 'ownerId')
    const owner = ownerId ?? file.ownerId ?? (ctx.actor.kind === 'user' ? ctx.actor.id : undefined)
    const dueAt = dueMoment(ctx, rest.dueAt)
    const fields: Task = { ...given(rest), dueAt, cause: 'manual', state: 'open', ...(owner !== undefined && { ownerId: owner }) }
    const { record, change } = create(ctx, task, fields, taskOpened, { customer: id })
    return commit(ctx, [change], seen(record), [fileUnmoved({ file, customerId: id })])
  },
)

export const show = action(
  'task.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => seen(await find(ctx, task, id)),
)

const changeable = () => ({
  title: f.line(200),
  dueAt: f.instant(),
  reason: f.line(500).optional(),
  priority: z.enum(priorities),
  valueAtStake: money().optional(),
  ownerId: z.string().max(64).optional(),
})

/** Changes an open task: what, when, who. */
export const change = action(
  'task.change',
  () => ({ input: z.strictObject({ ...byId(), ...f.patchOf(changeable()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    await mustBeActive(ctx, patch.ownerId, 'ownerId')
    const moved = patch.dueAt === undefined ? patch : { ...patch, dueAt: dueMoment(ctx, patch.dueAt) }
    return seen(await amend(ctx, task, id, moved, taskChanged, (_after, before) => mustBeOpen(before)))
  },
)

/** Records what came of the contact; the task is done. */
export const done = action(
  'task.done',
  () => ({ input: z.strictObject({ ...byId(), outcome: z.enum(outcomes), note: f.prose(4_000).optional() }), output: view() }),
  async (ctx, { id, ...result }) => {
    const before = await find(ctx, task, id)
    mustBeOpen(before)
    const { record, change } = alter(ctx, task, before, { ...given(result), state: 'done', closedAt: ctx.now }, taskDone)
    return commit(ctx, [change], seen(record))
  },
)

export const cancel = action(
  'task.cancel',
  () => ({ input: z.strictObject({ ...byId(), reason: f.line(300) }), output: view() }),
  async (ctx, { id, reason }) => {
    const before = await find(ctx, task, id)
    mustBeOpen(before)
    const { record, change } = alter(ctx, task, before, { state: 'cancelled', closedAt: ctx.now, cancelReason: reason }, taskCancelled)
    return commit(ctx, [change], seen(record))
  },
)

/** Takes back a closing: the outcome is cleared, the due time stays. Not while the customer is in the bin. */
export const reopen = action(
  'task.reopen',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, task, id)
    if (before.state === 'open') throw fault('conflict', 'task.not_closed', 'This task is open.')
    const stands = await customerStands(ctx, id)
    const cleared = { closedAt: null, outcome: null, note: null, cancelReason: null, contactId: null }
    const kept = before.state === 'cancelled' ? { keptAt: ctx.now } : {}
    const { record, change } = alter(ctx, task, before, { state: 'open', ...cleared, ...kept }, taskReopened)
    return commit(ctx, [change], seen(record), [stands])
  },
)

export const bin_ = action(
  'task.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, task, id)
    await mustMatch(ctx, task, before, {})
    const { record, change } = alter(ctx, task, before, { deletedAt: ctx.now }, taskDeleted)
    return commit(ctx, [change], seen(record))
  },
)

export const restore = action(
  'task.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, task, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'task.not_deleted', 'This task is not in the bin.')
    const stands = before.state === 'open' ? [await customerStands(ctx, id)] : []
    const { record, change } = alter(ctx, task, before, { deletedAt: null }, taskRestored)
    return commit(ctx, [change], seen(record), stands)
  },
)

const stateInput = () => z.enum(taskStates).default('open')

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    ownerId: z.string().max(64).optional().describe(`whose; one’s own unless named; ${NOBODY}: of customers without an account manager`),
    state: stateInput(),
    deleted: z.enum(['true', 'false']).optional().describe('what is in the bin'),
  })

/** A person's tasks: open ones by due time, closed ones latest first. */
export const list = action(
  'task.list',
  () => ({ input: listInput(), output: pageOf(row()) }),
  async (ctx, input) => {
    if (input.deleted === 'true') {
      if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may read all tasks sees the bin.')
      return pageSeen(await listPage(ctx, task, bin(task), input, { descending: true }), input.fields)
    }
    const whose = work(ctx, task, `${input.state}#`, input.ownerId ?? ctx.actor.id)
    return pageSeen(await listPage(ctx, task, whose, input, { descending: input.state !== 'open' }), input.fields)
  },
)

/** A customer's tasks: open ones by due time, closed ones latest first. */
export const listOfCustomer = action(
  'task.list_of_customer',
  () => ({ input: z.strictObject({ ...pageInput(), id: idOf(customer), state: stateInput() }), output: pageOf(row()) }),
  async (ctx, { id, ...input }) => {
    const theirs = facet(task, customerFacet(id), `${input.state}#`)
    const [page] = await Promise.all([listPage(ctx, task, theirs, input, { descending: input.state !== 'open' }), find(ctx, customer, id)])
    return pageSeen(page, input.fields)
  },
)

/** A page of tasks with whom each concerns, unless only some fields were asked for. */
function pageSeen<T extends { id: string }>(page: Page<T>, fields: string | undefined): Page<T & { customerId?: string }> {
  return fields === undefined ? { ...page, items: page.items.map(seen) } : page
}

/**
 * Holds that a task's customer is not in the bin, now and, by the check given back, when the task is written.
 * @param id any id that carries the customer's key
 * @throws Fault `missing`
 */
async function customerStands(ctx: Ctx, id: string): Promise<Write> {
  const customerId = customerIdIn(id)
  const place = placeOf(customer, customerId)
  const file = await ctx.table.get(place)
  if (!file || file['deletedAt']) throw missing(customer.noun, customerId)
  return { check: place, if: { equals: { deletedAt: undefined } } }
}

function mustBeOpen(before: TaskRecord): void {
  if (before.state !== 'open')
    throw fault('conflict', 'task.closed', `This task is ${before.state} since ${before.closedAt ?? before.updatedAt}.`)
}

/** How far ahead a task may be due. Days. */
const LONGEST_AHEAD = 3_660

/** A due time as it is kept, so that it sorts as text. */
function dueMoment(ctx: Ctx, dueAt: string): Instant {
  const at = new Date(dueAt).toISOString()
  if (at > daysLater(ctx.now, LONGEST_AHEAD)) throw invalid('due_at.too_far', 'dueAt', `A task is due within ${LONGEST_AHEAD} days.`)
  return at
}

/** The fields that were given. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
