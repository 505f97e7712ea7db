import type * as z from 'zod'
import type { Ctx } from './context.ts'

/** Input and output of an action. Made on first use: a Lambda call pays for one action's schemas, not for all. */
export interface Schemas<I extends z.ZodType, O extends z.ZodType> {
  input: I
  output: O
}

/**
 * One thing the CRM can do: an input, an output, and a function between them. Routes, reactions and schedules
 * are three ways to call it.
 */
export interface Action<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** `noun.verb`, also the operation id and the client's method. */
  readonly name: string
  schemas(): Schemas<I, O>
  run(ctx: Ctx, input: z.output<I>): Promise<z.input<O>>
}

/**
 * Declares an action.
 * @example
 * export const win = action('deal.win', () => ({ input: z.strictObject({ id: dealId() }), output: view() }),
 *   async (ctx, { id }) => { … })
 */
export function action<I extends z.ZodType, O extends z.ZodType>(
  name: string,
  schemas: () => Schemas<I, O>,
  run: (ctx: Ctx, input: z.output<I>) => Promise<z.input<O>>,
): Action<I, O> {
  return { name, schemas: once(schemas), run }
}

/** A function that computes once and then remembers. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}
