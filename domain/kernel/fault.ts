/**
 * Faults are the refusals a user can cause or meet: one closed list of kinds, each with its HTTP status.
 * Anything else that is thrown is a defect and leaves as a 500 that says nothing.
 */
export const kinds = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  gone: 410,
  stale: 412,
  tooLarge: 413,
  unsupported: 415,
  reused: 422,
  preconditionRequired: 428,
  limited: 429,
  unavailable: 503,
} as const

export type FaultKind = keyof typeof kinds

/** One thing wrong with the input: `path` in dots, `code` for machines, `message` for people. */
export interface Issue {
  path: string
  code: string
  message: string
}

/** Extra members of the problem document, for example `existingId`. */
export type FaultFacts = Readonly<Record<string, unknown>> & { readonly errors?: readonly Issue[] }

export class Fault extends Error {
  readonly kind: FaultKind
  /** `noun.problem`, for example `deal.already_closed`. */
  readonly code: string
  readonly facts: FaultFacts
  /** Whether this refusal was first given to an earlier request with the same idempotency key. */
  replayed = false
  constructor(kind: FaultKind, code: string, detail: string, facts: FaultFacts = {}) {
    super(detail)
    this.name = 'Fault'
    this.kind = kind
    this.code = code
    this.facts = facts
  }
  get status(): number {
    return kinds[this.kind]
  }
}

/** A refusal to throw: `throw fault('conflict', 'deal.already_closed', 'This deal was won on …')`. */
export function fault(kind: FaultKind, code: string, detail: string, facts?: FaultFacts): Fault {
  return new Fault(kind, code, detail, facts)
}

/** 404 for a record that is not there, or is not the caller's to know of. */
export function missing(noun: string, id: string): Fault {
  return fault('missing', `${noun}.not_found`, `There is no ${noun} ${id}.`)
}

/** 400 for input that no schema could refuse, at one path. */
export function invalid(code: string, path: string, message: string): Fault {
  return fault('invalid', code, message, { errors: [{ path, code, message }] })
}
