import { docOf } from '../../domain/data/search/document.ts'
import { readingOf } from '../../domain/data/search/pinyin.ts'
import { lookupsOf, type Lookup } from '../../domain/data/search/plan.ts'
import { questionOf } from '../../domain/data/search/question.ts'
import { rowOf } from '../../domain/data/search/row.ts'
import { search } from '../../domain/data/search/search.actions.ts'
import { tokensOf } from '../../domain/data/search/token.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { newKey } from '../../domain/kernel/id.ts'
import type { Actor, Role } from '../../domain/kernel/permission.ts'
import type { Item, Key } from '../../domain/kernel/table/table.ts'
import { builtInRole } from '../../domain/platform/role/role.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { madeUp, seeded, type MadeUp } from '../support/names.ts'
import { queriesOf, scan, scannedOf } from '../support/search-queries.ts'
import { metered } from './meter.ts'

/** What a sort of question cost and found. */
export interface Found {
  sort: string
  queries: number
  /** Of what a plain scan finds, the share that search shows; of more than a page, the share of a page. */
  recall: number
  /** The share of rows shown that the scan finds too. */
  precision: number
  /** Of the shown, the share that is as good as the scan's row in the same place. */
  order: number
  readUnits: { mean: number; p99: number; most: number }
  rounds: number
}

/** Account managers and their teams. */
const MANAGERS = 300
const TEAMS = 40

const manager = (n: number): string => `usr_${String(n % MANAGERS).padStart(20, '0')}`
const team = (n: number): string => `tea_${String((n % MANAGERS) % TEAMS).padStart(20, '0')}`

/** A lookup of some question, and the rows of it that can be read: the first so many of its range, in the order of their keys. */
interface Reach {
  lookup: Lookup
  rows: { sk: Buffer; item: Item & Key }[]
}

const isIn = ({ begins, from, to }: Lookup, sk: string): boolean =>
  (begins === undefined || sk.startsWith(begins)) && (from === undefined || sk >= from) && (to === undefined || sk <= to)

/**
 * Makes the token rows of all customers, and writes those that the questions' lookups can reach. The others would be read by
 * nobody: what a query costs depends on the rows in its ranges alone.
 */
async function fill(crm: Crm, customers: readonly MadeUp[], lookups: readonly Lookup[]): Promise<{ ids: string[]; tokens: number }> {
  const random = seeded(7)
  const bytes = (size: number) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256))
  const ids = customers.map((_, n) => `cus_${newKey(Date.UTC(2024, 0, 1) + n * 60_000, bytes)}`)
  const different = new Map(lookups.map((one) => [JSON.stringify(one), one]))
  const reaches = Map.groupBy(
    [...different.values()].map((lookup): Reach => ({ lookup, rows: [] })),
    ({ lookup }) => lookup.pk,
  )
  let tokens = 0
  for (const [n, one] of customers.entries()) {
    const id = ids[n] ?? ''
    const rows = await rowsOf(id, one, n)
    tokens += rows.length
    for (const item of rows) {
      for (const { lookup, rows: reached } of reaches.get(item.pk) ?? [])
        if (isIn(lookup, item.sk)) reached.push({ sk: Buffer.from(item.sk), item })
    }
  }
  const written = new Map<string, Item & Key>()
  for (const { lookup, rows } of [...reaches.values()].flat()) {
    const sign = lookup.descending ? -1 : 1
    rows.sort((a, b) => sign * Buffer.compare(a.sk, b.sk))
    for (const { item } of rows.slice(0, lookup.limit + 1)) written.set(`${item['pk']} ${item['sk']}`, item)
  }
  await crm.table.writeEach([...written.values()].map((put) => ({ put })))
  return { ids, tokens }
}

async function rowsOf(id: string, { kind, name, email, phone, externalId }: MadeUp, n: number): Promise<(Item & Key)[]> {
  const identities = { emails: [{ address: email }], phones: [{ number: phone }], externalIds: [{ system: 'shop', id: externalId }] }
  const item = { noun: 'customer', id, kind, name, ...identities, ownerId: manager(n), teamId: team(n) }
  const doc = docOf(item, item)
  if (!doc) throw new Error(`${id} tells nothing`)
  const { tokens, common } = tokensOf(doc, await readingOf(name))
  return tokens.map((token) => rowOf(token, id, common))
}

const teammates = Array.from({ length: MANAGERS }, (_, n) => n)
  .filter((n) => team(n) === team(0))
  .map(manager)
