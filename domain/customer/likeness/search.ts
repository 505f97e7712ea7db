import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import type { Item } from '../../kernel/table/table.ts'
import type { SomeFields } from '../customer/index.ts'
import { blockNames, membersOf } from './block.ts'
import { featuresOf } from './features.ts'
import { likenessOf, type Likeness } from './score.ts'

/** A file that may be of the same customer as another. */
export interface Alike extends Likeness {
  id: string
}

/** Files compared with one: those that share the most blocks. */
const MOST_COMPARED = 10

/**
 * Files like one, the likeliest first. Half a read unit for each block (five for a usual file, twelve at most) and for each of at
 * most ten files compared; two rounds. It may be a moment behind what was just written.
 * @param file as it is, or as it is to be
 * @param how.least score below which a file is not given; `but`: ids that are not looked at
 */
export async function filesLike(ctx: Ctx, file: SomeFields, how: { least: number; but?: ReadonlySet<string> }): Promise<Alike[]> {
  const names = await blockNames(ctx, file)
  const blocks = await Promise.all(names.map((name) => membersOf(ctx, name, { eventual: true })))
  const shares = new Map<string, number>()
  for (const { ids, crowded } of blocks) {
    if (!crowded) for (const id of ids) if (!how.but?.has(id)) shares.set(id, (shares.get(id) ?? 0) + 1)
  }
  const nearest = [...shares].sort(([a, most], [b, more]) => more - most || (a < b ? -1 : 1)).slice(0, MOST_COMPARED)
  if (nearest.length === 0) return []
  const keys = nearest.map(([id]) => placeOf({ noun: 'customer', home: 'workspace' }, id))
  const items = await ctx.table.getAll(keys, { eventual: true })
  return compared(file, items).filter(({ score }) => score >= how.least)
}

/** How like a file others are, the likeliest first; those that are gone are left out. */
export function compared(file: SomeFields, others: readonly (Item | undefined)[]): Alike[] {
  const features = featuresOf(file)
  return others
    .flatMap((item): Alike[] => {
      if (!item || item['deletedAt'] || item['erasedAt']) return []
      return [{ id: String(item['id']), ...likenessOf(features, featuresOf(item as SomeFields)) }]
    })
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
}
