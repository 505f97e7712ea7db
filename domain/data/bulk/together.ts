import { Stale } from '../../kernel/commit.ts'
import { newMemo, type Ctx, type Memo } from '../../kernel/context.ts'
import { following } from '../../kernel/absorbed.ts'
import { Fault, fault } from '../../kernel/fault.ts'
import { idempotencyWrite, Replay, replayOf } from '../../kernel/idempotency.ts'
import { issuesOf } from '../../kernel/issues.ts'
import { written } from '../../kernel/commit.ts'
import type { Outcome } from '../../kernel/table/table.ts'
import { answered, named, ownCtx, refused, type Named, type Operation, type Result } from './operation.ts'
import { MOST_WRITES, newPlan, SameRecord, tokenOf, type Plan, type Refusal } from './plan.ts'

/** Operations of a call that are done all or none. */
export const MOST_TOGETHER = 25

/**
 * Does operations all or none: each is carried out against a plan that keeps its writes back, and what all of them would write
 * goes into one transaction, each write with its own condition, and the answer with them under the call's key. When one is
 * refused nothing is written.
 * @throws Stale when something changed meanwhile: the call runs again from its start
 */
export async function allOrNone(ctx: Ctx, operations: readonly Operation[], full: boolean): Promise<Result[]> {
  const plan = newPlan(ctx.table)
  // What is remembered now may never come to be.
  const memo = apart(ctx.memo)
  const results: Result[] = []
  for (const [index, operation] of operations.entries()) results.push(await planned({ ...ctx, memo }, plan, operation, index, full))
  if (results.some(({ status }) => status >= 400)) return stopped(results)
  const keyed = idempotencyWrite(ctx, { result: { results, done: results.length, refused: 0 } })
  const writes = [...plan.writes.map((one) => one.write), ...(keyed ? [keyed] : [])]
  if (writes.length > MOST_WRITES) {
    throw fault(
      'invalid',
      'bulk.too_large',
      `Together these are ${writes.length} writes; one transaction takes ${MOST_WRITES}. Send fewer.`,
    )
  }
  if (plan.writes.length === 0) return results
  ctx.request.writes = (ctx.request.writes ?? 0) + 1
  const outcome = await written(() => ctx.table.writeAll(writes, tokenOf(ctx.request.id, ctx.request.writes ?? 0)))
  if (outcome.ok) {
    if (keyed) delete ctx.request.idempotency
    memo.forget()
    return results
  }
  return explained(ctx, plan, operations, results, outcome)
}

async function planned(ctx: Ctx, plan: Plan, operation: Operation, index: number, full: boolean): Promise<Result> {
  try {
    const target = named(operation)
    const { output, status } = await ran(ctx, plan, operation, index, target)
    return answered(index, { status }, output, full)
  } catch (error) {
    if (error instanceof Fault) return refused(index, error)
    if (!(error instanceof SameRecord)) throw error
    const detail = `It touches the same record as operation ${error.earlier}; one transaction changes a record once. Send them apart.`
    return refused(index, fault('conflict', 'bulk.same_record', detail))
  }
}

/** Carries an operation out against the plan. */
async function ran(ctx: Ctx, plan: Plan, operation: Operation, index: number, target: Named, refusal?: Refusal) {
  const own = ownCtx(ctx, operation, index, target)
  // The call's key is kept with all of them; an operation has none of its own here.
  delete own.request.idempotency
  const { route, input } = target
  const { input: schema, output } = route.action.schemas()
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issuesOf(parsed.error) })
  const at = { ...own, table: plan.tableFor(index, refusal) }
  const result = await following(parsed.data, (said) => route.action.run(at, said))
  return { output: output.parse(result), status: own.request.existing ? (200 as const) : route.status }
}

/** The results of a call in which something was refused: nothing was done. */
function stopped(results: readonly Result[]): Result[] {
  const why = 'Not done: another operation of this call was refused, and all or none are done.'
  return results.map((one) => (one.status >= 400 ? one : { index: one.index, status: 424, code: 'bulk.not_done', detail: why }))
}

/** Turns a refused transaction into a replay, a refusal of the operation that met it, or another try. */
async function explained(
  ctx: Ctx,
  plan: Plan,
  operations: readonly Operation[],
  results: readonly Result[],
  { refused: all }: Extract<Outcome, { ok: false }>,
): Promise<Result[]> {
  if (ctx.request.idempotency && all.some(({ index }) => index === plan.writes.length)) {
    const kept = await replayOf(ctx)
    if (kept) throw new Replay(kept)
  }
  const [first] = all.flatMap(({ index, item }) => {
    const write = plan.writes[index]
    return write ? [{ write, item }] : []
  })
  const operation = first && operations[first.write.operation]
  if (!first || !operation) throw new Stale('a record')
  const { operation: index, call, place } = first.write
  const refusal = { call, refused: [{ index: place, ...(first.item && { item: first.item }) }] }
  plan.drop(index)
  try {
    await ran(ctx, plan, operation, index, named(operation), refusal)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return stopped(results.map((one) => (one.index === index ? refused(index, error) : one)))
  }
  throw new Stale('a record')
}

/** A memo of its own that forgets in the shared one too, once what it was told came to be. */
function apart(shared: Memo): Memo & { forget(): void } {
  const own = newMemo()
  const dropped = new Set<string>()
  return {
    get: (name, now, load) => own.get(name, now, load),
    drop: (name) => {
      own.drop(name)
      dropped.add(name)
    },
    forget: () => {
      for (const name of dropped) shared.drop(name)
    },
  }
}
