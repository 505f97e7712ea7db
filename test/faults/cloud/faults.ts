import { Random } from '../random.ts'

/** Every place where something can go wrong, by the family of shared/reliability.md it belongs to. */
export const sites = {
  'table: fails before the write': 'F1',
  'table: writes, then times out': 'F1',
  'table: writes, then the process dies': 'F1',
  'table: throttles': 'F2',
  'table: transactions conflict': 'F2',
  'table: a transaction is in progress': 'F2',
  'table: a transaction is throttled': 'F2',
  'table: internal error, written or not': 'F2',
  'table: leaves keys unprocessed': 'F2',
  'index: lags, out of base order': 'F3',
  'read: a replica behind': 'F3',
  'page: ends short, or empty with a cursor': 'F3',
  'stream: a batch comes twice': 'F4',
  'stream: delayed': 'F4',
  'bus: takes some entries only': 'F4',
  'bus: takes entries, then times out': 'F4',
  'bus: delivers more than once': 'F4',
  'bus: delivers late': 'F4',
  'bus: replays the past': 'F4',
  'queue: hands a message to two at once': 'F4',
  'queue: delayed, out of order': 'F4',
  'queue: set aside, put back by a person': 'F4',
  'stream: the whole past told again': 'F4',
  'stream: consumer down for hours': 'F5',
  'stream: consumer down for over a day, and what it missed is gone': 'F5',
  'stream: a shard splits': 'F5',
  'stream: records of a transaction far apart': 'F5',
  'stream: a batch cut in two': 'F5',
  'stream: a record that nobody can read': 'F5',
  'function: killed at an await': 'F6',
  'function: little time left': 'F6',
  'function: a new instance in place of a warm one': 'F6',
  'schedule: fires twice': 'F7',
  'schedule: fires late': 'F7',
  'clock: instances differ by two seconds': 'F7',
  'clock: put forward and back in the workspace’s zone': 'F7',
  'receiver: takes it and hangs': 'F8',
  'receiver: drops the connection': 'F8',
  'receiver: redirects': 'F8',
  'receiver: fails with 503': 'F8',
  'receiver: asks for patience with 429': 'F8',
  'receiver: is gone with 410': 'F8',
  'receiver: its name leads elsewhere': 'F8',
  'deploy: the next version writes too': 'F9',
  'privacy: someone is erased while the work goes on': 'F10',
  'import: a run is cut off between rows': 'F11',
  'client: gives up and sends again': 'F1',
  'client: sends the same twice at once': 'F12',
  'client: a burst of one client': 'F12',
} as const
export type Site = keyof typeof sites
export const siteNames = Object.keys(sites) as Site[]

/** Each site is on with this chance, and then goes off this often. */
const ON = 1 / 4
const RATE = { low: 1 / 20, high: 1 / 4 }

/** Which faults a run has, how often each may happen, and how often each did. */
export class Faults {
  readonly rates = new Map<Site, number>()
  readonly fired = new Map<Site, number>()
  /** Off while a run comes to its end. */
  active = true

  /** @param without sites that stay quiet, for finding out which matter */
  constructor(seed: number, without: ReadonlySet<Site> = new Set()) {
    for (const site of siteNames) {
      const by = new Random(seed, 'fault', site)
      const [on, rate] = [by.chance(ON), RATE.low + by.next() * (RATE.high - RATE.low)]
      if (on && !without.has(site)) this.rates.set(site, rate)
    }
  }
  has(site: Site): boolean {
    return this.active && this.rates.has(site)
  }
  /** Whether a fault happens here and now. @param share of the site's rate */
  strikes(site: Site, by: Random, share = 1): boolean {
    const rate = this.active ? this.rates.get(site) : undefined
    // Asked whether it is on or off, so that turning one site off leaves the luck of the others as it was.
    const struck = by.chance((rate ?? 0) * share)
    if (struck) this.note(site)
    return struck
  }
  note(site: Site): void {
    this.fired.set(site, (this.fired.get(site) ?? 0) + 1)
  }
}
