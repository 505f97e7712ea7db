import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Served } from '../../support/served.ts'

/** What a client knows to be there, since it was told so. */
export interface Ledger {
  /** Ids of acknowledged creations by the external id or order number they were made with. */
  customers: Map<string, string>
  purchases: Map<string, string>
  /** The version and the note that the last acknowledged change of a customer left. */
  changed: Map<string, { version: number; notes: string }>
  /** Names of everything that was ever asked for: nothing else may be there. */
  asked: Set<string>
  acknowledged: number
  /** Requests nobody knew the outcome of, sent again with their key. */
  repeated: number
}

export const newLedger = (): Ledger => ({
  customers: new Map(),
  purchases: new Map(),
  changed: new Map(),
  asked: new Set(),
  acknowledged: 0,
  repeated: 0,
})

interface Answer {
  status: number
  body: Record<string, unknown>
}

/** Where the product is now; changes when it is started again. */
export type Where = () => Served | undefined

/** Time between tries while the product is down. Milliseconds. */
const AGAIN_MS = 100
/** Tries after which a client gives up once the run is over. */
const LAST_TRIES = 100

/** Opens files, records purchases and changes files until told to stop; sends again, with the same key, what it got no answer to. */
export async function client(name: string, where: Where, ledger: Ledger, going: () => boolean): Promise<void> {
  const mine: string[] = []
  for (let n = 0; going(); n++) {
    const last = mine.at(-1)
    if (!last || n % 4 === 0) {
      const id = await open(`${name}-${n}`)
      if (id) mine.push(id)
    } else if (n % 4 === 3) await change(last, `note ${n}`)
    else await buy(last, `${name}-${n}`)
  }

  /** @returns the first answer that says what became of it; undefined when the run is over first */
  async function certain(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer | undefined> {
    for (let tries = 0; going() || tries < LAST_TRIES; tries++) {
      if (tries === 1) ledger.repeated += 1
      const answer = await once(where(), method, path, body, headers)
      if (answer && answer.status < 500 && answer.status !== 429) return answer
      await wait(AGAIN_MS)
    }
    return undefined
  }

  async function open(externalId: string): Promise<string | undefined> {
    ledger.asked.add(externalId)
    const body = { name: `Customer ${externalId}`, externalIds: [{ system: 'kill', id: externalId }] }
    const answer = await certain('POST', '/customers', body, { 'idempotency-key': randomUUID() })
    if (!answer) return undefined
    if (answer.status !== 201) throw new Error(`POST /customers ${externalId}: ${answer.status} ${JSON.stringify(answer.body)}`)
    ledger.customers.set(externalId, String(answer.body['id']))
    ledger.acknowledged += 1
    return String(answer.body['id'])
  }

  async function buy(customer: string, order: string): Promise<void> {
    ledger.asked.add(order)
    const body = { orderId: { system: 'kill', id: order }, at: new Date().toISOString(), amount: { amount: 100, currency: 'USD' } }
    const answer = await certain('POST', `/customers/${customer}/purchases`, body, { 'idempotency-key': randomUUID() })
    if (!answer) return
    if (answer.status > 201) throw new Error(`POST purchase ${order}: ${answer.status} ${JSON.stringify(answer.body)}`)
    ledger.purchases.set(order, String(answer.body['id']))
    ledger.acknowledged += 1
  }

  /** A change whose answer got lost meets its own success as a 412 when it is sent again. */
  async function change(id: string, notes: string): Promise<void> {
    const before = await certain('GET', `/customers/${id}`)
    if (!before) return
    const answer = await certain('PATCH', `/customers/${id}`, { notes }, { 'if-match': `"${String(before.body['version'])}"` })
    const after = answer?.status === 412 ? await certain('GET', `/customers/${id}`) : answer
    if (!after) return
    if (after.status !== 200 || after.body['notes'] !== notes) throw new Error(`PATCH ${id}: ${after.status} ${JSON.stringify(after.body)}`)
    ledger.changed.set(id, { version: Number(after.body['version']), notes })
    ledger.acknowledged += 1
  }
}

async function once(
  served: Served | undefined,
  method: string,
  path: string,
  body: object | undefined,
  headers: Record<string, string>,
): Promise<Answer | undefined> {
  if (!served) return undefined
  try {
    const answer = await fetch(`${served.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${served.tokens['admin']}`, 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  } catch {
    return undefined
  }
}
