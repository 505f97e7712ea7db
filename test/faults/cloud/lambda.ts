import { newMemo, type Log, type Memo } from '../../../domain/kernel/context.ts'
import type { Files } from '../../../domain/kernel/files.ts'
import type { Table } from '../../../domain/kernel/table/table.ts'
import type { Edge } from '../../../functions/http.ts'
import type { Invocation } from '../../../functions/observe.ts'
import { Random } from '../random.ts'
import type { Faults } from './faults.ts'
import type { World } from './world.ts'

/** What an instance is asked at each await of the outside world. Never resolves for one that is dead. */
export interface Life {
  readonly name: string
  readonly alive: boolean
  /** Chance of the invocation under way. */
  readonly by: Random
  /** Ends the process now. */
  die(): void
  /** Where the process may end: before and after each call. @returns false when it has ended */
  goOn(): boolean
  /** Set when an error that is not the product's own doing has reached it. */
  hurt: boolean
  /** Calls to the table that the invocation has made. */
  calls: number
}

/** A process that serves one invocation at a time, then waits for the next with whatever it remembers. */
class Instance<E, A> implements Life {
  readonly name: string
  readonly memo: Memo = newMemo()
  readonly skew: number
  alive = true
  busy = false
  hurt = false
  calls = 0
  by: Random
  handler: ((event: E, invocation: Invocation) => Promise<A>) | undefined
  /** Awaits until the process ends by itself; never when undefined. */
  fuse: number | undefined
  onDeath: () => void = () => {}

  constructor(name: string, by: Random, skew: number) {
    this.name = name
    this.by = by
    this.skew = skew
  }
  die(): void {
    this.alive = false
    this.onDeath()
  }
  goOn(): boolean {
    if (this.alive && this.fuse !== undefined && --this.fuse < 0) this.die()
    return this.alive
  }
}

export interface FleetFacts<E, A> {
  name: string
  world: World
  faults: Faults
  seed: number
  log: Log
  /** Time an invocation has. Milliseconds. */
  timeout: number
  table: (life: Life) => Table
  files: (life: Life) => Files
  make: (edge: () => Edge, life: Life) => (event: E, invocation: Invocation) => Promise<A>
}

/** How an invocation ended; `hurt` when something around the product failed it. */
export type Invoked<A> = ({ done: A } | { error: unknown } | { killed: string }) & { hurt: boolean; calls: number }
type Ended<A> = { done: A } | { error: unknown } | { killed: string }

/** Awaits of the outside world before which a process that is to die does so. */
const LONGEST_FUSE = 14
/** What is left of an invocation's time when little is. Milliseconds. */
const LITTLE = 25_000

/** All instances of one function. */
export class Fleet<E, A> {
  readonly #facts: FleetFacts<E, A>
  #instances: Instance<E, A>[] = []
  #made = 0

  constructor(facts: FleetFacts<E, A>) {
    this.#facts = facts
  }

  /** Serves one event with an instance that is free, or a new one. @param name of the invocation; its luck depends on it alone */
  async invoke(name: string, event: E): Promise<Invoked<A>> {
    const { world, faults, seed, timeout } = this.#facts
    const by = new Random(seed, this.#facts.name, name)
    const instance = this.#free(by)
    instance.by = by
    instance.hurt = false
    instance.calls = 0
    instance.busy = true
    instance.fuse = faults.strikes('function: killed at an await', by) ? by.between(0, LONGEST_FUSE) : undefined
    const short = faults.strikes('function: little time left', by)
    const began = world.now
    const allowed = short ? Math.min(timeout, LITTLE) : timeout
    const invocation: Invocation = { getRemainingTimeInMillis: () => began + allowed - world.now }
    const ended = await this.#race(instance, event, invocation, allowed)
    instance.busy = false
    instance.fuse = undefined
    if (!instance.alive) this.#instances = this.#instances.filter((one) => one !== instance)
    return { ...ended, hurt: instance.hurt, calls: instance.calls }
  }

  #race(instance: Instance<E, A>, event: E, invocation: Invocation, allowed: number): Promise<Ended<A>> {
    const { world, faults } = this.#facts
    return new Promise((end) => {
      instance.onDeath = () => end({ killed: 'the process died' })
      let over = false
      world.after(allowed, () => {
        if (over || !instance.alive) return end({ killed: 'the process died' })
        faults.note('function: killed at an await')
        instance.die()
      })
      const work = instance.handler ?? (instance.handler = this.#facts.make(() => this.#edge(instance), instance))
      work(event, invocation).then(
        (done) => {
          over = true
          if (instance.alive) end({ done })
        },
        (error: unknown) => {
          over = true
          if (instance.alive) end({ error })
        },
      )
    })
  }

  #free(by: Random): Instance<E, A> {
    const { faults, name } = this.#facts
    const fresh = faults.strikes('function: a new instance in place of a warm one', by)
    const idle = fresh ? undefined : this.#instances.find((one) => !one.busy && one.alive)
    if (idle) return idle
    const skewed = faults.strikes('clock: instances differ by two seconds', by, 4)
    const instance = new Instance<E, A>(`${name}-${++this.#made}`, by, skewed ? by.between(-2_000, 2_000) : 0)
    this.#instances.push(instance)
    return instance
  }

  #edge(instance: Instance<E, A>): Edge {
    const { world, log, table, files } = this.#facts
    return {
      table: table(instance),
      files: files(instance),
      now: () => world.instant(instance.skew),
      memo: instance.memo,
      random: (size) => instance.by.bytes(size),
      log,
    }
  }
}
