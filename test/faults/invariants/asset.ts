import { unzipSync } from 'fflate'
import { customerIdIn } from '../../../domain/kernel/id.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import type { MemoryFiles } from '../../support/files.ts'
import type { Receivers } from '../cloud/receivers.ts'
import type { Office } from '../workload/desk.ts'
import type { Ledger } from '../workload/ledger.ts'
import type { Finding, Snapshot } from './snapshot.ts'
import { canariesIn, type Truth } from './truth.ts'
import type { Watch } from './watch.ts'

/** What must be true of the customer asset as a whole: files, webhooks, those who were erased. */

/** Ends of an import that is over. */
const OVER = new Set(['done', 'paused', 'ready', 'waiting'])

interface Counts {
  rows: number
  created: number
  updated: number
  skipped: number
  failed: number
}

/** I15: every row of a file is counted once, and the same file twice makes nobody twice. */
export function imports(snapshot: Snapshot, office: Office, ledger: Ledger, now: string): Finding[] {
  const findings: Finding[] = []
  const made = new Map<string, number>()
  const erasures = erasuresUntil(snapshot, ledger, now)
  for (const { id, rows, file } of office.imports) {
    const kept = snapshot.byId.get(id)
    if (!kept) continue
    const [state, counts] = [String(kept.item['state']), kept.item['counts'] as Counts]
    if (!OVER.has(state) && !isWithdrawn(kept.item, erasures))
      findings.push({ invariant: 'I15', words: `${id} is ${state}, though nothing is under way any more` })
    const sum = counts.created + counts.updated + counts.skipped + counts.failed
    if (sum !== counts.rows || (state === 'done' && counts.rows !== rows))
      findings.push({ invariant: 'I15', words: `${id} counts ${JSON.stringify(counts)} of ${rows} rows` })
    made.set(file, (made.get(file) ?? 0) + counts.created)
    if ((made.get(file) ?? 0) > rows)
      findings.push({ invariant: 'I15', words: `the file of step ${file} has ${rows} rows and made ${made.get(file)} customers` })
  }
  return findings
}

/**
 * Until when each erasure may have ended imports: while it is under way; and one that was asked for and came to nothing has
 * ended them all the same, since that comes first.
 */
function erasuresUntil(snapshot: Snapshot, { sendings }: Ledger, now: string): string[] {
  return [
    ...snapshot.of('erasure').map(({ item }) => (typeof item['finishedAt'] === 'string' ? item['finishedAt'] : now)),
    ...sendings.flatMap(({ route, body, sentAt, endedAt }) =>
      route === 'POST /customers/{id}/erase' && typeof (body as { token?: unknown }).token === 'string'
        ? [new Date((endedAt ?? sentAt) + LONGEST_REQUEST).toISOString()]
        : [],
    ),
  ]
}
/** A request that nobody heard of any more may still be at work. Milliseconds. */
const LONGEST_REQUEST = 20_000

/** Whether an import was ended for good because somebody was erased who may have been in its file. */
function isWithdrawn(item: Item, erasures: readonly string[]): boolean {
  const { code } = (item['failure'] ?? {}) as { code?: string }
  return item['state'] === 'failed' && code === 'file.erased_since' && erasures.some((at) => at >= String(item['createdAt']))
}

/** Until a function instance that remembers the webhooks knows of a new one. Milliseconds. */
const KNOWN_AFTER = 60_000

