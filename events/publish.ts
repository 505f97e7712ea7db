import type { Kind } from '../domain/kernel/event.ts'
import { catalogue } from '../functions/catalogue.ts'
import type { Log } from '../domain/kernel/context.ts'
import { observedBatch, requestLog } from '../functions/observe.ts'
import { lambdaBus, type Bus } from './bus.ts'
import { cloudEvent } from '../domain/kernel/cloud-event.ts'
import { entryOf, parcels, send, type Addressed } from './parcel.ts'
import { earlier, streamAnswer, tell, type Halt, type StreamEvent, type StreamRecord, type Told } from './stream.ts'

/** The Lambda handler that puts the stream's events on the bus. */
export function publishHandler(facts: { entities: ReadonlyMap<string, Kind>; bus: () => Bus; log: Log }) {
  return observedBatch<StreamEvent>('publish', async ({ Records }) =>
    streamAnswer('publish', facts.log, Records, await publish(facts.bus(), facts.entities, Records)),
  )
}

export const handler = publishHandler({ entities: catalogue().kinds, bus: lambdaBus, log: requestLog })

/** Puts a batch's events on the bus, up to the first that the bus does not take. */
export async function publish(bus: Bus, kinds: ReadonlyMap<string, Kind>, records: readonly StreamRecord[]): Promise<Halt | undefined> {
  const { told, halt } = tell(kinds, records)
  for (const parcel of parcels(told.flatMap(addressed))) {
    const refused = await send(bus, parcel)
    if (refused) return earlier(halt, refused)
  }
  return halt
}

function addressed({ at, event, quiet, sequence }: Told): Addressed[] {
  return event && !quiet ? [{ at, entry: entryOf(cloudEvent(event, sequence)) }] : []
}
