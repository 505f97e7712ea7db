import { createHmac, createSecretKey } from 'node:crypto'
import type { Ctx } from '../../kernel/context.ts'
import { workspaceSecret } from '../../kernel/page.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import type { SomeFields } from '../customer/index.ts'
import { featuresOf, type Features } from './features.ts'

/**
 * Blocks: files that share something rare are compared, all others never. A block is a partition with an item for each file in
 * it; its name is a keyed hash, so that no personal value stands in the table a second time.
 */

/** Most blocks of one file: the first of each kind come first. */
const MOST_BLOCKS = 12
/** Files beyond which a block says nothing: half the town is called so. Each has narrower blocks besides. */
export const MOST_IN_BLOCK = 20

/** What a file is looked up by. */
export function blocksOf(file: Features): string[] {
  const { kind, name, initials, birthday, locals, phones, addresses, hosts } = file
  const named = name !== ''
  return [
    ...(named ? [`${kind} name ${name}`] : []),
    ...(named && birthday !== undefined ? [`birth ${birthday} ${name}`, `birth ${birthday} ${initials}`] : []),
    ...phones.slice(0, 3).map((digits) => `phone ${digits}`),
    ...locals.slice(0, 3).map((local) => `local ${local}`),
    ...(kind === 'company' ? hosts.slice(0, 2).map((host) => `host ${host}`) : []),
    ...(named ? addresses.slice(0, 2).map((place) => `place ${place} ${initials}`) : []),
    ...(birthday !== undefined ? addresses.slice(0, 2).map((place) => `birth ${birthday} ${place}`) : []),
  ].slice(0, MOST_BLOCKS)
}

/** Names of the partitions of a file's blocks; none for a file that is gone. */
export async function blockNames(ctx: Ctx, file: SomeFields | Item | undefined): Promise<string[]> {
  if (!file || 'deletedAt' in file || 'erasedAt' in file) return []
  const secret = createSecretKey(await workspaceSecret(ctx))
  const hash = (key: string): string => createHmac('sha256', secret).update(`block ${key}`).digest('base64url').slice(0, 22)
  return blocksOf(featuresOf(file as SomeFields)).map((key) => `block#${hash(key)}`)
}

/** The item by which a file is in a block. */
export function memberKey(block: string, customerId: string): Key {
  return { pk: block, sk: customerId }
}

/** Who is in a block. One read of half a unit, a whole one when it must be certain. */
export interface Block {
  ids: string[]
  /** More than are compared. */
  crowded: boolean
}

export async function membersOf(ctx: Ctx, block: string, how: { eventual: boolean }): Promise<Block> {
  const { items } = await ctx.table.query({ pk: block, limit: MOST_IN_BLOCK + 1, eventual: how.eventual })
  return { ids: items.map((item) => String(item['sk'])), crowded: items.length > MOST_IN_BLOCK }
}
