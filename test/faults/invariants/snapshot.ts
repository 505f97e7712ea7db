import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { entities } from '../../../domain/index.ts'
import type { Entity } from '../../../domain/kernel/entity.ts'
import type { Happened } from '../../../domain/kernel/event.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import type { Stored } from '../sim/refusal.ts'

/** A broken promise, in plain words. */
export interface Finding {
  /** As shared/reliability.md numbers it. */
  invariant: string
  words: string
}

/** A stored item as the product reads it. */
export function itemOf(stored: Stored): Item {
  const item: Item = {}
  for (const name in stored) {
    const value = stored[name]
    if (value !== undefined) item[name] = valueOf(value)
  }
  return item
}

function valueOf(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return Number(value.N)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.M !== undefined) return itemOf(value.M)
  if (value.L !== undefined) return value.L.map(valueOf)
  return null
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
      this.log.set(event.recordId, [...(this.log.get(event.recordId) ?? []), event])
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
    this.others.set(name, [...(this.others.get(name) ?? []), item])
  }
  of(noun: string): Kept[] {
    return this.records.filter(({ kind }) => kind.noun === noun)
  }
}
