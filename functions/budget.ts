/**
 * Requests let through in a sliding window, counted by one function instance and shared with the others now and then.
 *
 * The estimate is the sliding window counter: what the window before let through, weighted by how much of it still lies within
 * the last `windowSeconds`, and what this one did. It takes the window before for evenly filled: after a burst it may be
 * stricter than an exact count, and gives the budget back evenly over the window that follows. Who sends at an even pace
 * below the budget is never refused, nor who sends at most the budget in any two windows.
 */

/** Requests a window, for each caller of a kind, and for all callers together. */
export interface Budgets {
  /** The window's length. Seconds. */
  readonly windowSeconds: number
  /** One signed-in person. */
  readonly person: number
  /** One machine client. */
  readonly machine: number
  /** One address that calls a route which asks for no token. */
  readonly open: number
  readonly workspace: number
}

export type Kind = 'person' | 'machine' | 'open' | 'workspace'

/** What one instance knows of one caller. */
export interface Account {
  /** Number of the window since 1970. */
  window: number
  /** Requests of the window before, everyone's as far as known. */
  before: number
  /** Requests of this window that the table knows of: every instance's. */
  told: number
  /** Requests of this window let through here, of which the table does not know yet. */
  untold: number
  /** Of those the table knows of: let through here. */
  mine: number
  /** The part of the caller's requests that come here, as last heard: 1 for who is served by this instance alone. */
  share: number
}

/** The part of a budget that an instance lets through before it tells the table: a sixth. */
const SHARE_UNTOLD = 6
/** Of a large budget less: an instance serves one request at a time, so many instances make up a crowd. */
const MOST_UNTOLD = 20
/** Fewer requests than this are not told of each: a write unit for two requests at the worst. */
const LEAST_UNTOLD = 2

/** Requests an instance lets through before it tells the table and hears of the others'. At least one. */
export function untoldAtMost(requests: number): number {
  return Math.min(MOST_UNTOLD, Math.max(1, Math.floor(requests / SHARE_UNTOLD)))
}

/**
 * Requests of an account let through before the table is told: the fewer, the more instances serve the caller, so that what they
 * all keep to themselves stays about the same.
 */
export function untoldNow({ share }: Account, requests: number): number {
  const most = untoldAtMost(requests)
  return Math.min(most, Math.max(LEAST_UNTOLD, Math.floor(most * share)))
}

/** Takes over what the table knows of a window. @param all requests of it, every instance's */
export function heard(account: Account, all: number): void {
  account.told = Math.max(account.told, all)
  account.share = account.mine / Math.max(account.told, 1)
}

export function newAccount(window: number): Account {
  return { window, before: 0, told: 0, untold: 0, mine: 0, share: 1 }
}

/** Brings an account to the window that is now. */
export function roll(account: Account, window: number): void {
  if (account.window === window) return
  account.before = account.window === window - 1 ? account.told + account.untold : 0
  // Who was not told of in a window may be served by fewer instances by now.
  if (account.mine === 0) account.share = Math.min(1, 2 * account.share)
  account.window = window
  account.told = 0
  account.untold = 0
  account.mine = 0
}

/** Requests of the last `windowMs`, estimated. @param at milliseconds since 1970 */
export function used({ before, told, untold }: Account, at: number, windowMs: number): number {
  return before * (1 - (at % windowMs) / windowMs) + told + untold
}

/** Seconds until a caller that is over its budget may send one more. At least 1. */
export function waitSeconds({ before, told, untold }: Account, requests: number, at: number, windowMs: number): number {
  const gone = at % windowMs
  const now = told + untold
  const room = requests - 1
  // Within this window the one before fades; if that is not enough, this one must fade in the next.
  const fading = now <= room && before > 0 ? windowMs * (1 - (room - now) / before) : windowMs + windowMs * (1 - room / Math.max(now, 1))
  return Math.max(1, Math.ceil((fading - gone) / 1000))
}

/** The budgets in a text of the environment, `person=300 machine=600 open=60 workspace=6000 window=10`. @throws Error for any other form */
export function budgetsIn(text: string): Budgets {
  const given = new Map(text.split(' ').map((part): [string, number] => [part.split('=')[0] ?? '', Number(part.split('=')[1])]))
  const take = (name: string): number => {
    const value = given.get(name)
    if (value === undefined || !Number.isInteger(value) || value < 1) throw new Error(`The budgets lack a whole number of ${name}.`)
    return value
  }
  return {
    windowSeconds: take('window'),
    person: take('person'),
    machine: take('machine'),
    open: take('open'),
    workspace: take('workspace'),
  }
}

/** The same as text. */
export function budgetsAsText({ windowSeconds, person, machine, open, workspace }: Budgets): string {
  return `person=${person} machine=${machine} open=${open} workspace=${workspace} window=${windowSeconds}`
}
