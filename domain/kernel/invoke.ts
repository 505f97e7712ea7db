import type * as z from 'zod'
import { following } from './absorbed.ts'
import type { Action } from './action.ts'
import { Stale } from './commit.ts'
import type { Ctx } from './context.ts'
import { saidOf } from './erased.ts'
import { Fault, fault } from './fault.ts'
import { faultIn, keep, Replay, replayOf } from './idempotency.ts'
import { issuesOf, wording } from './issues.ts'
import { pause } from './table/refusal.ts'

/** Enough for twenty at once on one record: each try waits twice as long at most, 6 s together at worst. */
const TRIES = 12

/** A pause and a try, when many are at it. Milliseconds. */
const A_TRY_MS = 2_000

/** Refusals that say nothing about the request itself: never kept under its key. */
const PASSING = new Set(['limited', 'unavailable', 'unauthenticated', 'forbidden'])

/**
 * Calls an action: input checked, run, run again when a record changed under it, output stripped to what is declared.
 * Routes, reactions and schedules all come through here.
 * @returns the output, and whether it was answered before under the same idempotency key
 */
export async function invoke<I extends z.ZodType, O extends z.ZodType>(
  does: Action<I, O>,
  ctx: Ctx,
  raw: unknown,
): Promise<{ output: z.output<O>; replayed: boolean }> {
  const { input, output } = does.schemas()
  const parsed = input.safeParse(raw, { error: wording })
  if (!parsed.success) {
    const errors = issuesOf(parsed.error, input, ctx.request.inPath)
    throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors })
  }
  const { result, replayed } = await attempt(does, ctx, parsed.data)
  return { output: output.parse(result), replayed }
}

async function attempt<I extends z.ZodType, O extends z.ZodType>(
  does: Action<I, O>,
  ctx: Ctx,
  input: z.output<I>,
): Promise<{ result: unknown; replayed: boolean }> {
  try {
    const result = await untilFresh(() => following(input, (said) => does.run(ctx, said)), ctx.request.left)
    await keep(ctx, { result, ...(ctx.request.existing && { existing: true }) })
    return { result, replayed: false }
  } catch (error) {
    if (error instanceof Replay) return answerOf(ctx, error.kept)
    if (!(error instanceof Fault) || PASSING.has(error.kind)) throw error
    const refusal = await saidOf(ctx, error, input)
    if (!ctx.request.idempotency) throw refusal
    return refusalOf(ctx, refusal)
  }
}

/** A refusal, kept under the request's key. When the same request was answered meanwhile, that answer stands. */
async function refusalOf(ctx: Ctx, refusal: Fault): Promise<{ result: unknown; replayed: boolean }> {
  const earlier = await replayOf(ctx)
  if (earlier) return answerOf(ctx, earlier)
  try {
    await keep(ctx, { fault: { kind: refusal.kind, code: refusal.code, detail: refusal.message, facts: refusal.facts } })
  } catch (error) {
    if (error instanceof Replay) return answerOf(ctx, error.kept)
    throw error
  }
  throw refusal
}

function answerOf(ctx: Ctx, kept: Replay['kept']): { result: unknown; replayed: boolean } {
  const refused = faultIn(kept)
  if (refused) throw refused
  if (kept.existing) ctx.request.existing = true
  else delete ctx.request.existing
  return { result: kept.result, replayed: true }
}

/**
 * Runs work that reads, decides and writes once, again from its start when a record changed between its read and its write.
 * @param left milliseconds there are for it: with less than another try takes, it is given up
 */
export async function untilFresh<T>(work: () => Promise<T>, left: () => number = () => Infinity): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Stale)) throw error
      if (tries >= TRIES || left() < A_TRY_MS)
        throw fault('unavailable', 'record.busy', 'This record is being changed by many at once. Try again.')
      await pause(tries)
    }
  }
}
