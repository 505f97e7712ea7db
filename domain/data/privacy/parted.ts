import { customer } from '../../customer/customer/index.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type FieldsOf } from '../../kernel/entity.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { logPrefix, recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { customerMerged, customerParted, merge } from '../merging/index.ts'
import { scrub } from './empty.ts'
import { recordErased } from './privacy.store.ts'

/**
 * A person whose file was once merged into another one, and parted again: the other file's merge and log may hold what came over. That
 * there was a merge, the person's own log tells.
 */

const PAGE = 200

/** The customer into whom a log item says that a file was merged. */
export function mergedIntoBy(item: Item): string | undefined {
  if (!String(item['sk']).startsWith('log#')) return undefined
  const { mergedInto } = (item['changed'] ?? {}) as { mergedInto?: { to?: unknown } }
  return typeof mergedInto?.to === 'string' ? mergedInto.to : undefined
}

/** Takes what came over out of another customer's undone merges and the log of them. Done again it finds nothing. */
export async function forgetMerge(ctx: Ctx, into: string, absorbedId: string): Promise<void> {
  const place = placeOf(customer, into)
  for await (const item of all(ctx, place.pk, `${merge.noun}#`)) {
    const { state, before, after } = item
    if (item['absorbedId'] !== absorbedId || state !== 'undone' || (isBare(before) && isBare(after))) continue
    await untilFresh(async () => {
      const there = await ctx.table.get({ pk: place.pk, sk: String(item['sk']) })
      if (!there || there['erasedAt'] !== undefined) return
      const record = recordIn<'merge', FieldsOf<typeof merge>>(there)
      await commit(ctx, [alter(ctx, merge, record, { before: {}, after: {} }, recordErased).change])
    })
  }
  const types: readonly unknown[] = [customerMerged.type, customerParted.type]
  for await (const item of all(ctx, place.pk, logPrefix(place))) if (types.includes(item['type'])) await scrub(ctx, item)
}

const isBare = (values: unknown): boolean => typeof values === 'object' && values !== null && Object.keys(values).length === 0

async function* all(ctx: Ctx, pk: string, begins: string): AsyncGenerator<Item> {
  let after: Item | undefined
  do {
    const page = await ctx.table.query({ pk, begins, limit: PAGE, ...(after && { after }) })
    yield* page.items
    after = page.last
  } while (after)
}
