import type { CloudEvent } from '../domain/kernel/cloud-event.ts'
import { pause } from '../domain/kernel/table/refusal.ts'
import type { Bus, BusEntry } from './bus.ts'
import type { Halt } from './stream.ts'

/**
 * What one PutEvents call takes. EventBridge allows 1 MB since January 2026, in some partitions still 256 KB; an event
 * of ours is about 1 KB, so the smaller limit costs nothing.
 */
export const LIMITS = { entries: 10, bytes: 256 * 1024 }

/** How often an entry that the bus did not take is offered again before its record is reported. */
const TRIES = 3

/** An entry and the position of what it tells of. */
export interface Addressed {
  at: number
  entry: BusEntry
}

/** An event in EventBridge's words. */
export function entryOf(told: CloudEvent): BusEntry {
  return { Source: told.source, DetailType: told.type, Detail: JSON.stringify(told), Time: new Date(told.time) }
}

/** Size of an entry as EventBridge counts it ("Calculating PutEvents event entry size", EventBridge User Guide). */
function sizeOf(entry: BusEntry): number {
  const bytes = [entry.Source, entry.DetailType, entry.Detail].map((text) => Buffer.byteLength(text))
  return bytes.reduce((sum, one) => sum + one, 14)
}

/** Cuts a list into calls within the limits, in order. */
export function* parcels(all: readonly Addressed[]): Generator<Addressed[]> {
  let parcel: Addressed[] = []
  let bytes = 0
  for (const one of all) {
    const size = sizeOf(one.entry)
    if (parcel.length === LIMITS.entries || (parcel.length > 0 && bytes + size > LIMITS.bytes)) {
      yield parcel
      parcel = []
      bytes = 0
    }
    parcel.push(one)
    bytes += size
  }
  if (parcel.length > 0) yield parcel
}

/** Sends a parcel, again those entries alone that were not taken. */
export async function send(bus: Bus, parcel: readonly Addressed[]): Promise<Halt | undefined> {
  let left = parcel
  let error: unknown
  for (let tries = 1; tries <= TRIES; tries++) {
    if (tries > 1) await pause(tries)
    try {
      const codes = await bus.put(left.map(({ entry }) => entry))
      error = codes.find((code) => code !== undefined)
      left = left.filter((_, at) => codes[at] !== undefined)
    } catch (thrown) {
      error = thrown
    }
    if (left.length === 0) return undefined
  }
  const cause = error instanceof Error ? error : new Error(`the bus refused an event: ${String(error)}`)
  return { at: left[0]?.at ?? 0, error: cause }
}
