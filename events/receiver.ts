import { lookup as resolveName } from 'node:dns/promises'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopback, isPublic, type Answered, type Receiver } from '../domain/data/webhook/index.ts'

/** A receiver has this long from the call to the head of its answer, the resolving of its name included. Milliseconds. */
const TIMEOUT_MS = 15_000
/** What it answers is of no use; so much is taken, for so long, before the connection is cut, so that it need not see an error. */
const TAKEN_BYTES = 64 * 1024
const TAKEN_MS = 1_000
/** Bytes an answer's head may have. */
const HEAD_BYTES = 16 * 1024

interface Address {
  address: string
  family: number
}

export interface ReceiverFacts {
  /** Receivers on this very machine may be called, over plain http too. */
  loopback?: boolean
  /** Which addresses may be called, when not as usual. */
  allows?: (address: string) => boolean
  resolve?: (host: string) => Promise<readonly Address[]>
  timeoutMs?: number
  /** A certificate to trust beside the usual ones. */
  ca?: string
}

/**
 * Calls receivers as Standard Webhooks says: no redirect is followed, and only public addresses are called. A name is
 * resolved once; every address it leads to must be allowed; and the connection goes to those very addresses, so a name that
 * leads elsewhere the next moment leads nowhere.
 */
export function httpReceiver(facts: ReceiverFacts = {}): Receiver {
  const allows = facts.allows ?? ((address: string) => isPublic(address) || (facts.loopback === true && isLoopback(address)))
  const resolve = facts.resolve ?? ((host: string) => resolveName(host, { all: true }))
  const timeoutMs = facts.timeoutMs ?? TIMEOUT_MS
  return {
    async post(target, headers, body) {
      const began = performance.now()
      const ms = () => Math.round(performance.now() - began)
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        const url = new URL(target)
        const addresses = await before(timeout, addressesOf(url, resolve))
        if (!addresses.every(({ address }) => allows(address))) return { error: 'address_not_public', ms: ms() }
        const answer = await send(url, { headers, body, addresses, timeout, ...(facts.ca !== undefined && { ca: facts.ca }) })
        const pause = pauseOf(answer)
        const answered = { status: answer.statusCode ?? 0, ms: ms(), ...(pause !== undefined && { retryAfter: pause }) }
        await taken(answer)
        return answered
      } catch (error) {
        return { error: timeout.aborted ? 'timeout' : causeOf(error), ms: ms() }
      }
    },
  }
}

async function addressesOf(url: URL, resolve: (host: string) => Promise<readonly Address[]>): Promise<readonly Address[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  const found = family ? [{ address: host, family }] : await resolve(host)
  if (found.length === 0) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' })
  return found
}

interface Call {
  headers: Readonly<Record<string, string>>
  body: string
  addresses: readonly Address[]
  timeout: AbortSignal
  ca?: string
}

/** Sends a message to the addresses given. @returns the answer, its head read and its body not */
function send(url: URL, { headers, body, addresses, timeout, ca }: Call): Promise<IncomingMessage> {
  const [first] = addresses
  const lookup: LookupFunction = (_, options, found) =>
    options.all ? found(null, [...addresses]) : found(null, first?.address ?? '', first?.family)
  const request = url.protocol === 'https:' ? secureRequest : plainRequest
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: false,
        lookup,
        signal: timeout,
        maxHeaderSize: HEAD_BYTES,
        ...(ca !== undefined && { ca }),
      },
      resolve,
    )
    call.on('error', reject)
    call.end(body)
  })
}

/** Reads what a receiver answers until its end, or until it is enough, and lets go of the connection. */
async function taken(answer: IncomingMessage): Promise<void> {
  let bytes = 0
  const enough = setTimeout(() => answer.destroy(), TAKEN_MS)
  await new Promise<void>((resolve) => {
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > TAKEN_BYTES) answer.destroy()
    })
    answer.on('error', () => resolve())
    answer.on('close', resolve)
  })
  clearTimeout(enough)
}

/** Seconds for which a receiver that has too much to do asks to be left alone (RFC 9110, section 10.2.3). */
function pauseOf({ statusCode, headers }: IncomingMessage): number | undefined {
  const text = headers['retry-after']
  if (text === undefined || (statusCode !== 429 && statusCode !== 503)) return undefined
  const seconds = /^\d{1,9}$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined
}

/** Waits for work, but no longer than until the time is out. */
function before<T>(timeout: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    timeout.addEventListener('abort', () => reject(new Error('the time is out')), { once: true })
    work.then(resolve, reject)
  })
}

function causeOf(error: unknown): NonNullable<Answered['error']> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL)$/.test(code)) return 'dns'
  if (/CERT|SSL|TLS|UNABLE_TO_|SELF_SIGNED|ALTNAME/.test(code)) return 'tls'
  return 'connection'
}
