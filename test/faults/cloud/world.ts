/**
 * Time that passes only when the simulation says so. Whatever waits is an entry in one list; the earliest is taken, time
 * jumps there, and all that follows from it runs before the next is taken. Same entries, same order, same run.
 */
interface Entry {
  at: number
  order: number
  run: () => void
}

/** Steps between two turns of the machine's own loop. */
const BREATH = 256
/** More steps than any run takes: beyond it something goes round for ever. */
const MOST_STEPS = 5_000_000

export class World {
  now: number
  steps = 0
  readonly #entries: Entry[] = []
  #order = 0
  /** Asked before time moves: whether something is to happen by itself before then. Returns when. */
  before: ((next: number | undefined) => void) | undefined

  constructor(start: string) {
    this.now = Date.parse(start)
  }

  instant(offset = 0): string {
    return new Date(this.now + offset).toISOString()
  }
  /** Has something happen some milliseconds from now. */
  after(delay: number, run: () => void): void {
    this.#push({ at: this.now + Math.max(0, delay), order: this.#order++, run })
  }
  sleep(delay: number): Promise<void> {
    return new Promise((done) => this.after(delay, done))
  }
  get next(): number | undefined {
    return this.#entries[0]?.at
  }

  /** Lets time pass until a moment, or until nothing waits any more. */
  async run(until = Infinity): Promise<void> {
    // What was begun just now comes as far as its first wait before anything else happens.
    await settled()
    for (;;) {
      this.before?.(this.next)
      const entry = this.#entries[0]
      if (!entry || entry.at > until) break
      this.#pop()
      this.now = Math.max(this.now, entry.at)
      if (++this.steps > MOST_STEPS) throw new Error('the simulation goes round for ever')
      entry.run()
      await settled()
      if (this.steps % BREATH === 0) await breath()
    }
    if (until !== Infinity) this.now = Math.max(this.now, until)
  }

  #push(entry: Entry): void {
    const all = this.#entries
    all.push(entry)
    for (let at = all.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!this.#swap(parent, at)) break
      at = parent
    }
  }

  #pop(): void {
    const all = this.#entries
    const last = all.pop()
    if (!last || all.length === 0) return
    all[0] = last
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const least = isBefore(all[right], all[left]) ? right : left
      if (!this.#swap(at, least)) break
      at = least
    }
  }

  /** Swaps two entries that are the wrong way round. */
  #swap(upper: number, lower: number): boolean {
    const [above, below] = [this.#entries[upper], this.#entries[lower]]
    if (!above || !below || !isBefore(below, above)) return false
    this.#entries[upper] = below
    this.#entries[lower] = above
    return true
  }
}

function isBefore(one: Entry | undefined, other: Entry | undefined): boolean {
  if (!one || !other) return one !== undefined
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}

/** Resolves when every promise that could go on has gone on: a tick comes after all of them. */
function settled(): Promise<void> {
  return new Promise((done) => process.nextTick(done))
}

/** Lets the machine have its turn: a turn of its loop for each step would cost a tenth of a run. */
function breath(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}

/**
 * Runs with the simulation's time and chance in place of the machine's: what the product waits for with a timer, it waits
 * for in the world's time.
 */
export async function withWorld<T>(world: World, chance: () => number, run: () => Promise<T>): Promise<T> {
  const kept = { setTimeout: globalThis.setTimeout, random: Math.random }
  const timer = (call: (...all: unknown[]) => void, delay = 0, ...all: unknown[]) => world.after(delay, () => call(...all))
  Object.assign(globalThis, { setTimeout: timer })
  Math.random = chance
  try {
    return await run()
  } finally {
    Object.assign(globalThis, { setTimeout: kept.setTimeout })
    Math.random = kept.random
  }
}
