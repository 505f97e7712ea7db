import type { FeedRecord } from '../sim/feed.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import { itemOf } from './snapshot.ts'

/** What was true of someone, from a moment on. */
interface Was<T> {
  at: number
  is: T
}
export interface Ownership {
  ownerId: string | undefined
  teamId: string | undefined
  deleted: boolean
}
export interface Standing {
  teamId: string | undefined
  role: string
  active: boolean
}

/**
 * How long what was true may still be acted on: an instance remembers people for 30 s, an index follows within 60 s, a
 * request takes up to 20 s. Milliseconds.
 */
const GRACE = 120_000

const past = <T>(all: readonly Was<T>[] = [], since: number): T[] => {
  const from = all.findLastIndex(({ at }) => at <= since)
  return all.slice(Math.max(0, from)).map(({ is }) => is)
}

/** Who owned what and who was who, at every moment: read from the table's own changes, not from the product. */
export class Truth {
  readonly #customers = new Map<string, Was<Ownership>[]>()
  readonly #people = new Map<string, Was<Standing>[]>()
  /** People responsible for something of a customer, ever. */
  readonly #responsible = new Map<string, Set<string>>()
  /** Customers that ever bore a canary. */
  readonly #marked = new Map<number, Set<string>>()
  /** Email addresses that a customer ever bore. */
  readonly #addresses = new Map<string, Set<string>>()
  /** Roles by user id that no directory knows: the first administrator, machines. */
  readonly #fixed: ReadonlyMap<string, string>

  constructor(fixed: ReadonlyMap<string, string>) {
    this.#fixed = fixed
  }

  follow({ dynamodb: { NewImage } }: FeedRecord, now: number): void {
    const item = NewImage && itemOf(NewImage)
    if (!item) return
    if (item['noun'] === 'customer') this.#customer(item, now)
    if (item['noun'] === 'user') this.#add(this.#people, String(item['id']), now, standingIn(item))
    for (const field of ['ownerId', 'assigneeId', 'byId'])
      if (typeof item[field] === 'string') this.#responsibleFor(String(item['pk']), item[field])
  }
  #customer(item: Item, now: number): void {
    const id = String(item['id'])
    this.#add(this.#customers, id, now, {
      ownerId: textIn(item, 'ownerId'),
      teamId: textIn(item, 'teamId'),
      deleted: item['deletedAt'] !== undefined,
    })
    const emails = (item['emails'] ?? []) as { address: string }[]
    this.#addresses.set(id, new Set([...this.addressesOf(id), ...emails.map(({ address }) => address)]))
    for (const number of canariesIn(JSON.stringify(item))) this.#marked.set(number, (this.#marked.get(number) ?? new Set()).add(id))
  }
  #responsibleFor(pk: string, userId: string): void {
    this.#responsible.set(pk, (this.#responsible.get(pk) ?? new Set()).add(userId))
  }
  #add<T>(into: Map<string, Was<T>[]>, id: string, at: number, is: T): void {
    into.set(id, [...(into.get(id) ?? []), { at, is }])
  }

  /** What a person was, lately. */
  standings(userId: string, since: number): Standing[] {
    const role = this.#fixed.get(userId)
    return role === undefined ? past(this.#people.get(userId), since - GRACE) : [{ role, teamId: undefined, active: true }]
  }
  ownerships(customerId: string, since: number): Ownership[] {
    return past(this.#customers.get(customerId), since - GRACE)
  }
  /** Everyone who was in a team lately. */
  #teamOf(teamId: string, since: number): Set<string> {
    return new Set([...this.#people].filter(([, all]) => past(all, since - GRACE).some((one) => one.teamId === teamId)).map(([id]) => id))
  }
  /** Whether there was a moment lately at which a person could know of a customer, for any reason. */
  couldKnow(userId: string, customerId: string, since: number): boolean {
    return this.standings(userId, since).some((standing) => {
      if (standing.role !== 'sales') return readsAll.has(standing.role)
      const people = standing.teamId === undefined ? new Set([userId]) : this.#teamOf(standing.teamId, since).add(userId)
      const pk = `customer#${customerId.slice(4)}`
      if ([...(this.#responsible.get(pk) ?? [])].some((id) => people.has(id))) return true
      return this.ownerships(customerId, since).some(
        ({ ownerId, teamId }) => (ownerId !== undefined && people.has(ownerId)) || (teamId !== undefined && teamId === standing.teamId),
      )
    })
  }
  /** The canaries that a customer ever bore. */
  marksOf(customerId: string): number[] {
    return [...this.#marked].flatMap(([number, ids]) => (ids.has(customerId) ? [number] : []))
  }
  addressesOf(customerId: string): ReadonlySet<string> {
    return this.#addresses.get(customerId) ?? new Set()
  }
  bearersOf(number: number): ReadonlySet<string> {
    return this.#marked.get(number) ?? new Set()
  }
}

/** Roles that read every customer. */
const readsAll: ReadonlySet<string> = new Set(['admin', 'manager', 'service', 'viewer', 'integration'])

const textIn = (item: Item, name: string): string | undefined => (typeof item[name] === 'string' ? item[name] : undefined)

function standingIn(item: Item): Standing {
  const [role = ''] = (item['roles'] ?? []) as string[]
  return { role, teamId: textIn(item, 'teamId'), active: item['disabled'] !== true && item['deletedAt'] === undefined }
}

/** The customers whose marks a text holds. */
export function canariesIn(text: string): number[] {
  if (!/canary/i.test(text)) return []
  return [...new Set([...text.matchAll(/canary(\d+)x/gi)].map(([, number]) => Number(number)))]
}
