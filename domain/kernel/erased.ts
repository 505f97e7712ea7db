import type { Ctx } from './context.ts'
import { placeOf } from './entity.ts'
import { fault, type Fault } from './fault.ts'
import { KEY_LENGTH, makeId } from './id.ts'
import { mayTouch } from './scope.ts'

/**
 * An erased person's ids lead nowhere, for ever: 410. What is left of their records is facts without a person, which no
 * action reads as a record, so asking for one is refused as missing; only then, and only here, is it asked whether that is
 * because it was erased. So what is there costs nothing more.
 */

/** Customers looked up in one call. */
const AT_ONCE = 100
const ID = new RegExp(`\\b[a-z]{2,4}_([0-9A-Za-z]{${KEY_LENGTH}})(?:[0-9A-Za-z]{${KEY_LENGTH}}){0,2}\\b`, 'g')

/**
 * The first erased customer among those that ids in a text belong to and the caller may know of. A read a customer, a hundred in
 * a call; none is passed over, since a kept answer of many would tell of the last as well as of the first.
 */
async function erasedIn(ctx: Ctx, text: string): Promise<string | undefined> {
  const ids = [...new Set([...text.matchAll(ID)].map(([, key]) => makeId<'customer'>('cus', key ?? '')))]
  const known = { noun: 'customer', home: 'workspace', responsible: 'ownerId' } as const
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const items = await ctx.table.getAll(some.map((id) => placeOf({ noun: 'customer', home: 'workspace' }, id)))
    const first = some.find((_, at) => items[at]?.['erasedAt'] !== undefined && mayTouch(ctx, known, items[at]))
    if (first !== undefined) return first
  }
  return undefined
}

const gone = (customerId: string): Fault =>
  fault('gone', 'customer.erased', `${customerId} was erased, with all records of theirs. The id is not used again.`, { customerId })

/** A refusal as the caller is to hear it: what is missing because its customer was erased is gone. */
export async function saidOf(ctx: Ctx, refusal: Fault, input: unknown): Promise<Fault> {
  if (refusal.kind !== 'missing' || typeof input !== 'object' || input === null) return refusal
  const first = await erasedIn(
    ctx,
    Object.values(input)
      .filter((value) => typeof value === 'string')
      .join(' '),
  )
  return first === undefined ? refusal : gone(first)
}

/** Holds that a kept answer tells nothing of who was erased since. @throws Fault `gone` */
export async function mustStand(ctx: Ctx, answer: string): Promise<void> {
  // The answer to an erasure names whom it erased, and nothing else of them.
  if (ctx.request.action.startsWith('erasure.')) return
  const first = await erasedIn(ctx, answer)
  if (first !== undefined) throw gone(first)
}
