import type { Answered, Receiver } from '../../../domain/data/webhook/index.ts'
import type { Faults } from './faults.ts'
import type { Life } from './lambda.ts'
import type { World } from './world.ts'

/** A call that a receiver took. */
export interface Called {
  url: string
  /** `webhook-id` of the message, and the id of the event in its body. */
  messageId: string
  eventId: string
}

/** What the port gives up after, as events/receiver.ts has it. Milliseconds. */
const TIMEOUT = 15_000

/** Receivers of webhooks, all of them: what they take, and how they fail to. */
export class Receivers {
  readonly taken: Called[] = []
  readonly #world: World
  readonly #faults: Faults

  constructor(world: World, faults: Faults) {
    this.#world = world
    this.#faults = faults
  }

  /** The outside as one instance sees it. */
  for(life: Life): Receiver {
    return {
      post: async (url, headers, body) => {
        const ms = life.by.between(5, 300)
        await this.#world.sleep(ms)
        if (!life.goOn()) return new Promise<never>(() => {})
        const answered = this.#failure(life)
        if (!answered || answered.taken)
          this.taken.push({ url, messageId: String(headers['webhook-id']), eventId: (JSON.parse(body) as { id: string }).id })
        await this.#world.sleep(answered?.error === 'timeout' ? TIMEOUT : 0)
        if (!life.goOn()) return new Promise<never>(() => {})
        if (!answered) return { status: 200, ms }
        const { taken: _, ...told } = answered
        return { ...told, ms }
      },
    }
  }

  #failure({ by }: Life): (Omit<Answered, 'ms'> & { taken?: true }) | undefined {
    const faults = this.#faults
    if (faults.strikes('receiver: takes it and hangs', by)) return { error: 'timeout', taken: true }
    if (faults.strikes('receiver: drops the connection', by)) return { error: 'connection' }
    if (faults.strikes('receiver: redirects', by)) return { status: 302 }
    if (faults.strikes('receiver: fails with 503', by)) return { status: 503 }
    if (faults.strikes('receiver: asks for patience with 429', by)) return { status: 429, retryAfter: by.between(1, 7_200) }
    if (faults.strikes('receiver: its name leads elsewhere', by)) return { error: 'address_not_public' }
    if (faults.strikes('receiver: is gone with 410', by, 1 / 40)) return { status: 410 }
    return undefined
  }
}
