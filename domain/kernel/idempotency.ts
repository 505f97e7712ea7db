import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Ctx } from './context.ts'
import { Fault, fault, type FaultFacts, type FaultKind } from './fault.ts'
import type { Write } from './table/expression.ts'

/** What an earlier run of the same request answered. */
export interface Kept {
  result?: unknown
  /** The result was there before the request. */
  existing?: true
  fault?: { kind: FaultKind; code: string; detail: string; facts: FaultFacts }
}

/** Thrown to leave an action whose request was carried out before; the edge answers what was answered then. */
export class Replay extends Error {
  readonly kept: Kept
  constructor(kept: Kept) {
    super('replayed')
    this.name = 'Replay'
    this.kept = kept
  }
}

/** Kept two days: a client may try again for one. */
const KEEP_SECONDS = 2 * 86_400
/** Longer answers are deflated, so that the record of a usual answer stays within one write unit. */
const INLINE_CHARACTERS = 500

function keyOf(ctx: Ctx, key: string) {
  return { pk: `idem#${ctx.actor.id}#${key}`, sk: 'idem' }
}

/** The record of a request's answer, to be written in the transaction of its effect; undefined without a key. */
export function idempotencyWrite(ctx: Ctx, kept: Kept): Write | undefined {
  const { idempotency } = ctx.request
  if (!idempotency) return undefined
  const text = JSON.stringify(kept)
  const answer = text.length > INLINE_CHARACTERS ? deflateRawSync(text).toString('base64') : text
  const expires = Math.floor(Date.parse(ctx.now) / 1000) + KEEP_SECONDS
  return { put: { ...keyOf(ctx, idempotency.key), hash: idempotency.hash, answer, expires }, if: { absent: true } }
}

/**
 * The kept answer of this request's key, if it was used before.
 * @throws Fault `reused` when the key was used for another request
 */
export async function replayOf(ctx: Ctx): Promise<Kept | undefined> {
  const { idempotency } = ctx.request
  if (!idempotency) return undefined
  const item = await ctx.table.get(keyOf(ctx, idempotency.key))
  if (!item) return undefined
  if (item['hash'] !== idempotency.hash) {
    throw fault('reused', 'idempotency.key_reused', 'This Idempotency-Key was used for a different request.')
  }
  const { answer } = item
  const text = String(answer)
  const plain = text.startsWith('{') ? text : inflateRawSync(Buffer.from(text, 'base64')).toString()
  return JSON.parse(plain) as Kept
}

/** Keeps the answer of a request that had no commit of its own to carry it: a batch, or a refusal after the work began. */
export async function keep(ctx: Ctx, kept: Kept): Promise<void> {
  const write = idempotencyWrite(ctx, kept)
  if (!write) return
  const outcome = await ctx.table.write(write)
  if (outcome.ok) return
  const earlier = await replayOf(ctx)
  if (earlier) throw new Replay(earlier)
}

/** A kept refusal as the fault it was. */
export function faultIn(kept: Kept): Fault | undefined {
  if (!kept.fault) return undefined
  const again = fault(kept.fault.kind, kept.fault.code, kept.fault.detail, kept.fault.facts)
  again.replayed = true
  return again
}
