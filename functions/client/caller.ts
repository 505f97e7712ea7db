import { CrmUnreachable, problemOf } from './problem.ts'
import type { ClientFacts, TokenSource } from './types.ts'

/** Operations by name, each as `POST /deals/{id}/win`; a list has `*` after its method. */
export type Operations = Readonly<Record<string, string>>

export interface Asked {
  signal?: AbortSignal | undefined
  idempotencyKey?: string | undefined
  ifMatch?: number | undefined
}
export type Input = Readonly<Record<string, unknown>>

const PREFIX = '/v1'
/** Waits between tries double from here to there, each somewhere between half and all of it. Milliseconds. */
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 8_000
/** A pause that the product asks for is taken up to this. Milliseconds. */
const LONGEST_PAUSE_MS = 60_000
const TRIED_AGAIN = new Set([429, 500, 502, 503, 504])

/** Sends operations, as often as it takes. */
export class Caller {
  readonly #facts: ClientFacts
  readonly #operations: Operations
  readonly #base: string

  constructor(facts: ClientFacts, operations: Operations) {
    this.#facts = facts
    this.#operations = operations
    this.#base = facts.url.replace(/\/+$/, '').replace(/\/v1$/, '') + PREFIX
  }

  /** @throws CrmProblem for a refusal, CrmUnreachable when no answer came, and the signal's reason */
  async send(name: string, input: Input = {}, asked: Asked = {}): Promise<unknown> {
    const { method, url, body } = this.#address(name, input)
    const key = method === 'POST' ? (asked.idempotencyKey ?? crypto.randomUUID()) : undefined
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(asked.ifMatch !== undefined && { 'if-match': `"${asked.ifMatch}"` }),
    }
    const request = { method, headers, ...(body !== undefined && { body }) }
    // Whether a change was made whose answer was lost cannot be known: sent again it would meet its own version.
    const safe = method !== 'PATCH' && method !== 'DELETE'
    const { tries = 5 } = this.#facts
    for (let nth = 1, fresh = false; ; nth++) {
      const last = nth >= tries
      const authorization = `Bearer ${await this.#token(fresh)}`
      let answer: Response
      try {
        answer = await this.#fetch(url, { ...request, headers: { ...headers, authorization } }, asked)
      } catch (error) {
        asked.signal?.throwIfAborted()
        if (last || !safe) throw new CrmUnreachable(error)
        await wait(backOff(nth), asked.signal)
        continue
      }
      if (answer.ok) return contentOf(answer)
      const stale: boolean = answer.status === 401 && !fresh && typeof this.#facts.token === 'function'
      if (last || !(stale || TRIED_AGAIN.has(answer.status))) throw await problemOf(answer)
      if (!stale) await wait(pauseOf(answer) ?? backOff(nth), asked.signal)
      fresh = stale
      await answer.body?.cancel()
    }
  }

  #address(name: string, input: Input): { method: string; url: string; body?: string } {
    const operation = this.#operations[name]
    if (operation === undefined) throw new TypeError(`There is no operation ${name}.`)
    const [kind = '', path = ''] = operation.split(' ')
    const method = kind.replace('*', '')
    const rest: Record<string, unknown> = { ...input }
    const place = path.replace(/\{(\w+)\}/g, (_, field: string) => {
      const value = rest[field]
      if (typeof value !== 'string' || value === '') throw new TypeError(`${name} needs ${field}.`)
      delete rest[field]
      return encodeURIComponent(value)
    })
    if (method !== 'GET' && method !== 'DELETE') return { method, url: this.#base + place, body: JSON.stringify(rest) }
    const given = Object.entries(rest).filter(([, value]) => value !== undefined)
    const query = new URLSearchParams(Object.fromEntries(given.map(([field, value]) => [field, String(value)]))).toString()
    return { method, url: this.#base + place + (query && `?${query}`) }
  }

  #fetch(url: string, request: RequestInit, { signal }: Asked): Promise<Response> {
    const { fetch: speak = fetch, timeoutMs = 30_000 } = this.#facts
    const timeout = AbortSignal.timeout(timeoutMs)
    return speak(url, { ...request, signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
  }

  async #token(fresh: boolean): Promise<string> {
    const source: TokenSource = this.#facts.token
    return typeof source === 'string' ? source : source({ fresh })
  }
}

async function contentOf(answer: Response): Promise<unknown> {
  if (answer.status === 204) return undefined
  return answer.headers.get('content-type')?.includes('json') ? answer.json() : answer.text()
}

function backOff(nth: number): number {
  const most = Math.min(FIRST_WAIT_MS * 2 ** (nth - 1), LONGEST_WAIT_MS)
  return most / 2 + (Math.random() * most) / 2
}

function pauseOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS) : undefined
}

/** @throws the signal's reason when it ends the waiting */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const end = (): void => {
      clearTimeout(timer)
      reject(signal?.reason instanceof Error ? signal.reason : new Error('The call was ended.'))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}