const roleNamed = (name: string): Role[] => [builtInRole(name)].filter((one) => one !== undefined)

/** Who asks: someone who sees all, and an account manager, who sees a team's. */
const askers: readonly { scope: 'all' | 'team'; actor: Actor; groups: readonly string[]; sees: (n: number) => boolean }[] = [
  { scope: 'all', actor: { kind: 'user', id: manager(0), team: [], roles: roleNamed('viewer') }, groups: [], sees: () => true },
  {
    scope: 'team',
    actor: { kind: 'user', id: manager(0), teamId: team(0), team: teammates, roles: roleNamed('sales') },
    groups: [team(0), manager(0)],
    sees: (n) => team(n) === team(0),
  },
]

const LIMIT = 20

/** Questions about so many customers, asked by someone who sees all and by someone who sees a fortieth. */
export async function measureSearch(count: number, queries = 500): Promise<Measured> {
  const crm = await startCrm()
  const customers = madeUp(count)
  const scanned = customers.map(scannedOf)
  const asked = askers.map((asker) => ({
    ...asker,
    questions: queriesOf(
      customers.filter((_, n) => asker.sees(n)),
      queries,
      seeded(11),
    ),
  }))
  const lookups = asked.flatMap(({ questions, groups }) =>
    questions.flatMap(({ text }) => lookupsOf(questionOf(text), { customers: true, orders: false, texts: false, groups })),
  )
  const { ids, tokens } = await fill(crm, customers, lookups)
  const numberOf = new Map(ids.map((id, n) => [id, n]))
  const meter = metered(crm.table, crm.spent)
  const scopes = []
  for (const { scope, actor, sees, questions } of asked) {
    const seen = scanned.filter(({ at }) => sees(at))
    const answers: Answered[] = []
    for (const { sort, text } of questions) {
      meter.take()
      const ctx = { ...crm.ctx('search.find', actor), table: meter.table, scope }
      const { output } = await invoke(search, ctx, { text, kinds: ['customer'], limit: LIMIT })
      const { readUnits, rounds } = meter.take()
      answers.push({
        sort,
        text,
        readUnits,
        rounds,
        ...judged(
          output.items.map(({ id }) => numberOf.get(id) ?? -1),
          scan(seen, text),
        ),
      })
    }
    scopes.push({ scope, found: summed(answers), missed: answers.filter(({ recall }) => recall < 1) })
  }
  return { rowsEach: tokens / count, scopes }
}

export interface Measured {
  /** Token rows a customer: a write unit each. */
  rowsEach: number
  /** By who asks; `missed` are the questions of which something that is due was not shown. */
  scopes: { scope: string; found: Found[]; missed: Answered[] }[]
}

interface Judged {
  recall: number
  precision: number
  order: number
}
interface Answered extends Judged {
  sort: string
  text: string
  readUnits: number
  rounds: number
}

/** What was shown beside what a plain scan finds, with its grades. */
export function judged(shown: readonly number[], { found, due }: ReturnType<typeof scan>): Judged {
  const best = [...due.values()].sort((a, b) => a - b)
  const right = shown.filter((one) => due.has(one)).length
  const truly = shown.filter((one) => found.has(one)).length
  const ordered = shown.filter((one, at) => (found.get(one) ?? Infinity) <= (best[at] ?? MISTYPED)).length
  const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
  return { recall: share(right, Math.min(LIMIT, due.size)), precision: share(truly, shown.length), order: share(ordered, shown.length) }
}
/** The worst grade of a scan. */
const MISTYPED = 3

function summed(asked: readonly Answered[]): Found[] {
  const groups: [string, readonly Answered[]][] = [...Map.groupBy(asked, ({ sort }) => sort), ['together', asked]]
  return groups.map(([sort, of]) => {
    const mean = (value: (one: Answered) => number): number => of.reduce((sum, one) => sum + value(one), 0) / of.length
    const units = of.map(({ readUnits }) => readUnits).sort((a, b) => a - b)
    return {
      sort,
      queries: of.length,
      recall: mean(({ recall }) => recall),
      precision: mean(({ precision }) => precision),
      order: mean(({ order }) => order),
      readUnits: { mean: mean(({ readUnits }) => readUnits), p99: units[Math.ceil(units.length * 0.99) - 1] ?? 0, most: units.at(-1) ?? 0 },
      rounds: Math.max(...of.map(({ rounds }) => rounds)),
    }
  })
}
