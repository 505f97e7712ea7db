import * as z from 'zod'
import { once } from '../domain/kernel/action.ts'
import { EVENT_SOURCE, type CloudEvent } from '../domain/kernel/cloud-event.ts'
import { every, happenedSchema, type Schedule } from '../domain/kernel/event.ts'
import { invoke } from '../domain/kernel/invoke.ts'
import { REPLAYS_JOB, steps, type Bus as Teller } from '../domain/data/replay/index.ts'
import { deliver, deliveries, DELIVERIES_JOB, type Delivered, type Receiver } from '../domain/data/webhook/index.ts'
import { allowsLoopback, lambdaEdge } from '../functions/edge.ts'
import { count, errorFacts, observedBatch, type Invocation } from '../functions/observe.ts'
import { abreast } from './abreast.ts'
import { lambdaBus, type Bus } from './bus.ts'
import { backgroundOf, systemCtx, type Background, type Surroundings } from './context.ts'
import { entryOf, parcels, send } from './parcel.ts'
import { queueNamed, type Queue, type QueueEvent } from './queue.ts'
import { isMoot } from './reacting.ts'
import { httpReceiver } from './receiver.ts'
import { sweep } from './sweeping.ts'

/** Messages worked on at once. One may wait 15 s for a receiver, and most of it is waiting. */
const MESSAGES_ABREAST = 10
/** A next attempt nearer than this comes by a message of its own, since the clock looks once a minute. Milliseconds. */
const SOON_MS = 60_000

/** What the bus's rule lets through: every event, since a webhook may want any. */
export const deliverPattern = () => ({ source: [EVENT_SOURCE] })

/** The jobs of the function that calls receivers: kept out of `sweep`, which a slow receiver would hold up. */
export function deliverSchedules(receiver: () => Receiver, bus: () => Bus, done?: (delivered: Delivered) => void): readonly Schedule[] {
  return [
    every(
      'rate(1 minute)',
      { kind: 'due', name: DELIVERIES_JOB, each: deliveries(receiver, done) },
      'Makes the next attempts of webhook deliveries that are due',
    ),
    every(
      'rate(1 minute)',
      { kind: 'due', name: REPLAYS_JOB, each: steps(() => teller(bus())), again: true },
      'Tells past events once more',
    ),
  ]
}

/** The bus as replays see it. */
const teller = (bus: Bus): Teller => ({
  async tell(events) {
    for (const parcel of parcels(events.map((told, at) => ({ at, entry: entryOf(told) })))) {
      const refused = await send(bus, parcel)
      if (refused) throw refused.error
    }
  },
})

export interface Delivering {
  edge: () => Surroundings
  receiver: () => Receiver
  bus: () => Bus
  queue: () => Queue
}

const toldSchema = once(() =>
  z.object({
    detail: z.looseObject({
      id: z.string(),
      type: z.string(),
      time: z.string(),
      subject: z.string(),
      sequence: z.string(),
      data: happenedSchema(),
    }),
  }),
)
/** Due work told by a message: which delivery, and at which of its times. */
const soonSchema = once(() => z.strictObject({ delivery: z.string(), at: z.string() }))

/** The Lambda handler that calls webhooks: for an event of the bus, for one delivery that is due soon, and by the clock. */
export function deliverHandler(facts: Delivering) {
  const background = backgroundOf(facts.edge)
  return observedBatch<QueueEvent>('deliver', async ({ Records }, invocation) => {
    const around = background()
    const { errors } = await abreast(Records, MESSAGES_ABREAST, (record) => work(around, facts, record, invocation))
    for (const [at, error] of errors) around.log.error('message failed', { messageId: Records[at]?.messageId, error: errorFacts(error) })
    if (errors.size > 0) count('DeliverFailed', errors.size)
    return { batchItemFailures: [...errors.keys()].map((at) => ({ itemIdentifier: Records[at]?.messageId ?? '' })) }
  })
}

export const handler = deliverHandler({
  edge: lambdaEdge,
  receiver: once(() => httpReceiver({ loopback: allowsLoopback() })),
  bus: lambdaBus,
  queue: once(() => queueNamed('DELIVER_QUEUE_URL')),
})

async function work(around: Background, facts: Delivering, record: { messageId: string; body: string }, invocation: Invocation) {
  const message: unknown = JSON.parse(record.body)
  const done: Delivered[] = []
  const schedules = deliverSchedules(facts.receiver, facts.bus, (one) => void done.push(one))
  const soon = soonSchema().safeParse(message)
  if (soon.success) await attempt(around, schedules, soon.data)
  else if (isJob(message)) {
    const swept = await sweep(around, { schedules, queue: facts.queue }, message, record.messageId, invocation)
    around.log.info('swept', { ...swept })
  } else {
    const { detail } = toldSchema().parse(message)
    const ctx = systemCtx(around, 'webhooks', 'delivery.attempt', `${detail.id}/webhooks`)
    done.push(...(await deliver(ctx, facts.receiver(), detail as unknown as CloudEvent)))
  }
  for (const one of done) await follow(around, facts, one)
}

const isJob = (message: unknown): message is { job: string } => typeof message === 'object' && message !== null && 'job' in message

async function attempt(
  around: Background,
  schedules: readonly Schedule[],
  { delivery, at }: { delivery: string; at: string },
): Promise<void> {
  const [one] = schedules
  if (one?.job.kind !== 'due') return
  const { each } = one.job
  try {
    await invoke(each, systemCtx(around, 'webhooks', each.name, `${delivery}@${at}`), { id: delivery, at })
  } catch (error) {
    if (!isMoot(error)) throw error
  }
}

/** Counts what came of a call, says so in the log, and asks to be called again for a next attempt that is near. */
async function follow(around: Background, { queue }: Delivering, { delivery, disabled }: Delivered): Promise<void> {
  const { id, webhookId, state, nextAt, attempts, event } = delivery
  const { status, error, ms } = attempts.at(-1) ?? {}
  around.log.info('delivery', { id, webhookId, event: event.id, state, attempts: attempts.length, status, error, ms })
  if (state !== 'delivered') count('DeliveryFailed')
  if (disabled) {
    around.log.warn('webhook disabled', { webhookId, reason: delivery.reason })
    count('WebhookDisabled')
  }
  const waits = nextAt === undefined ? SOON_MS : Date.parse(nextAt) - Date.parse(around.now())
  if (waits < SOON_MS) await queue().send({ delivery: id, at: nextAt }, Math.max(1, Math.ceil(waits / 1000)))
}
