import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Fault, fault } from '../../kernel/fault.ts'
import { invoke } from '../../kernel/invoke.ts'
import { answered, named, operationShape, ownCtx, refused, resultShape, type Operation, type Result } from './operation.ts'
import { allOrNone, MOST_TOGETHER } from './together.ts'

/** Operations of one call; with their whole answers, a quarter of them. */
const MOST = 100
const MOST_FULL = 25

const input = () =>
  z.strictObject({
    operations: z.array(operationShape()).min(1).max(MOST),
    allOrNone: z.boolean().default(false).describe(`all in one transaction, ${MOST_TOGETHER} at most`),
    full: z.boolean().default(false).describe(`whole answers, ${MOST_FULL} operations at most`),
  })
const output = () => z.object({ done: z.int(), refused: z.int(), results: z.array(resultShape()) })

/**
 * Carries out up to 100 operations in their order, each as the caller would alone: with the same rights, rules and refusals.
 * One that is refused stops no other, unless all or none are to be done. With an idempotency key, a call that is cut short and
 * sent again does what was not done and answers as before for the rest.
 */
export const run = action(
  'bulk.run',
  () => ({ input: input(), output: output() }),
  async (ctx, { operations, allOrNone: together, full }) => {
    const most = together ? MOST_TOGETHER : full ? MOST_FULL : MOST
    if (operations.length > most) {
      const message = `${together ? 'All or none of' : 'Whole answers of'} ${most} operations at most.`
      throw fault('invalid', 'input.invalid', message, { errors: [{ path: 'operations', code: 'too_big', message }] })
    }
    const results = together ? await allOrNone(ctx, operations, full) : await inTurn(ctx, operations, full)
    // What may go otherwise next time is not kept as the answer of an idempotency key.
    if (results.some(({ status }) => status >= 500 || status === 429)) delete ctx.request.idempotency
    const bad = results.filter(({ status }) => status >= 400).length
    return { done: results.length - bad, refused: bad, results }
  },
)

async function inTurn(ctx: Ctx, operations: readonly Operation[], full: boolean): Promise<Result[]> {
  const results: Result[] = []
  for (const [index, operation] of operations.entries()) results.push(await one(ctx, operation, index, full))
  return results
}

async function one(ctx: Ctx, operation: Operation, index: number, full: boolean): Promise<Result> {
  try {
    const target = named(operation)
    const own = ownCtx(ctx, operation, index, target)
    const { output: answer } = await invoke(target.route.action, own, target.input)
    return answered(index, own.request.existing ? { status: 200 } : target.route, answer, full)
  } catch (error) {
    if (error instanceof Fault) return refused(index, error)
    // A defect or an outage met by one operation is its alone; the log says what it was.
    ctx.log.error('an operation failed', { index, error: error instanceof Error ? error.name : typeof error })
    return refused(index, fault('unavailable', 'bulk.failed', 'This could not be done now. Send it again.'))
  }
}
