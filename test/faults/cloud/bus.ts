import type { Bus, BusEntry } from '../../../events/bus.ts'
import { Random } from '../random.ts'
import type { Faults } from './faults.ts'
import type { Life } from './lambda.ts'
import type { WorkQueue } from './queue.ts'
import type { World } from './world.ts'

const DAY = 86_400_000

/** What a rule lets through to a queue. */
export interface Rule {
  queue: WorkQueue
  types: ReadonlySet<string> | undefined
}

export interface BusFacts {
  world: World
  faults: Faults
  seed: number
  rules: readonly Rule[]
  /** Told of every event taken. */
  heard?: (entry: BusEntry) => void
}

/** An event bus that delivers at least once, late, in any order, and can tell its past again. */
export class EventBus {
  readonly archive: BusEntry[] = []
  readonly #facts: BusFacts
  #deliveries = 0

  constructor(facts: BusFacts) {
    this.#facts = facts
  }

  /** The bus as one instance sees it. */
  for(life: Life): Bus {
    const { world, faults } = this.#facts
    return {
      put: async (entries) => {
        await world.sleep(life.by.between(2, 30))
        if (!life.goOn()) return new Promise<never>(() => {})
        const partly = faults.strikes('bus: takes some entries only', life.by)
        const codes = entries.map(() => (partly && life.by.chance(0.5) ? 'InternalFailure' : undefined))
        for (const [at, entry] of entries.entries()) if (codes[at] === undefined) this.#take(entry)
        if (faults.strikes('bus: takes entries, then times out', life.by)) throw new Error('TimeoutError')
        return life.goOn() ? codes : new Promise<never>(() => {})
      },
    }
  }

  #take(entry: BusEntry): void {
    this.archive.push(entry)
    this.#facts.heard?.(entry)
    this.#deliver(entry)
  }

  #deliver(entry: BusEntry): void {
    const { faults, seed, rules } = this.#facts
    const nth = ++this.#deliveries
    const by = new Random(seed, 'delivery', nth)
    const times = faults.strikes('bus: delivers more than once', by) ? by.between(2, 5) : 1
    for (const { queue, types } of rules) {
      if (types && !types.has(entry.DetailType)) continue
      for (let time = 0; time < times; time++) {
        const late = faults.strikes('bus: delivers late', by) ? Math.floor(60_000 * 1440 ** by.next()) : 0
        queue.send(`m${nth}.${time}`, bodyOf(entry, `e${nth}`), late)
      }
    }
  }

  /** Tells everything since some days ago again, as an operator's replay of the archive does. */
  replay(days: number): void {
    const since = this.#facts.world.now - days * DAY
    for (const entry of this.archive.filter(({ Time }) => Time.getTime() >= since)) this.#deliver(entry)
  }
}

/** A bus entry as EventBridge puts it on a queue. */
export function bodyOf(entry: BusEntry, id: string): string {
  return JSON.stringify({
    version: '0',
    id,
    'detail-type': entry.DetailType,
    source: entry.Source,
    account: '000000000000',
    time: entry.Time.toISOString(),
    region: 'local',
    resources: [],
    detail: JSON.parse(entry.Detail) as object,
  })
}
