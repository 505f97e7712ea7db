import { cloudEvent, type CloudEvent } from '../../kernel/cloud-event.ts'
import type { Happened } from '../../kernel/event.ts'
import { listPartition, logKey } from '../../kernel/place.ts'
import { keyNames } from '../../kernel/table/shape.ts'
import type { Item, Key, Table } from '../../kernel/table/table.ts'

/** Where a customer's events lie in the `list` index: by time, across all of their records. */
export const ofCustomer = (customerId: string): string => listPartition('event', customerId, 0)

/**
 * The log's item of an event: beside its record, one a version. Those that others hear of are listed under their customer
 * too. @param told the stream's sequence number, and whether the event is for the product alone
 */
export function logItem(place: Key, event: Happened, told: { sequence: string; quiet: boolean }): Item {
  const listed = !told.quiet && event.customerId !== undefined
  return {
    ...logKey(place, event.version),
    ...event,
    sequence: told.sequence,
    ...(listed && { [keyNames.list.pk]: ofCustomer(event.customerId ?? ''), [keyNames.list.sk]: `${event.at}#${event.id}` }),
  }
}

/** The event in a log item. */
export function eventIn(item: Item): Happened {
  const { pk: _, sk: __, lpk: ___, lsk: ____, page: _____, sequence: ______, ...event } = item
  return event as unknown as Happened
}

/** A log item as events leave the product. */
export function toldOf(item: Item): CloudEvent {
  const { sequence } = item
  return cloudEvent(eventIn(item), typeof sequence === 'string' ? sequence : '')
}

/**
 * The log items under these keys, in their order; one that is no longer there is left out. Half a unit each: what a near
 * copy of the table does not have yet is asked of the first.
 */
export async function logged(table: Table, keys: readonly Key[]): Promise<Item[]> {
  if (keys.length === 0) return []
  const found = await table.getAll(keys, { eventual: true })
  const late = keys.filter((_, at) => !found[at])
  const again = late.length > 0 ? await table.getAll(late) : []
  const rest = again.values()
  return found.map((item) => item ?? rest.next().value).filter((item) => item !== undefined)
}
