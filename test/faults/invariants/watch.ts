import type { BusEntry } from '../../../events/bus.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import { NEXT_FIELD } from '../cloud/sdk.ts'
import type { FeedRecord } from '../sim/feed.ts'
import type { Sending } from '../workload/ledger.ts'
import { itemOf, type Finding } from './snapshot.ts'
import { canariesIn, type Truth } from './truth.ts'

/** What is looked at while a run goes on. */

/** Calls that one request may make, its tries included. */
const MOST_CALLS = 300

/**
 * Whether a change dropped what another version of the code wrote. An erasure drops everything; and a request that goes on
 * from what it wrote itself cannot know that the simulation passed its write off as another version's.
 */
function hasLost(before: Item | undefined, after: Item): boolean {
  if (before?.[NEXT_FIELD] === undefined || after[NEXT_FIELD] !== undefined || after['erasedAt'] !== undefined) return false
  const by = (item: Item): unknown => (item['ev'] as { request?: string } | undefined)?.request
  return by(before) !== by(after)
}

/** How far the clocks of two instances are apart at most. Milliseconds. */
const SKEW = 4_000

export class Watch {
  readonly findings: Finding[] = []
  readonly truth: Truth
  /** Events that are to be on the bus, and those that are, by id. */
  readonly told = new Set<string>()
  readonly heard = new Map<string, { at: number; type: string }>()
  /** Deliveries that were given up, by webhook and event. */
  readonly failed = new Set<string>()
  /** Whether an operator put right what the stream let go of. */
  mended = false
  #now: () => number

