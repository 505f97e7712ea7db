import { keyNames, ttlName } from '../../../domain/kernel/table/shape.ts'
import { Feed, type FeedRecord } from './feed.ts'
import { indexNames, nameOf, type Place } from './keys.ts'
import { Partitions } from './partitions.ts'
import { Recent } from './recent.ts'
import type { Stored } from './refusal.ts'
import { Secondary } from './secondary.ts'
import { itemSize } from './value.ts'

/** What time and chance do to a table. Without them it is a table of which all is seen at once. */
export interface Circumstances {
  /** Milliseconds since 1970. */
  now?: () => number
  /** How long an index takes to follow one change. Milliseconds. */
  indexLag?: () => number
  /** How far behind the replica is that answers an eventual read. Milliseconds. */
  replicaLag?: () => number
  /** Rows after which a page ends, though more were asked for and are there. */
  pageEnd?: (limit: number) => number
}

/** Items, their indexes and their stream. Every change of the table comes through `set`. */
export class Base {
  readonly rows = new Partitions()
  readonly indexes = new Map(indexNames.map((name) => [name, new Secondary(name)]))
  readonly feed = new Feed()
  readonly recent = new Recent()
  /** Places of items that live for a time only. */
  readonly #mortal = new Map<string, Place>()
  readonly circumstances: Circumstances
  /** Told of every change, in order. */
  onChange: ((record: FeedRecord) => void) | undefined

  constructor(circumstances: Circumstances = {}) {
    this.circumstances = circumstances
  }
  readonly #lag = (): number => this.circumstances.indexLag?.() ?? 0

  now(): number {
    return this.circumstances.now?.() ?? 0
  }
  get({ pk, sk }: Place): Stored | undefined {
    return this.rows.get(pk, sk)
  }
  /** Puts an item in its place, or takes it away. @returns write units, those of the indexes included; 0 unless they are counted */
  set(place: Place, after: Stored | undefined, how: { expired?: boolean; counted?: boolean } = {}): number {
    const before = this.get(place)
    const now = this.now()
    const name = nameOf(place)
    if (after) this.rows.put(place.pk, place.sk, '', after)
    else this.rows.delete(place.pk, place.sk)
    if (after?.[ttlName]) this.#mortal.set(name, place)
    else if (before?.[ttlName]) this.#mortal.delete(name)
    this.recent.note(now, place, before)
    let units = how.counted ? writeUnits(before, after) : 0
    for (const index of this.indexes.values()) units += index.follow(name, after, now, this.#lag, how.counted === true)
    const record = this.feed.tell(before, after, now, how)
    if (record) this.onChange?.(record)
    return units
  }
  /** Removes items whose time to live is over. DynamoDB does so within a few days. @returns how many */
  expire(): number {
    const seconds = Math.floor(this.now() / 1000)
    const over = [...this.#mortal.values()].filter((place) => Number(this.get(place)?.[ttlName]?.N ?? Infinity) < seconds)
    for (const place of over) this.set(place, undefined, { expired: true })
    return over.length
  }
}

/** Units of a write: each begun kilobyte of the larger of before and after. */
export function writeUnits(before: Stored | undefined, after: Stored | undefined): number {
  return Math.max(1, Math.ceil(Math.max(before ? itemSize(before) : 0, after ? itemSize(after) : 0) / 1024))
}

/** The key of an item as a request gives it. */
export function keyOf({ pk, sk }: Place): Stored {
  return { [keyNames.base.pk]: { S: pk }, [keyNames.base.sk]: { S: sk } }
}
