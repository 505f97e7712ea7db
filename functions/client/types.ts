// The types of the client that no operation decides. Copied as they are into the package's declarations, so this file has
// types alone and imports nothing.

/** A token, or what gives one: asked before a call, and once more with `fresh` when the product no longer takes the last. */
export type TokenSource = string | ((how: { fresh: boolean }) => string | Promise<string>)

export interface ClientFacts {
  /** Where the CRM is: `https://….execute-api.eu-central-1.amazonaws.com`, with or without `/v1`. */
  url: string
  token: TokenSource
  /** Calls of one request in all, the first included. Five unless given. */
  tries?: number
  /** How long one call may take. Milliseconds; 30,000 unless given. */
  timeoutMs?: number
  /** What speaks HTTP, when not the runtime's own `fetch`. */
  fetch?: typeof fetch
}

export interface CallOptions {
  /** Ends the call, whatever it waits for. */
  signal?: AbortSignal
}
export interface CreateOptions extends CallOptions {
  /** Made up for each call unless given: the same call sent again is carried out once. */
  idempotencyKey?: string
}
export interface ChangeOptions extends CallOptions {
  /** The version you read: the change is refused with 412 when someone else was first. */
  ifMatch: number
}

export interface Page<T> {
  items: T[]
  nextCursor?: string
}

/** A list: `await` it for its first page, `for await` over it for all its rows, read page by page as you go. */
export interface Paged<T> extends PromiseLike<Page<T>>, AsyncIterable<T> {
  /** Its pages, one by one. */
  pages(): AsyncIterable<Page<T>>
}

/** A refusal as the product gives it (RFC 9457). */
export interface Problem {
  status: number
  /** For machines: `deal.already_closed`. */
  code: string
  title: string
  /** For people. */
  detail: string
  /** Say this when asking for help. */
  requestId?: string
  /** Of invalid input: every thing wrong with it. */
  errors?: readonly { path: string; code: string; message: string }[]
  /** Of a conflict: the record that is there. */
  existingId?: string
  /** Of a version that differs: the version that is there, and the fields you would have overwritten. */
  currentVersion?: number
  conflicts?: readonly { field: string; yours: unknown; theirs: unknown; original?: unknown }[]
}

export interface FollowOptions extends CallOptions {
  /** Where to go on: `after` of an earlier answer, a time, or `end`, which it is unless given. */
  after?: string
  /** Types of event, comma-separated: `deal.won`, `purchase.*`. */
  type?: string
  /** How long to wait when there is nothing new. Milliseconds; 2,000 unless given. */
  everyMs?: number
}
