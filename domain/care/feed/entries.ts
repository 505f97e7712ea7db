import { daysLater } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { sayMoney } from '../../kernel/money.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { customer } from '../../customer/customer/index.ts'
import type { DealRecord } from '../../sales/deal/index.ts'
import type { Priority, TaskRecord } from '../task/index.ts'
import type { Appointment } from './ics.ts'

/** How far back and ahead a calendar shows open tasks. Days. */
const BACK_DAYS = 30
const AHEAD_DAYS = 180
/** Rows of a kind, at most: about 8 read units when full. */
const MOST_TASKS = 200
const MOST_DEALS = 100
/** What a task takes in the calendar. */
const MINUTES = 30

type Row<R> = Partial<R> & { id: string }

/** A person's own open tasks by due time, and their open deals on the day they are to close: three bounded reads. */
export async function entriesOf(ctx: Ctx): Promise<Appointment[]> {
  const [tasks, deals] = await Promise.all([tasksOf(ctx), dealsOf(ctx)])
  const nameOf = await namesOf(
    ctx,
    [...tasks, ...deals].map(({ id }) => id),
  )
  return [...tasks.flatMap((one) => taskEntry(one, nameOf(one.id))), ...deals.flatMap((one) => dealEntry(one, nameOf(one.id)))]
}

async function tasksOf(ctx: Ctx): Promise<Row<TaskRecord>[]> {
  const [from, to] = [daysLater(ctx.now, -BACK_DAYS), daysLater(ctx.now, AHEAD_DAYS)].map((at) => `task#open#${at}`)
  const { items } = await ctx.table.query({ index: 'owner', pk: ctx.actor.id, ...(from && { from }), ...(to && { to }), limit: MOST_TASKS })
  return items.map((item) => item['row'] as Row<TaskRecord>)
}

async function dealsOf(ctx: Ctx): Promise<Row<DealRecord>[]> {
  if (!scopeOf(ctx.actor, 'deal:read')) return []
  const { items } = await ctx.table.query({ index: 'owner', pk: ctx.actor.id, begins: 'deal#open#', limit: MOST_DEALS })
  return items.map((item) => item['row'] as Row<DealRecord>)
}

/** Names of the customers, for who may read them: the first hundred. */
async function namesOf(ctx: Ctx, ids: readonly string[]): Promise<(id: string) => string | undefined> {
  const wanted = [...new Set(ids.map((id) => customerIdIn(id)))].slice(0, 100)
  if (wanted.length === 0 || !scopeOf(ctx.actor, 'customer:read')) return () => undefined
  const items = await ctx.table.getAll(
    wanted.map((id) => placeOf(customer, id)),
    { eventual: true },
  )
  const names = new Map<string, unknown>(wanted.map((id, at) => [id, items[at]?.['name']]))
  return (id) => {
    const name = names.get(customerIdIn(id))
    return typeof name === 'string' ? name : undefined
  }
}

const PRIORITY: Readonly<Record<Priority, number>> = { urgent: 1, high: 3, normal: 5, low: 9 }

function taskEntry({ id, title, dueAt, reason, cause, priority, valueAtStake }: Row<TaskRecord>, name: string | undefined): Appointment[] {
  if (dueAt === undefined) return []
  const value = valueAtStake && `${sayMoney(valueAtStake)} at stake`
  const description = [reason, value].filter((one) => one !== undefined).join('\n')
  return [
    {
      uid: `${id}@crm`,
      when: { at: dueAt, minutes: MINUTES },
      summary: titled(title ?? 'Task', name),
      categories: cause === undefined ? [] : [cause],
      priority: priority && PRIORITY[priority],
      ...(description !== '' && { description }),
    },
  ]
}

function dealEntry({ id, name: title, expectedClose, stage, value }: Row<DealRecord>, name: string | undefined): Appointment[] {
  if (expectedClose === undefined) return []
  const facts = [stage && `Stage ${stage}`, value && sayMoney(value)].filter((one) => typeof one === 'string')
  return [
    {
      uid: `${id}@crm`,
      when: { day: expectedClose },
      summary: titled(`To close: ${title ?? 'deal'}`, name),
      categories: ['deal'],
      ...(facts.length > 0 && { description: facts.join(', ') }),
    },
  ]
}

const titled = (title: string, name: string | undefined): string => (name === undefined ? title : `${title} – ${name}`)
