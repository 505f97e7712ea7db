import { isDeepStrictEqual } from 'node:util'
import { alter, commit, create, Stale, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Fault } from '../../kernel/fault.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { joined, task, taskAt, taskChanged, taskDone, taskOpened, type Joining, type Task, type TaskRecord } from '../task/index.ts'
import { earliest, nextContact, timerFor, type Cadence } from './cadence.ts'
import { cadence, cadenceMoved, type Standing } from './cadence.store.ts'
import type { Rules } from './policy.store.ts'
import type { Want } from './want.ts'

/** What an event tells of a plan; `null` clears. */
export type Facts = { readonly [K in 'lastContactAt' | 'contactId' | 'notBefore' | 'retryAt' | 'taskId' | 'warningId']?: string | null } & {
  readonly wanted?: Want[] | null
}

/**
 * A customer's plan with what is now known: tier, next contact and timer follow. Undefined when nothing changes, so an
 * event told again writes nothing.
 * @param how `fired`: the timer has just gone off and must be set anew
 */
export function revised(ctx: Ctx, standing: Standing, rules: Rules, facts: Facts, how: { fired?: boolean } = {}): Change | undefined {
  const { plan, file, tier } = standing
  if (standing.erased) return undefined
  const kept = cleared({ since: ctx.now, ...(plan && only(plan)), ...facts })
  const everyDays = file && tier !== undefined ? (rules.policy.cadenceDays[tier] ?? undefined) : undefined
  const [soonest] = kept.wanted ?? []
  const wantedAt = file && soonest?.at
  const nextAt = file && nextContact({ ...kept, everyDays, wantedAt, lastPurchaseAt: standing.lastPurchaseAt }, rules.timeZone)
  const timer = timerFor(nextAt, { occupied: kept.taskId !== undefined, now: ctx.now, ...(!how.fired && { stands: plan?.timerAt }) })
  // What a record asks for joins the visit that is open: its time is not put off.
  const timerAt = earliest(timer, wantedAt)
  const next: Cadence = { ...kept, ...cleared({ tier, everyDays, nextAt, timerAt }) }
  if (!plan) return isEmpty(next) ? undefined : create(ctx, cadence, next, cadenceMoved, { customer: standing.customerId, own: '' }).change
  const patch = Object.fromEntries(
    FIELDS.filter((field) => !isDeepStrictEqual(plan[field], next[field])).map((field) => [field, next[field] ?? null]),
  )
  return Object.keys(patch).length === 0 ? undefined : alter(ctx, cadence, plan, patch, cadenceMoved).change
}

const FIELDS = [
  'since',
  'tier',
  'everyDays',
  'lastContactAt',
  'contactId',
  'notBefore',
  'retryAt',
  'nextAt',
  'timerAt',
  'taskId',
  'warningId',
  'wanted',
] as const satisfies readonly (keyof Cadence)[]

/** The fields that a fact or a rule settles; tier, next contact and timer are made anew. */
function only({ since, lastContactAt, contactId, notBefore, retryAt, taskId, warningId, wanted }: Cadence) {
  return { since, lastContactAt, contactId, notBefore, retryAt, taskId, warningId, wanted }
}

type Absent = null | undefined
type Given<T> = { [K in keyof T as Extract<T[K], Absent> extends never ? K : never]: T[K] } & { [K in keyof T]?: Exclude<T[K], Absent> }

/** The fields that have a value. */
function cleared<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as Given<T>
}

/** Whether a plan says nothing yet: no cadence, no contact, no visit. */
function isEmpty(plan: Cadence): boolean {
  return FIELDS.every((field) => field === 'since' || field === 'tier' || plan[field] === undefined)
}

/** The visit that the plan holds open; undefined when it is closed or in the bin by now. */
export async function openVisitOf(ctx: Ctx, { plan }: Standing): Promise<TaskRecord | undefined> {
  const found = plan?.taskId === undefined ? undefined : await taskAt(ctx, plan.taskId)
  return found && isOpen(found) ? found : undefined
}

export function isOpen(visit: TaskRecord): boolean {
  return isUnderWay(visit) && !visit.deletedAt
}

/** Whether a visit is open or would be when it comes out of the bin. */
export function isUnderWay(visit: TaskRecord): boolean {
  return visit.state === 'open' && !visit.erasedAt
}

export type Visit = Pick<Task, 'title' | 'cause' | 'sourceId' | 'reason' | 'dueAt' | 'priority' | 'valueAtStake' | 'also'>

/** A visit for a customer, in the queue of the account manager. @param own its own key, when identity comes from its cause */
export function newVisit(ctx: Ctx, standing: Standing, visit: Visit, own?: string): { record: TaskRecord; change: Change } {
  const ownerId = standing.file?.ownerId
  const fields: Task = { ...visit, state: 'open', ...(ownerId !== undefined && { ownerId }) }
  return create(ctx, task, fields, taskOpened, { customer: standing.customerId, ...(own !== undefined && { own }) })
}

/** Further causes join the visit that is open. */
export function joinVisit(ctx: Ctx, visit: TaskRecord, ...more: readonly Joining[]): Change {
  return alter(ctx, task, visit, allJoined(visit, more), taskChanged).change
}

/** A visit with every further cause. */
export function allJoined(visit: Parameters<typeof joined>[0], more: readonly Joining[]): ReturnType<typeof joined> {
  const { also, dueAt, priority, valueAtStake } = visit
  let all: ReturnType<typeof joined> = { dueAt, priority, ...(also && { also }), ...(valueAtStake && { valueAtStake }) }
  for (const one of more) all = { ...all, ...joined(all, one) }
  return all
}

/** The visit took place by itself: a contact is on the timeline. */
export function fulfilled(ctx: Ctx, visit: TaskRecord, contactId: string): Change {
  return alter(ctx, task, visit, { state: 'done', closedAt: ctx.now, outcome: 'reached', contactId }, taskDone).change
}

/** Writes what there is to write, all or none. Who was first with the same plan or visit makes us look again. */
export async function settleAll(ctx: Ctx, changes: readonly (Change | undefined)[], guards: readonly Write[] = []): Promise<void> {
  const needed = changes.filter((one) => one !== undefined)
  if (needed.length === 0) return
  try {
    await commit(ctx, needed, undefined, guards)
  } catch (error) {
    if (error instanceof Fault && TAKEN.has(error.code)) throw new Stale(error.message)
    throw error
  }
}
const TAKEN = new Set(['cadence.exists', 'task.exists'])
