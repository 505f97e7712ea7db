import { isDeepStrictEqual } from 'node:util'
import type { Happened } from '../../../domain/kernel/event.ts'
import { isCertain, type Ledger, type Sending } from '../workload/ledger.ts'
import type { Finding, Snapshot } from './snapshot.ts'

/** What was answered, against what is there. */

const said = ({ who, route, requestId, status }: Sending): string => `${who}’s ${route} [${requestId}], answered ${status}`

/** I1: what was acknowledged is there; what is there somebody tried to write. @param mended whether an operator put things right */
export function acknowledged(ledger: Ledger, snapshot: Snapshot, mended: boolean): Finding[] {
  const findings: Finding[] = []
  for (const sending of ledger.sendings) {
    const { id, version } = sending.reply?.body ?? {}
    if (
      sending.status >= 300 ||
      sending.status === 0 ||
      sending.route.startsWith('GET') ||
      typeof id !== 'string' ||
      typeof version !== 'number' ||
      version === 0
    )
      continue
    const kept = snapshot.byId.get(id)
    if (!kept) findings.push({ invariant: 'I1', words: `${said(sending)}, gave ${id}, which is not there` })
    else if (kept.version < version)
      findings.push({ invariant: 'I1', words: `${said(sending)}, gave version ${version} of ${id}, which is at ${kept.version}` })
  }
  for (const [id, events] of snapshot.log) {
    for (const event of events) {
      const known =
        ledger.byRequest.has(event.request) ||
        /^(reaction|schedule):|^(projection|webhooks)$/.test(event.actor) ||
        event.request.startsWith('imp_') ||
        // What an operator put right, and what of the past nobody could tell any more.
        (mended && (event.actor.startsWith('command:') || event.type === 'log.lost'))
      if (!known)
        findings.push({
          invariant: 'I1',
          words: `version ${event.version} of ${id} was written by ${event.actor} under ${event.request}, which nobody sent`,
        })
    }
  }
  return findings
}

/** Events that a request of this route may cause once at most. */
const once: Readonly<Record<string, string>> = {
  'POST /customers': 'customer.created',
  'POST /customers/{id}/purchases': 'purchase.recorded',
  'POST /purchases': 'purchase.recorded',
  'POST /purchases/{id}/returns': 'purchase.returned',
  'POST /customers/{id}/interactions': 'interaction.recorded',
  'POST /customers/{id}/tickets': 'ticket.opened',
  'POST /tickets/{id}/messages': 'message.written',
  'POST /customers/{id}/deals': 'deal.opened',
  'POST /customers/{id}/tasks': 'task.opened',
  'POST /users': 'user.created',
  'POST /customers/{id}/points/adjust': 'points.adjusted',
  'POST /customers/{id}/referrals': 'referral.made',
}

/** Refusals that come in place of a kept answer: of another request under its key, and once nobody may be told of whom it names. */
const elsewise: ReadonlySet<unknown> = new Set(['idempotency.key_reused', 'customer.erased'])

/** I2: one effect for a key at most (and for a request without one), and one answer. */
export function keyed(ledger: Ledger, snapshot: Snapshot): Finding[] {
  const byRequest = Map.groupBy([...snapshot.log.values()].flat(), ({ request }) => request)
  const groups = [...ledger.byKey.values(), ...ledger.sendings.filter(({ key }) => key === undefined).map((one) => [one])]
  return groups.flatMap((sendings): Finding[] => [
    ...[...Map.groupBy(sendings, ({ path, body }) => `${path} ${JSON.stringify(body)}`).values()].flatMap((same) => [
      ...oneEffect(same, byRequest),
      ...oneAnswer(same.filter(({ reply }) => !elsewise.has(reply?.body['code']))),
    ]),
    ...otherRequests(sendings),
  ])
}

/** A key stands for one request: another one under it is refused. */
function otherRequests(sendings: readonly Sending[]): Finding[] {
  const done = sendings.filter(({ key, status }) => key !== undefined && status > 0 && status < 300)
  const [first] = done
  const other = done.find((one) => first && (one.path !== first.path || !isDeepStrictEqual(one.body, first.body)))
  return first && other ? [{ invariant: 'I2', words: `key ${first.key} stood for two requests: ${said(first)}, and ${said(other)}` }] : []
}

