import { keyNames, projections, type IndexName } from '../../../domain/kernel/table/shape.ts'
import { Partitions } from './partitions.ts'
import type { Stored } from './refusal.ts'
import { itemSize, sameMap } from './value.ts'

/** What an index says of an item. */
interface Entry {
  partition: string
  sort: string
  item: Stored
}

interface Step {
  due: number
  sequence: number
  partition: string
  sort: string
  tie: string
  item?: Stored
}

/**
 * A global secondary index: sparse, projected, and late. An item that moves within it is taken from its old place and put
 * in its new one at different times, so it can be seen twice or not at all; changes of different items come in any order.
 * In the end it says what the table says.
 */
export class Secondary {
  readonly name: IndexName
  readonly rows = new Partitions()
  #waiting: Step[] = []
  /** When the first of what waits is to be seen. */
  #soonest = Infinity
  /** What it is to say in the end of each item that it holds, by base key. */
  readonly #current = new Map<string, Entry>()
  /** The newest step seen of each place, so that an older one that comes later does nothing. */
  readonly #newest = new Map<string, number>()
  readonly #names: { pk: string; sk: string }
  readonly #carried: readonly string[]
  #sequence = 0

  constructor(name: IndexName) {
    this.name = name
    this.#names = keyNames[name]
    this.#carried = [keyNames.base.pk, keyNames.base.sk, this.#names.pk, this.#names.sk, ...projections[name]]
  }

  #entryOf(item: Stored | undefined): Entry | undefined {
    const partition = item?.[this.#names.pk]?.S
    const sort = item?.[this.#names.sk]?.S
    if (!item || partition === undefined || sort === undefined) return undefined
    const carried: Stored = {}
    for (const name of this.#carried) {
      const value = item[name]
      if (value !== undefined) carried[name] = value
    }
    return { partition, sort, item: carried }
  }

  /**
   * Follows a change of an item.
   * @param tie its base key
   * @param lag when each step is to be seen, milliseconds from now
   * @returns write units that it costs, if they are counted
   */
  follow(tie: string, after: Stored | undefined, now: number, lag: () => number, counted: boolean): number {
    const [had, has] = [this.#current.get(tie), this.#entryOf(after)]
    if (!had && !has) return 0
    if (has) this.#current.set(tie, has)
    else this.#current.delete(tie)
    const moved = had && has && (had.partition !== has.partition || had.sort !== has.sort)
    let units = 0
    if (had && (!has || moved)) {
      if (counted) units += unitsOf(had.item)
      this.#take({ partition: had.partition, sort: had.sort, tie }, now, lag())
    }
    if (has && !(had && !moved && sameMap(had.item, has.item))) {
      if (counted) units += had && !moved ? Math.max(unitsOf(had.item), unitsOf(has.item)) : unitsOf(has.item)
      this.#take({ ...has, tie, item: has.item }, now, lag())
    }
    return units
  }

  #take({ partition, sort, tie, item }: { partition: string; sort: string; tie: string; item?: Stored }, now: number, lag: number): void {
    const step: Step = { due: now + lag, sequence: ++this.#sequence, partition, sort, tie, ...(item && { item }) }
    if (lag <= 0) this.#apply(step)
    else {
      this.#waiting.push(step)
      this.#soonest = Math.min(this.#soonest, step.due)
    }
  }

  /** Brings the index to a moment. */
  catchUp(now: number): void {
    if (this.#soonest > now) return
    const waiting: Step[] = []
    this.#soonest = Infinity
    for (const step of this.#waiting) {
      if (step.due <= now) this.#apply(step)
      else {
        waiting.push(step)
        this.#soonest = Math.min(this.#soonest, step.due)
      }
    }
    this.#waiting = waiting
  }

  #apply({ sequence, partition, sort, tie, item }: Step): void {
    const name = `${partition}\u0000${sort}\u0000${tie}`
    if ((this.#newest.get(name) ?? 0) > sequence) return
    this.#newest.set(name, sequence)
    if (item) this.rows.put(partition, sort, tie, item)
    else this.rows.delete(partition, sort, tie)
  }
}

function unitsOf(item: Stored): number {
  return Math.ceil(itemSize(item) / 1024)
}
