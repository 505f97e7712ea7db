import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type { Ctx } from './context.ts'
import { mustStand } from './erased.ts'
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
/** Loaded by the first long answer: most requests keep none, and a fresh instance answers sooner. */
const zlib = () => process.getBuiltinModule('node:zlib')

/** Longer answers are deflated, so that the record of a usual answer stays within one write unit. */
const INLINE_CHARACTERS = 500

/**
 * An answer may hold anything of a customer, and cannot be found again to be erased with them. So it is kept sealed, under a
 * secret that only who sends the same request again can know: their id, their key and the hash of method, path and body.
 * None of these is stored; the record's own key is a hash of the first two. What does not open belongs to another request.
 */
const CIPHER = 'aes-256-gcm'
const [NONCE_BYTES, TAG_BYTES] = [12, 16]

type Idempotency = NonNullable<Ctx['request']['idempotency']>

const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts))

function keyOf(ctx: Ctx, key: string) {
  return { pk: `idem#${digest('record', ctx.actor.id, key).digest('base64url')}`, sk: 'idem' }
}

const secretOf = (ctx: Ctx, { key, hash }: Idempotency): Buffer => digest('answer', ctx.actor.id, key, hash).digest()

function sealed(ctx: Ctx, idempotency: Idempotency, text: string): string {
  const long = text.length > INLINE_CHARACTERS
  const nonce = ctx.random(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, secretOf(ctx, idempotency), nonce)
  const body = Buffer.concat([cipher.update(long ? zlib().deflateRawSync(text) : Buffer.from(text)), cipher.final()])
  return (long ? 'z' : 'p') + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
}

/** @throws Fault `reused` when it was sealed for another request */
function opened(ctx: Ctx, idempotency: Idempotency, answer: string): string {
  const bytes = Buffer.from(answer.slice(1), 'base64')
  const decipher = createDecipheriv(CIPHER, secretOf(ctx, idempotency), bytes.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    return (answer.startsWith('z') ? zlib().inflateRawSync(plain) : plain).toString()
  } catch {
    throw fault('reused', 'idempotency.key_reused', 'This Idempotency-Key was used for a different request.')
  }
}

/** The record of a request's answer, to be written in the transaction of its effect; undefined without a key. */
export function idempotencyWrite(ctx: Ctx, kept: Kept): Write | undefined {
  const { idempotency } = ctx.request
  if (!idempotency) return undefined
  const answer = sealed(ctx, idempotency, JSON.stringify(kept))
  const expires = Math.floor(Date.parse(ctx.now) / 1000) + KEEP_SECONDS
  return { put: { ...keyOf(ctx, idempotency.key), answer, expires }, if: { absent: true } }
}

/**
 * The kept answer of this request's key, if it was used before.
 * @throws Fault `reused` when the key was used for another request, `gone` when the answer is of someone erased since
 */
export async function replayOf(ctx: Ctx): Promise<Kept | undefined> {
  const { idempotency } = ctx.request
  if (!idempotency) return undefined
  const item = await ctx.table.get(keyOf(ctx, idempotency.key))
  if (!item) return undefined
  const text = opened(ctx, idempotency, String(item['answer']))
  await mustStand(ctx, text)
  return JSON.parse(text) as Kept
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
