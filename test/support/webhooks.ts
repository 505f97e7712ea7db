/** The function that calls webhooks, over a receiver in memory, with a queue and a clock that the test holds. */
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import type { Answered, Receiver } from '../../domain/data/webhook/index.ts'
import { deliverHandler } from '../../events/deliver.ts'
import type { Crm } from './crm.ts'
import type { BusEntry } from '../../events/bus.ts'
import { memoryBus, unhurried } from './delivery.ts'
import { settle, surroundings } from './stream.ts'

export interface Sent {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
}

export interface Webhooks {
  /** What receivers were sent, in order. */
  sent: Sent[]
  /** Messages the function sent itself, with their delay in seconds. */
  asked: { message: object; delaySeconds: number | undefined }[]
  /** What was put on the bus anew. */
  bus: readonly BusEntry[]
  /** What receivers answer. */
  answer: (sent: Sent) => Answered
  /** Carries what was written to the webhooks. @returns what was told on the bus */
  carry(): Promise<CloudEvent[]>
  /** Hands over events of the bus, all in one batch. */
  tell(events: readonly CloudEvent[]): Promise<void>
  /** Does what is due at a time. */
  at(now: string, job?: string): Promise<void>
  /** Hands over messages as they are. @returns how many failed */
  hand(bodies: readonly object[]): Promise<number>
}

export function webhooksOf(crm: Crm): Webhooks {
  const sent: Sent[] = []
  const asked: Webhooks['asked'] = []
  const receiver: Receiver = {
    post: async (url, headers, body) => {
      const one = { url, headers, body }
      sent.push(one)
      return self.answer(one)
    },
  }
  const bus = memoryBus()
  const handler = deliverHandler({
    edge: surroundings(crm),
    receiver: () => receiver,
    bus: () => bus,
    queue: () => ({ send: async (message, delaySeconds) => void asked.push({ message, delaySeconds }) }),
  })
  let messages = 0
  const self: Webhooks = {
    sent,
    asked,
    bus: bus.taken,
    answer: () => ({ status: 200, ms: 12 }),
    async carry() {
      const { published } = await settle(crm)
      await self.tell(published)
      return published
    },
    async tell(events) {
      if (events.length > 0) await self.hand(events.map((detail) => ({ source: 'crm', detail })))
    },
    async at(now, job = 'deliveries') {
      crm.clock.now = now
      await self.hand([{ job }])
    },
    async hand(bodies) {
      const Records = bodies.map((body) => ({ messageId: `m${++messages}`, body: JSON.stringify(body) }))
      return (await handler({ Records }, unhurried)).batchItemFailures.length
    },
  }
  return self
}
