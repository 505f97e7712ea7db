import * as z from 'zod'
import { action } from '../../domain/kernel/action.ts'
import { alter, commit, create } from '../../domain/kernel/commit.ts'
import type { Ctx } from '../../domain/kernel/context.ts'
import { entity, type Entity, type RecordOf } from '../../domain/kernel/entity.ts'
import { dueSchema, event, every, happenedSchema } from '../../domain/kernel/event.ts'
import { keyOf, makeId, timeKey } from '../../domain/kernel/id.ts'
import { eventStamp, itemOf } from '../../domain/kernel/place.ts'
import { find } from '../../domain/kernel/record.ts'
import type { Crm } from '../support/crm.ts'

/** A kind of record of the tests' own, so that they stand whatever the product's modules become. */
export const visit = entity({
  noun: 'visit',
  prefix: 'vis',
  home: 'customer',
  fields: () => z.object({ state: z.enum(['open', 'done']), dueAt: z.string(), remark: z.string().optional(), round: z.number() }),
  personal: ['remark'],
  due: { on: ['state', 'dueAt'], key: ({ state, dueAt }) => (state === 'open' ? { job: 'visits', at: dueAt } : undefined) },
})
export type Visit = RecordOf<typeof visit>
export const kinds: ReadonlyMap<string, Entity> = new Map([[visit.noun, visit as unknown as Entity]])

export const visitPlanned = event('visit.planned', 'A visit was planned')
export const visitNoted = event('visit.noted', 'Something was noted', { published: false })
export const visitDone = event('visit.done', 'A visit was made')

/** The id of the nth customer; nobody has to have opened its file. */
export const customerNo = (n: number): string => makeId('cus', timeKey(1_700_000_000_000) + String(n).padStart(12, '0'))

export async function plan(ctx: Ctx, customer: string, dueAt: string): Promise<Visit> {
  const { record, change } = create(ctx, visit, { state: 'open', dueAt, round: 1 }, visitPlanned, { customer })
  return commit(ctx, [change], record)
}

export async function note(ctx: Ctx, id: string, remark: string): Promise<Visit> {
  const before = await find(ctx, visit, id)
  const { record, change } = alter(ctx, visit, before, { remark, round: before.round + 1 }, visitNoted)
  return commit(ctx, [change], record)
}

/** Does a due visit, unless it was done or moved meanwhile. */
export const finish = action(
  'visit.finish',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const before = await find(ctx, visit, id)
    if (before.state === 'done' || before.dueAt > ctx.now) return {}
    const { record, change } = alter(ctx, visit, before, { state: 'done' }, visitDone)
    await commit(ctx, [change], record)
    return {}
  },
)

export const visits = every('rate(1 hour)', { kind: 'due', name: 'visits', each: finish }, 'Visits that are due')

/** After a visit, the next one: its identity comes from the visit, so it is planned once however often this is told. */
export const follow = action(
  'visit.follow',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { recordId, at }) => {
    const own = keyOf(Date.parse(at), Buffer.from(recordId.slice(-9)))
    const id = visit.id(own, recordId)
    const dueAt = '2027-11-22T09:00:00.000Z'
    try {
      await find(ctx, visit, id)
    } catch {
      const { record, change } = create(ctx, visit, { state: 'open', dueAt, round: 2 }, visitNoted, { customer: recordId, own })
      await commit(ctx, [change], record)
    }
    return {}
  },
)

/** Visits of as many customers, written straight into the table. */
export async function plant(crm: Crm, count: number, dueAt: (n: number) => string): Promise<void> {
  const ctx = crm.ctx()
  const puts = Array.from({ length: count }, (_, n) => {
    const { record } = create(ctx, visit, { state: 'open', dueAt: dueAt(n), round: 1 }, visitPlanned, { customer: customerNo(n) })
    return { put: itemOf(visit, record, eventStamp(ctx, visitPlanned, 1)) }
  })
  for (let from = 0; from < puts.length; from += 100) await crm.table.writeAll(puts.slice(from, from + 100))
}
