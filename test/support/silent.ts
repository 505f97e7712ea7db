import { create } from '../../domain/kernel/commit.ts'
import { dayFrom } from '../../domain/kernel/clock.ts'
import type { Entity } from '../../domain/kernel/entity.ts'
import { newKey } from '../../domain/kernel/id.ts'
import { itemOf } from '../../domain/kernel/place.ts'
import type { Item } from '../../domain/kernel/table/table.ts'
import { customer, customerCreated } from '../../domain/customer/customer/index.ts'
import { history, historyChanged } from '../../domain/customer/purchase/index.ts'
import { rhythm, rhythmTimed } from '../../domain/insight/rhythm/index.ts'
import type { Crm } from './crm.ts'

/** Customers written beside the API, as many as a test of cost needs: file, history and churn timer of each. */

export interface Planted {
  ownerId?: string
  /** Of a purchase every 30 days, in minor units. */
  amount: number
  /** Day of the last of five purchases, in whole days since 1970-01-01. */
  lastDay: number
  /** When the churn timer fires. */
  dueAt: string
  country?: string
}

/** Writes customers; their ids in order. */
export async function plantCustomers(crm: Crm, count: number, of: (n: number) => Planted): Promise<string[]> {
  const ctx = crm.ctx()
  const ids: string[] = []
  let items: Item[] = []
  const stamp = { type: 'planted', actor: 'test', action: 'test', request: 'test', write: 1, at: ctx.now, quiet: true as const }
  const put = async () => {
    const batches = Array.from({ length: Math.ceil(items.length / 90) }, (_, n) => items.slice(n * 90, n * 90 + 90))
    items = []
    for (const batch of batches) await crm.table.writeAll(batch.map((item) => ({ put: item })))
  }
  const add = <N extends string, F extends object>(kind: Entity<N, F>, record: Parameters<typeof itemOf<F>>[1]) =>
    void items.push(itemOf(kind, record, stamp))
  for (let n = 0; n < count; n++) {
    const { ownerId, amount, lastDay, dueAt, country } = of(n)
    const firstDay = lastDay - 120
    const at = (day: number) => `${dayFrom(day)}T10:00:00.000Z`
    const file = {
      kind: 'person' as const,
      name: `Planted ${n}`,
      emails: [],
      phones: [],
      messaging: [],
      externalIds: [],
      addresses: [],
      interests: [],
      tags: [],
      custom: {},
      lifecycle: 'customer' as const,
      lifecycleSince: at(firstDay),
      ...(ownerId !== undefined && { ownerId }),
      ...(country !== undefined && { country }),
    }
    const { record } = create(ctx, customer, file, customerCreated, { own: newKey(Date.parse(ctx.now), ctx.random) })
    ids.push(record.id)
    const sums = {
      firstDay,
      lastDay,
      x: 4,
      repeatSpend: 4 * amount,
      count: 5,
      gross: 5 * amount,
      returned: 0,
      net: 5 * amount,
      firstAt: at(firstDay),
      lastAt: at(lastDay),
      yearNet: 5 * amount,
      yearNetAt: at(lastDay),
    }
    add(customer, record)
    add(history, create(ctx, history, sums, historyChanged, { customer: record.id, own: '' }).record)
    add(rhythm, create(ctx, rhythm, { state: 'waiting', dueAt }, rhythmTimed, { customer: record.id, own: '' }).record)
    if (items.length > 3_000) await put()
  }
  await put()
  return ids
}
