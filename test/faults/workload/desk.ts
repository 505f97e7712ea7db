import type { Cloud } from '../cloud/cloud.ts'
import { Random } from '../random.ts'
import type { Asked, Client, Person } from './client.ts'
import type { Body, Reply } from './ledger.ts'

/** A record as those who use the product know it: from the last answer they had. */
export interface Known {
  id: string
  version: number
  body: Body
  /** The number in its customer's canary. */
  customer: number
  deleted: boolean
}

/** A customer, as people know them. */
export interface Customer extends Known {
  purchases: Map<string, Known>
  records: Map<string, Known>
}

export type Kind = 'interaction' | 'contact' | 'ticket' | 'deal' | 'task' | 'warning'

/** What all who use the product know of it together. */
export class Office {
  readonly customers: Customer[] = []
  readonly people = new Map<string, Person>()
  /** Ids of users, by their name in stories. */
  readonly teams: string[] = []
  /** Files that were brought, by the import’s id: how many rows, which file it was and when it came. */
  readonly imports: { id: string; rows: number; file: string; at: number }[] = []
  /** Who was in those files: the number in their mark, and what the file calls them. */
  readonly filed: { mark: number; externalId: string }[] = []
  /** Merges that nobody has undone. */
  readonly merged: { id: string; absorbed: Customer }[] = []
  made = 0

  person(name: string): Person {
    const found = this.people.get(name)
    if (!found) throw new Error(`there is no ${name} in the office`)
    return found
  }
}

/** One errand's view: its own luck, and a way to ask. */
export class Desk {
  readonly by: Random
  readonly office: Office
  readonly cloud: Cloud
  /** Its number, with a letter for each of a burst. */
  readonly step: string
  readonly #client: Client
  #nth = 0

  constructor(facts: { step: string; seed: number; office: Office; cloud: Cloud; client: Client }) {
    this.step = facts.step
    this.by = new Random(facts.seed, 'step', facts.step)
    this.office = facts.office
    this.cloud = facts.cloud
    this.#client = facts.client
  }

  get now(): number {
    return this.cloud.world.now
  }
  ask(who: Person | string, route: string, path: Readonly<Record<string, string>> = {}, asked: Asked = {}): Promise<Reply | undefined> {
    const person = typeof who === 'string' ? this.office.person(who) : who
    return this.#client.send(this.step, ++this.#nth, person, route, path, asked)
  }
  /** A key for a POST, more often than not. */
  key(chance = 0.6): { key?: string } {
    return this.by.chance(chance) ? { key: `k${this.step}.${this.#nth}` } : {}
  }
  /** Some customer that people know; the newest more often. Undefined when there is none. */
  customer(fits: (one: Customer) => boolean = (one) => !one.deleted): Customer | undefined {
    const all = this.office.customers.filter(fits)
    if (all.length === 0) return undefined
    return this.by.chance(0.4) ? all.at(-1 - this.by.between(0, Math.min(2, all.length - 1))) : this.by.pick(all)
  }
  record(of: Customer, kind: string, fits: (one: Known) => boolean = (one) => !one.deleted): Known | undefined {
    const all = [...of.records.values()].filter((one) => one.id.startsWith(kind) && fits(one))
    return all.length === 0 ? undefined : this.by.pick(all)
  }
}

/** What an answer teaches of a record, if it is one. */
export function learnt(reply: Reply | undefined, customer: number): Known | undefined {
  const { id, version } = reply?.body ?? {}
  if (!reply || reply.status >= 300 || typeof id !== 'string' || typeof version !== 'number') return undefined
  return { id, version, body: reply.body, customer, deleted: typeof reply.body['deletedAt'] === 'string' }
}

/** Takes down what was learnt, unless something later is known. */
export function note(into: Map<string, Known>, one: Known | undefined): void {
  if (!one) return
  const known = into.get(one.id)
  if (!known || known.version <= one.version) into.set(one.id, one)
}

/** The mark of a customer in everything that is said of them: nobody else's answers may hold it. */
export const canary = (customer: number): string => `canary${customer}x`
