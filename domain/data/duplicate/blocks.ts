import { blockNames, memberKey } from '../../customer/likeness/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Change, Projection } from '../../kernel/event.ts'
import type { Item } from '../../kernel/table/table.ts'
import { lookAt, placed } from './find.ts'

/**
 * Keeps the blocks up to date with the files, and finds the pairs a new or changed file makes. A change that leaves a file's
 * blocks as they are costs nothing. It looks at the file as it is now, so changes told twice, late or out of order end in the same.
 *
 * Cost of a new file: a write and a read unit for each of its blocks (five for a usual file), and a read unit for each file
 * compared; 2 write units for a pair that is new.
 */
export const keepBlocks: Projection = {
  name: 'duplicate.blocks',
  async project(ctx: Ctx, changes: readonly Change[]): Promise<void> {
    const touched = new Map<string, Set<string>>()
    for (const { before, after } of changes) {
      if ((after ?? before)?.['noun'] !== 'customer') continue
      const [had, has] = await Promise.all([blockNames(ctx, before), blockNames(ctx, after)])
      if (sameNames(had, has) && gone(before) === gone(after)) continue
      const id = String((after ?? before)?.['id'])
      touched.set(id, new Set([...(touched.get(id) ?? []), ...had, ...has]))
    }
    if (touched.size === 0) return
    const ids = [...touched.keys()]
    const now = await placed(ctx, ids)
    const left = ids.flatMap((id, at) => {
      const stays = new Set(now[at]?.blocks)
      return [...(touched.get(id) ?? [])].filter((name) => !stays.has(name)).map((name) => memberKey(name, id))
    })
    await ctx.table.writeEach(left.map((key) => ({ delete: key })))
    const here = now.filter((one) => one !== undefined).filter((one) => one.blocks.length > 0)
    await lookAt(ctx, here, { changed: true })
  },
}

const gone = (item: Item | undefined): boolean => !item || 'deletedAt' in item || 'erasedAt' in item

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name))
}
