import type { CloudEvent } from '../../kernel/cloud-event.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, missing } from '../../kernel/fault.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import type { Stretch } from '../../kernel/page.ts'
import { duePartition } from '../../kernel/place.ts'
import { keyNames, shardOf, shards, ttlName } from '../../kernel/table/shape.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { deliveryStates, expiryOf, type Delivery, type DeliveryState } from './delivery.ts'

/**
 * Deliveries are upkeep, not records: no event tells of them, and the table drops them a month after their end. One is an
 * item of a unit or two, listed under its webhook (`owner` index) and, while it waits, due (`due` index).
 */
export const DELIVERIES_JOB = 'deliveries'

export const deliveryId = (key: string): string => `dlv_${key}`
export const deliveryPlace = (id: string): Key => ({ pk: `delivery#${id.slice('dlv_'.length)}`, sk: 'delivery' })
const SHAPE = new RegExp(`^dlv_[0-9A-Za-z]{${KEY_LENGTH}}$`)

const { pk: opk, sk: osk } = keyNames.owner
const { pk: dpk, sk: dsk } = keyNames.due

function itemOf(delivery: Delivery): Item {
  const { id, webhookId, state, createdAt, nextAt } = delivery
  return {
    ...deliveryPlace(id),
    ...delivery,
    // As text, since a map comes back in another order, and what is sent is to be the same at every attempt.
    event: JSON.stringify(delivery.event),
    [opk]: webhookId,
    [osk]: `${prefixOf(state)}${createdAt}#${id}`,
    row: rowOf(delivery),
    ...(nextAt !== undefined && { [dpk]: duePartition(DELIVERIES_JOB, shardOf(id, shards.due)), [dsk]: `${nextAt}#${id}` }),
    [ttlName]: expiryOf(delivery),
  }
}

/** What lists show of a delivery. */
export function rowOf({ id, event, state, attempts, createdAt, nextAt, endedAt, reason }: Delivery) {
  const last = attempts.at(-1)
  return {
    id,
    eventId: event.id,
    type: event.type,
    state,
    attempts: attempts.length,
    ...(last?.status !== undefined && { lastStatus: last.status }),
    ...(last?.error !== undefined && { lastError: last.error }),
    ...(last?.ms !== undefined && { lastMs: last.ms }),
    createdAt,
    ...(nextAt !== undefined && { nextAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(reason && { reason }),
  }
}

export function deliveryIn(item: Item): Delivery {
  const { pk: _, sk: __, opk: _3, osk: _4, dpk: _5, dsk: _6, row: _7, expires: _8, ...delivery } = item
  return { ...delivery, event: JSON.parse(String(delivery['event'])) as CloudEvent } as unknown as Delivery
}

const prefixOf = (state: DeliveryState): string => `delivery#${state}#`

/** A webhook's deliveries by when they were begun, of one state or of all. */
export function deliveriesOf(webhookId: string, state?: DeliveryState): Stretch[] {
  return (state ? [state] : deliveryStates).map((one) => ({ index: 'owner', pk: webhookId, begins: prefixOf(one) }))
}

/** @param before the delivery as it was read; absent for one that must not be there yet */
export function keepDelivery(delivery: Delivery, before?: Delivery): Write {
  return { put: itemOf(delivery), if: before ? { equals: { rev: before.rev } } : { absent: true } }
}

/** @throws Fault `missing` */
export async function findDelivery(ctx: Ctx, id: string): Promise<Delivery> {
  const item = SHAPE.test(id) ? await ctx.table.get(deliveryPlace(id)) : undefined
  if (!item) throw missing('delivery', id)
  return deliveryIn(item)
}

/** Holds that a delivery is over. @throws Fault `conflict` */
export function mustBeOver({ state, nextAt }: Delivery): void {
  if (state === 'waiting') throw fault('conflict', 'delivery.waiting', `This delivery is on its way; its next attempt is due at ${nextAt}.`)
}
