import * as z from 'zod'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { money, type Money } from '../../kernel/money.ts'
import { dayIn } from '../../kernel/zone.ts'
import { dayAfter, instantAt, workDaysLater, workStart, type WorkTime } from '../../platform/calendar/index.ts'

/** Why a customer is to be contacted. */
export const causes = ['cadence', 'warning', 'complaint', 'contract', 'after_sales', 'series', 'greeting', 'manual'] as const
export type Cause = (typeof causes)[number]

export const taskStates = ['open', 'done', 'cancelled'] as const
export type TaskState = (typeof taskStates)[number]

export const priorities = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]

/** What came of a contact. */
export const outcomes = ['reached', 'no_answer', 'sold', 'complaint', 'other'] as const
export type Outcome = (typeof outcomes)[number]

/** Causes of a customer's plan of contacts: of these one visit is open at a time. The others stand beside it. */
export const PLANNED: ReadonlySet<Cause> = new Set(['cadence', 'warning', 'complaint', 'contract', 'after_sales'])

/** A task may be this late before it escalates: days of 24 hours, and working days of whose it is. */
export const ESCALATE_AFTER_DAYS = 2

/** Whose queue holds the tasks of customers without an account manager. */
export const NOBODY = 'nobody'

/** A cause that joined a task already open: noted, not piled up. */
export const furtherCause = () =>
  z.strictObject({ cause: z.enum(causes), sourceId: z.string().optional(), reason: f.line(500), at: f.instant() })
export type FurtherCause = z.output<ReturnType<typeof furtherCause>>

/** Causes that one task may carry besides its own. */
export const FURTHER_CAUSES = 10

export const taskShape = () => ({
  title: f.line(200),
  cause: z.enum(causes),
  /** The record that caused it: a warning, a ticket, a contract. */
  sourceId: z.string().optional(),
  /** Why, in words and numbers. */
  reason: f.line(500).optional(),
  also: z.array(furtherCause()).max(FURTHER_CAUSES).optional(),
  ownerId: z.string().optional(),
  dueAt: f.instant(),
  priority: z.enum(priorities),
  valueAtStake: money().optional(),
  state: z.enum(taskStates),
  closedAt: f.instant().optional(),
  outcome: z.enum(outcomes).optional(),
  note: f.prose(4_000).optional(),
  cancelReason: f.line(300).optional(),
  /** When someone last took back its cancelling: since then only people close it, whatever becomes of what it was for. */
  keptAt: f.instant().optional(),
  /** The interaction that was the contact, when the timeline closed the task. */
  contactId: z.string().optional(),
  /** Until when a task that is due at a time may wait, where days off lie between. */
  waits: z.strictObject({ dueAt: f.instant(), until: f.instant() }).optional(),
  /** When it was found overdue: once in its life. */
  escalatedAt: f.instant().optional(),
  /** Who leads the owner's team, told when the task is overdue. */
  escalatedTo: z.string().optional(),
})
export type Task = z.output<z.ZodObject<ReturnType<typeof taskShape>>>

/** Where an open task stands by its due time, a closed one by the time it was closed. */
export function orderOf(task: Pick<Task, 'state' | 'dueAt' | 'closedAt'>): Instant {
  return task.state === 'open' ? task.dueAt : (task.closedAt ?? task.dueAt)
}

/** When a task escalates, or is looked at for it: open, not yet escalated, two days late, and no longer waiting for working days. */
export function escalatesAt({
  state,
  dueAt,
  escalatedAt,
  waits,
}: Pick<Task, 'state' | 'dueAt' | 'escalatedAt' | 'waits'>): Instant | undefined {
  if (state !== 'open' || escalatedAt) return undefined
  const soonest = daysLater(dueAt, ESCALATE_AFTER_DAYS)
  return waits?.dueAt === dueAt && waits.until > soonest ? waits.until : soonest
}

/** When somebody who works so has had two working days for a task: as the second one after the day it was due begins. */
export function patienceFor(dueAt: Instant, work: WorkTime): Instant {
  const next = instantAt(dayAfter(dayIn(dueAt, work.timeZone), 1), '00:00', work.timeZone)
  const until = workDaysLater(workStart(next, work), ESCALATE_AFTER_DAYS - 1, work)
  const soonest = daysLater(dueAt, ESCALATE_AFTER_DAYS)
  return until > soonest ? until : soonest
}

/** One step more urgent. */
export function raised(priority: Priority): Priority {
  return priorities[priorities.indexOf(priority) + 1] ?? 'urgent'
}

/** The more urgent of two. */
export function moreUrgent(a: Priority, b: Priority): Priority {
  return priorities.indexOf(a) >= priorities.indexOf(b) ? a : b
}

/** Every cause a task carries, its own first. */
export function causesOf(task: Pick<Task, 'cause' | 'sourceId' | 'reason' | 'also' | 'dueAt'>): Pick<FurtherCause, 'cause' | 'sourceId'>[] {
  return [{ cause: task.cause, sourceId: task.sourceId }, ...(task.also ?? [])]
}

/** Whether a task already carries a cause. Of the cadence there is one, so its source does not matter. */
export function carries(task: Pick<Task, 'cause' | 'sourceId' | 'reason' | 'also' | 'dueAt'>, cause: Cause, sourceId?: string): boolean {
  return causesOf(task).some((one) => one.cause === cause && (cause === 'cadence' || one.sourceId === sourceId))
}

/** A further reason for the same visit: what must be done earlier, is dearer or more urgent counts. */
export interface Joining extends FurtherCause {
  dueAt: Instant
  priority: Priority
  valueAtStake?: Money | undefined
}

/** The change by which a further cause joins an open task: one visit, the earliest time, every reason kept. */
export function joined(
  task: Pick<Task, 'also' | 'dueAt' | 'priority' | 'valueAtStake'>,
  more: Joining,
): Pick<Task, 'also' | 'dueAt' | 'priority' | 'valueAtStake'> {
  const { dueAt, priority, valueAtStake, ...cause } = more
  const value = dearer(task.valueAtStake, valueAtStake)
  return {
    also: [...(task.also ?? []), cause].slice(-FURTHER_CAUSES),
    dueAt: dueAt < task.dueAt ? dueAt : task.dueAt,
    priority: moreUrgent(task.priority, priority),
    ...(value && { valueAtStake: value }),
  }
}

function dearer(a: Money | undefined, b: Money | undefined): Money | undefined {
  if (!a || !b) return a ?? b
  return a.currency === b.currency && b.amount > a.amount ? b : a
}

/**
 * What is left of a task when one of its causes ends: the task without it, or nothing when it was the only one.
 * The next cause in line takes the place of an own cause that ended.
 */
export function without(
  task: Task,
  cause: Cause,
  sourceId: string | undefined,
): Pick<Task, 'cause' | 'sourceId' | 'reason' | 'also'> | undefined {
  const own: FurtherCause = {
    cause: task.cause,
    reason: task.reason ?? task.title,
    at: task.dueAt,
    ...(task.sourceId !== undefined && { sourceId: task.sourceId }),
  }
  const [first, ...rest] = [own, ...(task.also ?? [])].filter((one) => one.cause !== cause || one.sourceId !== sourceId)
  if (!first) return undefined
  return { cause: first.cause, sourceId: first.sourceId, reason: first.reason, also: rest }
}