  constructor(truth: Truth, now: () => number) {
    this.truth = truth
    this.#now = now
  }
  #find(invariant: string, words: string): void {
    this.findings.push({ invariant, words })
  }

  changed(record: FeedRecord): void {
    const stored = record.dynamodb.NewImage ?? record.dynamodb.OldImage
    // Rows of search, the log and other upkeep are most of what changes, and none of it is looked at here.
    if (stored?.['noun'] === undefined && stored?.['sk']?.S !== 'delivery') return
    this.truth.follow(record, this.#now())
    const [before, after] = [
      record.dynamodb.OldImage && itemOf(record.dynamodb.OldImage),
      record.dynamodb.NewImage && itemOf(record.dynamodb.NewImage),
    ]
    const item = after ?? before
    if (after?.['sk'] === 'delivery' && after['state'] === 'failed')
      this.failed.add(`${String(after['webhookId'])} ${(JSON.parse(String(after['event'])) as { id: string }).id}`)
    if (!item || item['ev'] === undefined || typeof item['noun'] !== 'string') return
    const id = String(item['id'])
    const [was, is] = [Number(before?.['version'] ?? 0), Number(after?.['version'] ?? 0)]
    if (!after) return this.#find('I4', `${id} was removed for good`)
    if (is !== was + 1) this.#find('I4', `${id} went from version ${was} to ${is}`)
    this.#early(id, before, after)
    if (before?.['erasedAt'] !== undefined && is !== was)
      this.#find('I12', `${id} was erased, and ${String((after['ev'] as { actor?: string }).actor)} wrote it again at version ${is}`)
    if (hasLost(before, after)) this.#find('I4', `${id} lost, at version ${is}, what the next version of the code had written`)
    const { quiet } = after['ev'] as { quiet?: true }
    if (!quiet && is !== was) this.told.add(`${id}.${is}`)
  }

  /** I9: what the clock does to a record because its time has come is not done before. */
  #early(id: string, before: Item | undefined, after: Item): void {
    const { actor = '', request = '' } = after['ev'] as { actor?: string; request?: string }
    const waits = typeof before?.['dsk'] === 'string' ? before['dsk'] : ''
    const at = Date.parse(waits.slice(0, waits.lastIndexOf('#')))
    const early = Math.round((at - this.#now()) / 1000)
    if (actor.startsWith('schedule:') && request.includes(`/${id}@`) && at > this.#now() + SKEW)
      this.#find('I9', `${actor} did ${id} ${early} s before its time`)
  }

  published({ Detail }: BusEntry): void {
    const { id, type } = JSON.parse(Detail) as { id: string; type: string }
    if (!this.heard.has(id)) this.heard.set(id, { at: this.#now(), type })
    const [number] = canariesIn(Detail)
    if (number !== undefined) this.#find('I11', `the event ${id} tells what only customer ${number}’s file may: ${Detail.slice(0, 400)}`)
  }
  logged(text: string): void {
    const [number] = canariesIn(text)
    if (number !== undefined) this.#find('I11', `a log line tells of customer ${number}: ${text.slice(0, 400)}`)
  }

  answered(sending: Sending, calls: number): void {
    const said = `${sending.who}’s ${sending.route} [${sending.requestId}]`
    if (sending.status === 500 && !sending.hurt) this.#find('I1', `${said} was answered 500 though nothing had failed it`)
    if (sending.status >= 500 && sending.answer?.headers['idempotent-replayed'] !== undefined)
      this.#find('I2', `${said} was answered ${sending.status} from what was kept under its key: a failure that passes is no answer`)
    if (sending.foreign && sending.status < 400 && sending.status > 0)
      this.#find('I11', `${said} was answered ${sending.status} for a cursor of another list`)
    if (calls > MOST_CALLS) this.#find('I13', `${said} made ${calls} calls to the table`)
    const text = sending.answer?.body ?? ''
    if (/node_modules|at .*\.ts:\d+/.test(text)) this.#find('I11', `${said} was answered with internals: ${text.slice(0, 300)}`)
    if (text.includes(NEXT_FIELD)) this.#find('I11', `${said} told of a field that this version does not know: ${text.slice(0, 300)}`)
    this.#mayTell(sending, text, said)
    this.#mayAsk(sending, said)
  }

  /** I11: no answer holds what its reader may not know. What the request itself said does not count. */
  #mayTell(sending: Sending, text: string, said: string): void {
    const own = new Set(canariesIn(JSON.stringify(sending.body ?? '') + sending.path))
    for (const number of canariesIn(text)) {
      if (own.has(number)) continue
      const bearers = [...this.truth.bearersOf(number)]
      if (bearers.some((id) => this.truth.couldKnow(sending.userId, id, sending.sentAt))) continue
      this.#find('I11', `${said} told of customer ${number} (${bearers.join(', ')}), whom they may not know: ${text.slice(0, 300)}`)
    }
  }

  /** I16: who may see and do what is what the roles say, for the routes that everyone tries. */
  #mayAsk(sending: Sending, said: string): void {
    const { route, userId, status, sentAt } = sending
    if (status === 0 || status >= 500 || status === 429) return
    const standings = this.truth.standings(userId, sentAt)
    if (standings.length === 0 || sending.who.includes('token')) {
      if (status !== 401 && status !== 403) this.#find('I16', `${said} was answered ${status}, to someone without any right`)
      return
    }
    if (standings.every(({ active }) => !active) && status !== 401) this.#find('I16', `${said} was answered ${status}, to someone disabled`)
    const allowed = standings.some(({ role, active }) => active && may(role, route))
    if (!allowed && status !== 403 && status !== 401)
      this.#find('I16', `${said} was answered ${status}, which needs a right they never had`)
    const denied = standings.every(({ role }) => !may(role, route))
    if (
      !denied &&
      standings.every(({ role, active }) => active && may(role, route)) &&
      (status === 401 || (status === 403 && sending.reply?.body['code'] === 'permission.missing'))
    ) {
      this.#find('I16', `${said} was answered ${status}, which their role allows`)
    }
    this.#owns(
      sending,
      said,
      standings.every(({ role }) => role === 'sales'),
    )
  }

  /** A seller reads the team's customers and changes their own; of a merged file it is the surviving one that is answered for. */
  #owns({ route, path, userId, status, sentAt, reply }: Sending, said: string, sells: boolean): void {
    if (!sells || !/^(GET|PATCH) \/customers\/\{id\}$/.test(route) || status >= 400) return
    const id = typeof reply?.body['id'] === 'string' ? reply.body['id'] : (path.split('/')[3] ?? '')
    const own = this.truth.ownerships(id, sentAt).some(({ ownerId }) => ownerId === userId)
    const may = route.startsWith('PATCH') ? own : this.truth.couldKnow(userId, id, sentAt)
    if (!may) this.#find('I16', `${said} was allowed on ${id}, which is neither theirs nor their team’s`)
  }
}

/** The built-in roles in other words than the product's: what each may do of the routes that the workload asks for. */
function may(role: string, route: string): boolean {
  if (role === 'admin') return true
  const [method = '', path = ''] = route.split(' ')
  const reads = method === 'GET'
  if (reads) return role !== 'service' || !/deals|workspace$/.test(path) || path === '/workspace'
  const writes: Readonly<Record<string, RegExp>> = {
    manager: /^(?!.*\/(users|teams|roles|workspace)).*$/,
    sales:
      /^(?!.*(users|teams|roles|workspace|model|purchases|customers\/\{id\}\/assign|override|pipelines|policy|customers\/\{id\}\/restore|interactions\/\{id\}\/restore)).*$/,
    service: /tickets|interactions|contacts|tasks/,
    viewer: /^$/,
    integration: /^\/customers$|\/customers\/\{id\}$|by|purchases|tickets|interactions|contacts|deals|lifecycle/,
  }
  if (method === 'DELETE')
    return role === 'manager' ? !/users|teams|roles/.test(path) : role === 'sales' ? /^\/(deals|tasks)/.test(path) : false
  return writes[role]?.test(path) ?? false
}
