import { isDeepStrictEqual } from 'node:util'
import type { User } from '../../../domain/platform/user/index.ts'
import type { Cloud } from '../cloud/cloud.ts'
import { canary, type Desk, type Office } from '../workload/desk.ts'
import { acknowledged, batches, keyed, lostUpdates } from './answers.ts'
import { delivered, erased, imports, leftInFiles } from './asset.ts'
import * as due from './due.ts'
import { Snapshot, type Finding } from './snapshot.ts'
import * as stored from './stored.ts'
import { costs, histories, messages, points } from './totals.ts'
import type { Ledger } from '../workload/ledger.ts'
import type { Watch } from './watch.ts'

/** What must hold once nothing is under way any more. */
export function atRest(cloud: Cloud, ledger: Ledger, watch: Watch, office: Office): Finding[] {
  const snapshot = new Snapshot(cloud.dynamo.base)
  const now = cloud.world.instant()
  return [
    ...stored.sentinels(snapshot),
    ...stored.keysAndRows(snapshot),
    ...stored.logs(snapshot),
    ...stored.primaries(snapshot),
    ...histories(snapshot, now),
    ...messages(snapshot),
    ...points(snapshot),
    ...costs(snapshot),
    ...acknowledged(ledger, snapshot, watch.mended),
    ...keyed(ledger, snapshot),
    ...lostUpdates(ledger),
    ...batches(ledger, snapshot),
    ...due.forgotten(cloud),
    ...due.binned(snapshot),
    ...due.warnings(snapshot),
    ...due.timers(snapshot),
    ...due.tasks(snapshot),
    ...untold(watch),
    ...imports(snapshot, office, ledger, now),
    ...delivered(snapshot, cloud.receivers, watch),
    ...erased(snapshot, watch.truth),
    ...leftInFiles(snapshot, watch.truth, office, cloud.files),
    ...queues(cloud),
    ...accounts(cloud, snapshot),
  ]
}

/** I10: every event that others are to hear of was put on the bus. */
function untold({ told, heard }: Watch): Finding[] {
  return [...told].filter((id) => !heard.has(id)).map((id) => ({ invariant: 'I10', words: `the event ${id} was never put on the bus` }))
}

/** I14: what was sent was done. */
function queues({ queues: all, readers }: Cloud): Finding[] {
  const findings = Object.entries(all).flatMap(([name, queue]): Finding[] =>
    queue.sent === queue.done + queue.dead + queue.inFlight && queue.dead === 0
      ? []
      : [{ invariant: 'I14', words: `${name}: ${queue.sent} sent, ${queue.done} done, ${queue.dead} dead, ${queue.inFlight} under way` }],
  )
  return [
    ...findings,
    ...readers.flatMap((one): Finding[] => (one.idle ? [] : [{ invariant: 'I14', words: 'a reader of the stream is not done' }])),
    ...readers.flatMap(({ dragged }): Finding[] =>
      dragged === 0 ? [] : [{ invariant: 'I14', words: `${dragged} records were given up beside one that nobody can read` }],
    ),
  ]
}

/** The user pool is as the directory of people is. */
function accounts({ accounts: all }: Cloud, snapshot: Snapshot): Finding[] {
  return snapshot.of('user').flatMap(({ item, id }): Finding[] => {
    const person = item as unknown as User
    const account = all.get(id)
    const active = !person.disabled && !person.deletedAt
    if ((account?.enabled ?? false) !== active)
      return [
        {
          invariant: 'I10',
          words: `${id} is ${active ? 'active' : 'disabled'}, but their account is ${account?.enabled ? 'enabled' : account ? 'disabled' : 'missing'}`,
        },
      ]
    const same = !active || (account?.email === person.email && isDeepStrictEqual(account.roles, person.roles))
    return same ? [] : [{ invariant: 'I10', words: `the account of ${id} has other roles or another email than the directory` }]
  })
}

