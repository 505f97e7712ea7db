import { VERSION_PREFIX } from '../../../functions/http.ts'
import type { HttpEvent } from '../../../functions/request.ts'
import type { Cloud } from '../cloud/cloud.ts'
import { Random } from '../random.ts'
import type { Body, Ledger, Reply, Sending } from './ledger.ts'

/** Someone who uses the product. */
export interface Person {
  /** What stories call them. */
  name: string
  id: string
  /** Claims of their token. */
  claims: Readonly<Record<string, string>>
}

export interface Asked {
  body?: Body
  /** Query of a GET. */
  query?: Readonly<Record<string, string | number>>
  ifMatch?: number
  key?: string
  /** It holds a cursor of another list, which no list may take. */
  foreign?: true
  /** Sent again when nobody knows what came of it: it has a key, or says the same thing twice without harm. */
  again?: boolean
}

/** Tries of one request, and how long a client waits before it gives up and sends again. Milliseconds. */
const TRIES = 4
const IMPATIENT = { least: 200, most: 4_000 }

/** The far end of the wire: sends, waits, gives up, sends again, and writes down all of it. */
export class Client {
  readonly #cloud: Cloud
  readonly #ledger: Ledger
  readonly #tell: (line: string) => void
  /** Looked at with each answer. */
  onAnswer: (sending: Sending, calls: number) => void = () => {}

  constructor(cloud: Cloud, ledger: Ledger, tell: (line: string) => void) {
    this.#cloud = cloud
    this.#ledger = ledger
    this.#tell = tell
  }

  /** @returns the last answer, certain or not; undefined when there was none */
  async send(
    step: string,
    nth: number,
    who: Person,
    route: string,
    path: Readonly<Record<string, string>>,
    asked: Asked,
  ): Promise<Reply | undefined> {
    const { world, faults, seed } = this.#cloud
    const by = new Random(seed, 'client', step, nth)
    const may = asked.key !== undefined || asked.again === true
    for (let attempt = 1; ; attempt++) {
      const one = this.#once(step, `r${step}.${nth}.${attempt}`, who, route, path, asked)
      if (may && faults.strikes('client: sends the same twice at once', by))
        void this.#once(step, `r${step}.${nth}.${attempt}b`, who, route, path, asked)
      const impatient = may && attempt < TRIES && faults.strikes('client: gives up and sends again', by)
      const heard = impatient ? await Promise.race([one, world.sleep(by.between(IMPATIENT.least, IMPATIENT.most))]) : await one
      const sending = heard ?? undefined
      const passing = !sending || sending.status === 0 || sending.status === 429 || sending.status >= 500
      if (!passing || !may || attempt >= TRIES) return sending?.reply
      await world.sleep(by.chance(0.1) ? by.between(60_000, 6 * 3_600_000) : by.between(100, 5_000))
    }
  }

  async #once(
    step: string,
    requestId: string,
    who: Person,
    route: string,
    path: Readonly<Record<string, string>>,
    asked: Asked,
  ): Promise<Sending> {
    const event = eventOf(requestId, who, route, path, asked)
    const sending: Sending = {
      step,
      requestId,
      route,
      path: event.rawPath + (event.rawQueryString && `?${event.rawQueryString}`),
      who: who.name,
      userId: who.id,
      body: asked.body,
      sentAt: this.#cloud.world.now,
      status: 0,
      hurt: false,
      ...(asked.key !== undefined && { key: asked.key }),
      ...(asked.ifMatch !== undefined && { ifMatch: asked.ifMatch }),
      ...(asked.foreign && { foreign: true }),
    }
    this.#ledger.sent(sending)
    const ended = await this.#cloud.request(requestId, event)
    sending.endedAt = this.#cloud.world.now
    sending.hurt = ended.hurt
    if ('killed' in ended) sending.why = ended.killed
    if ('error' in ended) sending.why = ended.error instanceof Error ? ended.error.message : 'an error'
    if ('done' in ended) {
      const { statusCode, headers, body } = ended.done
      sending.status = statusCode
      sending.answer = ended.done
      sending.reply = { status: statusCode, headers, body: body === '' ? {} : (JSON.parse(body) as Body) }
    }
    this.#tell(said(sending))
    this.onAnswer(sending, ended.calls)
    return sending
  }
}

function said({ who, route, path, status, reply, key, requestId, why }: Sending): string {
  const method = route.split(' ')[0]
  const what =
    status === 0
      ? `nobody knows what came of it: ${why ?? 'no answer'}`
      : `${status}${typeof reply?.body['code'] === 'string' ? ` ${reply.body['code']}` : ''}`
  const id = typeof reply?.body['id'] === 'string' && status < 300 ? ` ${reply.body['id']} version ${String(reply.body['version'])}` : ''
  return `${who}: ${method} ${path}${key === undefined ? '' : ` (key ${key})`} [${requestId}] → ${what}${id}`
}

function eventOf(requestId: string, who: Person, route: string, path: Readonly<Record<string, string>>, asked: Asked): HttpEvent {
  const [method = '', pattern = ''] = route.split(' ')
  const raw = VERSION_PREFIX + pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  const query = new URLSearchParams(
    Object.entries(asked.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
  return {
    routeKey: `${method} ${VERSION_PREFIX}${pattern}`,
    rawPath: raw,
    rawQueryString: query,
    headers: {
      'content-type': 'application/json',
      ...(asked.ifMatch !== undefined && { 'if-match': `"${asked.ifMatch}"` }),
      ...(asked.key !== undefined && { 'idempotency-key': asked.key }),
    },
    pathParameters: path,
    ...(asked.body && { body: JSON.stringify(asked.body) }),
    requestContext: { requestId, http: { method, path: raw }, authorizer: { jwt: { claims: who.claims } } },
  }
}
