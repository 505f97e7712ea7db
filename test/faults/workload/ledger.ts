import type { Answer } from '../../../functions/problem.ts'

/** One sending of a request, and what was heard of it. */
export interface Sending {
  step: string
  requestId: string
  /** `POST /customers/{id}/purchases` */
  route: string
  path: string
  /** Who asked, as they are called in stories. */
  who: string
  userId: string
  key?: string
  ifMatch?: number
  /** It holds a cursor of another list, which no list may take. */
  foreign?: true
  body: unknown
  sentAt: number
  endedAt?: number
  /** 0 when nobody knows what came of it. */
  status: number
  answer?: Answer
  reply?: Reply
  /** Something around the product failed it. */
  hurt: boolean
  /** Why there was no answer. */
  why?: string
}

/** A body as read; what is expected of it is checked where it is used. */
export type Body = Readonly<Record<string, unknown>>
export interface Reply {
  status: number
  headers: Readonly<Record<string, string>>
  body: Body
}

/** Every request that was ever sent. */
export class Ledger {
  readonly sendings: Sending[] = []
  readonly byRequest = new Map<string, Sending>()
  /** Sendings under one idempotency key of one person. */
  readonly byKey = new Map<string, Sending[]>()

  sent(one: Sending): void {
    this.sendings.push(one)
    this.byRequest.set(one.requestId, one)
    if (one.key === undefined) return
    const name = `${one.userId} ${one.key}`
    this.byKey.set(name, [...(this.byKey.get(name) ?? []), one])
  }
}

/** Whether an answer tells for certain what came of a request. */
export function isCertain({ status }: Pick<Sending, 'status'>): boolean {
  return status >= 200 && status < 500 && status !== 429 && status !== 401 && status !== 403
}