/** I8: lists show every live record once, over all their pages, and nothing else. */
export async function lists(desk: Desk): Promise<Finding[]> {
  const snapshot = new Snapshot(desk.cloud.dynamo.base)
  const idsOf = (noun: string, fits: (item: Record<string, unknown>) => boolean) =>
    new Set(
      snapshot
        .of(noun)
        .filter(({ item }) => item['erasedAt'] === undefined && fits(item))
        .map(({ id }) => id),
    )
  const nina = desk.office.person('Nina').id
  const wanted: [string, Record<string, string>, ReadonlySet<string>][] = [
    ['GET /customers', {}, idsOf('customer', (one) => !one['deletedAt'])],
    ['GET /customers', { deleted: 'true' }, idsOf('customer', (one) => one['deletedAt'] !== undefined && one['mergedInto'] === undefined)],
    ['GET /customers', { ownerId: nina }, idsOf('customer', (one) => !one['deletedAt'] && one['ownerId'] === nina)],
    ['GET /tickets', { state: 'open' }, idsOf('ticket', (one) => !one['deletedAt'] && one['state'] === 'open')],
    ['GET /tasks', { ownerId: nina }, idsOf('task', (one) => !one['deletedAt'] && one['state'] === 'open' && one['ownerId'] === nina)],
    ['GET /warnings', { state: 'cleared' }, idsOf('warning', (one) => !one['deletedAt'] && one['state'] === 'cleared')],
  ]
  const findings: Finding[] = []
  for (const [route, query, ids] of wanted)
    findings.push(...compared(`${route} ${JSON.stringify(query)}`, ids, await allPages(desk, route, query)))
  return [...findings, ...(await searches(desk, snapshot))]
}

/** Marks that are searched for in a run: enough to meet customers renamed, binned and erased within a few runs. */
const SEARCHES = 6

/** I8: search finds whoever bears a mark in their name or an address, and nobody else. */
async function searches(desk: Desk, snapshot: Snapshot): Promise<Finding[]> {
  const files = snapshot
    .of('customer')
    .map(({ item, id }) => ({ id, gone: isGone(item), text: JSON.stringify([item['name'], item['emails']]) }))
  const findings: Finding[] = []
  for (let nth = 0; nth < SEARCHES; nth++) {
    const mark = canary(desk.by.between(1, Math.max(1, desk.office.made)))
    const wanted = new Set(files.filter(({ gone, text }) => !gone && text.includes(mark)).map(({ id }) => id))
    const reply = await desk.ask('admin', 'POST /search', {}, { body: { text: mark, kinds: ['customer'], limit: 50 } })
    const items = (reply?.body['items'] ?? []) as { id: string; match: string }[]
    // A mark with one other digit is a mistyped one.
    const found = items.filter(({ match }) => match !== 'similar').map(({ id }) => id)
    findings.push(...compared(`a search for ${mark}`, wanted, found))
  }
  return findings
}

const isGone = (item: Record<string, unknown>): boolean =>
  item['deletedAt'] !== undefined || item['erasedAt'] !== undefined || item['mergedInto'] !== undefined

async function allPages(desk: Desk, route: string, query: Record<string, string>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < 500; pages++) {
    const reply = await desk.ask(
      'admin',
      route,
      {},
      { query: { ...query, limit: desk.by.between(3, 12), ...(cursor !== undefined && { cursor }) } },
    )
    ids.push(...((reply?.body['items'] ?? []) as { id: string }[]).map(({ id }) => id))
    const next = reply?.body['nextCursor']
    if (typeof next !== 'string') return ids
    cursor = next
  }
  return ids
}

function compared(name: string, wanted: ReadonlySet<string>, shown: readonly string[]): Finding[] {
  const twice = shown.find((id, at) => shown.indexOf(id) < at)
  const ghost = shown.find((id) => !wanted.has(id))
  const missing = [...wanted].find((id) => !shown.includes(id))
  return [
    ...(twice === undefined ? [] : [{ invariant: 'I8', words: `${name} shows ${twice} twice` }]),
    ...(ghost === undefined ? [] : [{ invariant: 'I8', words: `${name} shows ${ghost}, which does not belong there` }]),
    ...(missing === undefined ? [] : [{ invariant: 'I8', words: `${name} does not show ${missing}` }]),
  ]
}
