import { createHash } from 'node:crypto'
import { fault, type Fault } from '../domain/kernel/fault.ts'
import type { Route } from '../domain/kernel/route.ts'
import type { Table } from '../domain/kernel/table/table.ts'
import { heard, newAccount, roll, untoldNow, used, waitSeconds, type Account, type Budgets, type Kind } from './budget.ts'
import { count } from './observe.ts'
import type { HttpEvent } from './request.ts'

/** Whether a request is let through, and what its answer says of budgets. */
export interface Passage {
  readonly refused?: Fault
  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10). */
  readonly headers: Readonly<Record<string, string>>
  /** The table being told, beside the request; never rejects. To be waited for before the answer: an instance sleeps after it. */
  readonly telling?: Promise<unknown>
}

export interface Limiter {
  /** @param at milliseconds since 1970 */
  admit(route: Route, event: HttpEvent, table: Table, at: number): Passage
}

/** Windows whose counts lie in one item, so that it stays small and one write tells and hears of two windows. */
const WINDOWS_AN_ITEM = 64
/** Callers an instance remembers. */
const MOST_ACCOUNTS = 5_000

/**
 * Holds callers to their budgets. Each instance counts for itself; after some requests of a caller ({@link untoldNow}) it adds
 * them to an item of the table, beside the request under way, and so hears of those the other instances let through, and how
 * many of all come to itself. Who sends little is never told of at all.
 *
 * Cost: one write unit in `untoldAtMost` requests (10 for a budget of 60) of who is served by one instance, in two at the worst of
 * who is served by many and near the budget; none for a refused request.
 * Error: in the first window `n` instances that serve one caller let through at most `n × untoldAtMost` more than the budget; what
 * they let through counts in the window after, and from then on each tells the sooner the smaller its part is. Ten times the budget
 * spread over 15 instances comes to one and a half of it, 33 times over 100 to less than five. One that begins at the first window
 * of an item does not know of the window before. When the table cannot be told, each instance goes on with what it knows.
 */
export function limiter(budgets: Budgets): Limiter {
  const windowMs = budgets.windowSeconds * 1000
  const accounts = new Map<string, Account>()
  const policy = Object.fromEntries(
    (['person', 'machine', 'open'] as const).map((kind) => [kind, `${policyOf(kind, budgets)}, ${policyOf('workspace', budgets)}`]),
  )

  function accountOf(key: string, window: number): Account {
    let account = accounts.get(key)
    if (!account) {
      if (accounts.size >= MOST_ACCOUNTS) for (const [old, { window: last }] of accounts) if (last < window - 1) accounts.delete(old)
      accounts.set(key, (account = newAccount(window)))
    }
    roll(account, window)
    return account
  }

  return {
    admit(route, event, table, at) {
      const caller = callerOf(route, event)
      if (!caller) return { headers: {} }
      const window = Math.floor(at / windowMs)
      const both: readonly Counted[] = [
        { ...caller, account: accountOf(caller.key, window) },
        { kind: 'workspace', key: 'workspace', account: accountOf('workspace', window) },
      ]
      const says = policy[caller.kind] ?? ''
      for (const { kind, account } of both) {
        if (used(account, at, windowMs) + 1 <= budgets[kind]) continue
        const wait = waitSeconds(account, budgets[kind], at, windowMs)
        return { refused: refusal(kind, wait), headers: { 'ratelimit-policy': says, ratelimit: `"${kind}";r=0;t=${wait}` } }
      }
      const telling: Promise<unknown>[] = []
      for (const { kind, key, account } of both) {
        account.untold += 1
        if (account.untold >= untoldNow(account, budgets[kind])) telling.push(tell(table, key, account, budgets.windowSeconds))
      }
      return {
        headers: { 'ratelimit-policy': says, ratelimit: nearest(both, budgets, at, windowMs) },
        ...(telling.length > 0 && { telling: Promise.all(telling) }),
      }
    },
  }
}

interface Counted {
  kind: Kind
  key: string
  account: Account
}

const policyOf = (kind: Kind, budgets: Budgets): string => `"${kind}";q=${budgets[kind]};w=${budgets.windowSeconds}`

/** The budget of which the smaller part is left, and the seconds until its window ends. */
function nearest(both: readonly Counted[], budgets: Budgets, at: number, windowMs: number): string {
  let [least, text] = [Infinity, '']
  for (const { kind, account } of both) {
    const left = Math.max(0, Math.floor(budgets[kind] - used(account, at, windowMs)))
    const part = left / budgets[kind]
    if (part < least) [least, text] = [part, `"${kind}";r=${left};t=${Math.ceil((windowMs - (at % windowMs)) / 1000)}`]
  }
  return text
}

/** Who is counted: the verified person or machine, or the address that calls without a token, as a hash. */
function callerOf(route: Route, event: HttpEvent): { kind: Kind; key: string } | undefined {
  const { authorizer, http } = event.requestContext
  if (route.public) {
    if (http.sourceIp === undefined) return undefined
    return { kind: 'open', key: `open#${createHash('sha256').update(http.sourceIp).digest('base64url').slice(0, 16)}` }
  }
  const claims = authorizer?.jwt?.claims ?? {}
  const { username, client_id: client } = claims
  if (typeof username === 'string') return { kind: 'person', key: `person#${username}` }
  return typeof client === 'string' ? { kind: 'machine', key: `machine#${client}` } : undefined
}

function refusal(kind: Kind, retryAfter: number): Fault {
  if (kind === 'workspace')
    return fault('limited', 'workspace.over_budget', 'The workspace’s requests are used up for the moment.', { retryAfter })
  return fault('limited', 'request.over_budget', 'Your requests are used up for the moment. Wait, then send it again.', { retryAfter })
}

/** Adds what was let through here to the table's count and takes over everyone's. */
async function tell(table: Table, key: string, account: Account, windowSeconds: number): Promise<void> {
  const { window, untold } = account
  account.told += untold
  account.mine += untold
  account.untold = 0
  const epoch = Math.floor(window / WINDOWS_AN_ITEM)
  const name = (of: number): string => `n${of % WINDOWS_AN_ITEM}`
  try {
    const outcome = await table.write(
      {
        update: { pk: `limit#${key}`, sk: String(epoch) },
        set: { expires: (epoch + 2) * WINDOWS_AN_ITEM * windowSeconds },
        add: { [name(window)]: untold },
      },
      { returns: 'new' },
    )
    if (!outcome.ok || account.window !== window) return
    heard(account, Number(outcome.item?.[name(window)] ?? 0))
    if (window % WINDOWS_AN_ITEM > 0) account.before = Math.max(account.before, Number(outcome.item?.[name(window - 1)] ?? 0))
  } catch {
    // What was let through here stays counted here; the others hear of the next.
    count('BudgetUntold')
  }
}