/** I10: what a webhook was to hear it was told, or it shows that it could not be; each event under one message id. */
export function delivered(snapshot: Snapshot, { taken }: Receivers, { heard, failed }: Watch): Finding[] {
  const ids = new Map<string, string>()
  const findings: Finding[] = []
  for (const { messageId, eventId } of taken) {
    if ((ids.get(eventId) ?? messageId) !== messageId)
      findings.push({ invariant: 'I10', words: `the event ${eventId} went out as ${messageId} and as ${ids.get(eventId)}` })
    ids.set(eventId, messageId)
  }
  const told = new Set(taken.map(({ url, eventId }) => `${url} ${eventId}`))
  for (const { item, id, version } of snapshot.of('webhook')) {
    if (version !== 1 || item['state'] !== 'on') continue
    const types = item['types'] as string[]
    const since = Date.parse(String(item['createdAt'])) + KNOWN_AFTER
    for (const [event, { at, type }] of heard) {
      const wanted = types.some((one) => one === '*' || one === type || (one.endsWith('.*') && type.startsWith(one.slice(0, -1))))
      if (at < since || !wanted || told.has(`${String(item['url'])} ${event}`) || failed.has(`${id} ${event}`)) continue
      findings.push({ invariant: 'I10', words: `${id} was never told of ${event}, nor does it show why` })
    }
  }
  return findings
}

/** I12: of someone erased nothing is left anywhere. What others say of themselves stays. */
export function erased(snapshot: Snapshot, truth: Truth): Finding[] {
  const gone = new Set(snapshot.of('customer').flatMap(({ item, id }) => (item['erasedAt'] === undefined ? [] : [id])))
  const numbers = new Set([...gone].flatMap((id) => truth.marksOf(id)))
  if (numbers.size === 0) return []
  const borne = new Set([...gone].flatMap((id) => [...truth.addressesOf(id)]))
  return snapshot.items.flatMap((item): Finding[] => {
    const mark = canariesIn(toldBy(item, borne)).find((number) => numbers.has(number))
    if (mark === undefined) return []
    const [pk, sk] = [String(item['pk']), String(item['sk'])]
    const owner = pk.startsWith('customer#')
      ? `cus_${pk.slice('customer#'.length)}`
      : ownerIn(typeof item['id'] === 'string' ? item['id'] : (sk.split('#').at(-1) ?? ''))
    const live = [...truth.bearersOf(mark)].filter((id) => !gone.has(id))
    return live.includes(owner) ? [] : [{ invariant: 'I12', words: `${pk} ${sk} still tells of customer ${mark}, who was erased` }]
  })
}

/**
 * What an item tells of people. A friend is referred by an address alone, and nobody can know whose it is when no file ever bore
 * it: such an address tells of nobody who was erased.
 */
function toldBy(item: Item, borne: ReadonlySet<string>): string {
  const text = JSON.stringify(item)
  if (item['noun'] !== 'referral' && !String(item['pk']).startsWith('unique#referral#')) return text
  return text.replaceAll(/canary\d+x@[a-z.]+/gi, (address) => (borne.has(address.toLowerCase()) ? address : ''))
}

/** I12: nor is it in any file of before the erasure: one that was brought, or what the product told of it. */
export function leftInFiles(snapshot: Snapshot, truth: Truth, { imports: all }: Office, { kept }: MemoryFiles): Finding[] {
  const erasedAt = new Map<number, number>()
  for (const { item, id } of snapshot.of('customer'))
    if (typeof item['erasedAt'] === 'string') for (const mark of truth.marksOf(id)) erasedAt.set(mark, Date.parse(item['erasedAt']))
  if (erasedAt.size === 0) return []
  const broughtAt = new Map(all.map(({ id, at }) => [id, at]))
  return [...kept].flatMap(([key, body]): Finding[] => {
    const at = broughtAt.get(key.split('/')[1] ?? '') ?? -Infinity
    const mark = canariesIn(textOf(key, body)).find((one) => at < (erasedAt.get(one) ?? -Infinity))
    return mark === undefined
      ? []
      : [{ invariant: 'I12', words: `the file ${key} still tells of customer ${mark}, who was erased after it came` }]
  })
}

/** What a file says; of an archive, what all files in it say. */
function textOf(key: string, body: Uint8Array): string {
  const parts = key.endsWith('.zip') ? Object.values(unzipSync(body)) : [body]
  return parts.map((part) => Buffer.from(part).toString()).join('\n')
}

/** Whose a record is, by its id: of up to three keys, as a message’s; '' for what is no id. */
function ownerIn(id: string): string {
  return /^[a-z]{3}_(?:[0-9A-Za-z]{20}){1,3}$/.test(id) ? customerIdIn(id) : ''
}
