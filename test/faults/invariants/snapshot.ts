import { entities } from '../../../domain/index.ts'
import type { Entity } from '../../../domain/kernel/entity.ts'
import type { Happened } from '../../../domain/kernel/event.ts'
import { itemIn } from '../../../domain/kernel/table/attribute.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import type { Stored } from '../sim/refusal.ts'

/** A broken promise, in plain words. */
export interface Finding {
  /** As shared/reliability.md numbers it. */
  invariant: string
  words: string
}

/** Stored items are never changed in place, so each is read once. */
const read = new WeakMap<Stored, Item>()

/** A stored item as the product reads it; not to be changed. */
export function itemOf(stored: Stored): Item {
  let item = read.get(stored)
  if (!item) read.set(stored, (item = itemIn(stored)))
  return item
}

/** A record with the item it is in. */
export interface Kept {
  item: Item
  kind: Entity
  id: string
  version: number
  pk: string
}

/** Everything in the table at one moment, sorted out. */
export class Snapshot {
  readonly items: Item[]
  readonly records: Kept[] = []
  readonly byId = new Map<string, Kept>()
  /** Events of the log by record id, in order. */
  readonly log = new Map<string, Happened[]>()
  /** Items that are no records, by the beginning of their sort key. */
  readonly others = new Map<string, Item[]>()

  constructor(base: { rows: { all(): Iterable<{ item: Stored }> } }) {
    this.items = [...base.rows.all()].map(({ item }) => itemOf(item))
    for (const item of this.items) this.#sort(item)
    for (const events of this.log.values()) events.sort((a, b) => a.version - b.version)
  }

  #sort(item: Item): void {
    const [pk, sk] = [String(item['pk']), String(item['sk'])]
    if (sk.startsWith('log#')) {
      const event = item as unknown as Happened
      into(this.log, event.recordId, event)
      return
    }
    const kind = entities.get(String(item['noun']))
    if (kind && item['ev'] !== undefined) {
      const kept = { item, kind, id: String(item['id']), version: Number(item['version']), pk }
      this.records.push(kept)
      this.byId.set(kept.id, kept)
      return
    }
    const name = sk.split('#')[0] ?? ''
    into(this.others, name, item)
  }
  of(noun: string): Kept[] {
    return this.records.filter(({ kind }) => kind.noun === noun)
  }
  /** The partition of the customer in whom a customer was merged, to the last of them; its own when they were not. */
  survivorOf(pk: string): string {
    const into = this.byId.get(`cus_${pk.slice('customer#'.length)}`)?.item['mergedInto']
    return typeof into === 'string' ? this.survivorOf(`customer#${into.slice('cus_'.length)}`) : pk
  }
}

function into<T>(map: Map<string, T[]>, name: string, one: T): void {
  const all = map.get(name)
  if (all) all.push(one)
  else map.set(name, [one])
}