function oneEffect(sendings: readonly Sending[], byRequest: ReadonlyMap<string, Happened[]>): Finding[] {
  const [first] = sendings
  const type = first && once[first.route]
  if (!first || type === undefined) return []
  const effects = sendings.flatMap(({ requestId }) => byRequest.get(requestId) ?? []).filter((event) => event.type === type)
  if (effects.length < 2) return []
  const who = `${first.who}’s ${first.route}${first.key === undefined ? ` [${first.requestId}]` : ` with key ${first.key}`}`
  return [
    {
      invariant: 'I2',
      words: `${who} took effect ${effects.length} times: ${effects.map(({ id, request }) => `${id} by ${request}`).join(', ')}`,
    },
  ]
}

function oneAnswer(sendings: readonly Sending[]): Finding[] {
  const certain = sendings.filter((one) => one.key !== undefined && isCertain(one) && !hasFailedRow(one))
  const [first] = certain
  if (!first) return []
  const plain = ({ status, reply }: Sending) => ({ status, body: { ...reply?.body, requestId: undefined } })
  const other = certain.find((one) => !isDeepStrictEqual(plain(one), plain(first)))
  if (!other) return []
  return [
    {
      invariant: 'I2',
      words: `key ${first.key}: ${said(first)} with ${JSON.stringify(first.reply?.body).slice(0, 300)}, and ${said(other)} with ${JSON.stringify(other.reply?.body).slice(0, 300)}`,
    },
  ]
}

/** A batch of which a row may go otherwise next time is not kept under its key. */
function hasFailedRow({ reply }: Sending): boolean {
  const results = reply?.body['results']
  return Array.isArray(results) && results.some(({ status }: { status?: number }) => (status ?? 0) >= 500)
}

/** I4: two acknowledged changes of one version of a record cannot both be true, and a change is of the version it names. */
export function lostUpdates(ledger: Ledger): Finding[] {
  const claimed = new Map<string, Sending>()
  return ledger.sendings.flatMap((sending): Finding[] => {
    const { id, version } = sending.reply?.body ?? {}
    if (!sending.route.startsWith('PATCH') || sending.status !== 200 || typeof id !== 'string' || typeof version !== 'number') return []
    if (sending.ifMatch !== undefined && version > sending.ifMatch + 1)
      return [{ invariant: 'I4', words: `${said(sending)}, was sent for version ${sending.ifMatch} of ${id} and made version ${version}` }]
    const name = `${id} ${version}`
    const other = claimed.get(name)
    claimed.set(name, sending)
    return other ? [{ invariant: 'I4', words: `${said(other)} and ${said(sending)} both made version ${version} of ${id}` }] : []
  })
}

/** I15: rows of a batch add up, and no order is recorded twice. */
export function batches(ledger: Ledger, snapshot: Snapshot): Finding[] {
  const findings: Finding[] = []
  const recorded = new Map<string, Sending>()
  for (const sending of ledger.sendings) {
    if (sending.route !== 'POST /purchases/batch' || sending.status !== 207) continue
    const rows = (sending.body as { purchases: unknown[] }).purchases
    const results = (sending.reply?.body['results'] ?? []) as { index: number; status: number; id?: string }[]
    if (results.length !== rows.length || results.some(({ index }, at) => index !== at))
      findings.push({ invariant: 'I15', words: `${said(sending)}, has ${rows.length} rows and ${results.length} results` })
    for (const { id, status } of results) {
      if (id === undefined) continue
      if (!snapshot.byId.has(id)) findings.push({ invariant: 'I15', words: `${said(sending)}, says ${id} is recorded, which is not there` })
      const other = recorded.get(id)
      const another = other && (other.key === undefined || other.key !== sending.key)
      if (status === 201 && another)
        findings.push({ invariant: 'I15', words: `${said(other)} and ${said(sending)} both say they recorded ${id}` })
      if (status === 201) recorded.set(id, sending)
    }
  }
  return findings
}
