import type { QueueEvent } from '../../../events/queue.ts'
import type { BatchAnswer } from '../../../functions/observe.ts'
import { Random } from '../random.ts'
import type { Faults } from './faults.ts'
import type { Fleet } from './lambda.ts'
import type { World } from './world.ts'

/** Receives before a message is set aside, as infra/queue.ts has it. */
const TRIES = 5
const HOUR = 3_600_000

interface Message {
  messageId: string
  body: string
  receives: number
}

export interface QueueFacts {
  name: string
  world: World
  faults: Faults
  seed: number
  fleet: Fleet<QueueEvent, BatchAnswer>
  /** Messages at a time, invocations at a time, and how long a message stays hidden. Milliseconds. */
  batch: number
  abreast: number
  hidden: number
}

/** A standard queue of SQS with its function: at least once, in any order, and a place for what fails for good. */
export class WorkQueue {
  readonly #facts: QueueFacts
  readonly #ready: Message[] = []
  readonly #dead: Message[] = []
  /** By message id, how often it was handed over and is not settled yet. */
  readonly #open = new Set<string>()
  #running = 0
  #invocations = 0
  sent = 0
  done = 0

  constructor(facts: QueueFacts) {
    this.#facts = facts
  }
  get idle(): boolean {
    return this.#open.size === 0
  }
  /** In words. */
  get state(): string {
    const { name } = this.#facts
    return `${name} has ${this.inFlight} messages under way and ${this.dead} set aside, ${[...this.#open].slice(0, 3).join(', ')}`
  }
  get inFlight(): number {
    return this.#open.size - this.#dead.length
  }
  get dead(): number {
    return this.#dead.length
  }

  /** @param late when the message comes, milliseconds from now, besides what the queue itself takes */
  send(messageId: string, body: string, late = 0): void {
    const { world, faults, seed, name } = this.#facts
    const by = new Random(seed, name, 'message', messageId)
    this.sent++
    this.#open.add(messageId)
    const message: Message = { messageId, body, receives: 0 }
    const slow = faults.strikes('queue: delayed, out of order', by) ? Math.floor(HOUR * 24 ** by.next() - HOUR + by.between(0, 60_000)) : 0
    world.after(late + slow + by.between(5, 200), () => this.#arrive(message))
    if (faults.strikes('queue: hands a message to two at once', by))
      world.after(late + slow + by.between(5, 400), () => this.#arrive({ ...message }))
  }
  #arrive(message: Message): void {
    this.#ready.push(message)
    this.#pump()
  }

  #pump(): void {
    const { abreast, batch } = this.#facts
    while (this.#running < abreast && this.#ready.length > 0) {
      this.#running++
      void this.#hand(this.#ready.splice(0, batch))
    }
  }

  async #hand(messages: readonly Message[]): Promise<void> {
    const { world, fleet, hidden } = this.#facts
    for (const message of messages) message.receives++
    const ended = await fleet.invoke(`${++this.#invocations}`, { Records: messages })
    if ('killed' in ended && messages.some(({ body }) => body.includes('"imports"')))
      this.#facts.faults.note('import: a run is cut off between rows')
    const failed = new Set(
      'done' in ended
        ? ended.done.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
        : messages.map(({ messageId }) => messageId),
    )
    for (const message of messages) {
      if (!failed.has(message.messageId)) this.#settle(message)
      else if (message.receives >= TRIES) this.#setAside(message)
      else world.after(hidden, () => this.#arrive(message))
    }
    this.#running--
    this.#pump()
  }
  #settle({ messageId }: Message): void {
    if (this.#open.delete(messageId)) this.done++
  }
  /** A message that failed for good waits for a person, who puts it back after hours or days. */
  #setAside(message: Message): void {
    if (!this.#open.has(message.messageId)) return
    this.#dead.push(message)
    const { world, faults, seed, name } = this.#facts
    const by = new Random(seed, name, 'redrive', message.messageId)
    world.after(Math.floor(HOUR * 48 ** by.next()), () => {
      const at = this.#dead.indexOf(message)
      if (at < 0) return
      this.#dead.splice(at, 1)
      faults.note('queue: set aside, put back by a person')
      this.#arrive({ ...message, receives: 0 })
    })
  }
}
