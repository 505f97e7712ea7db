import { blockNames, compared, memberKey, membersOf, type Alike } from '../../customer/likeness/index.ts'
import { customer } from '../../customer/customer/index.ts'
import { commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { inLanes as inSome } from '../../kernel/lanes.ts'
import { placeOf } from '../../kernel/entity.ts'
import { Fault } from '../../kernel/fault.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { pairChange, pairId, pairsOf } from './duplicate.store.ts'

/** Finding pairs by the blocks that files share: work grows with the files looked at and the pairs met, never with all pairs there could be. */

/** Pairs from this score on are kept. */
const LEAST = 0.7
/** Keys of one read. */
const MOST_KEYS = 100
/** Calls at the same time. */
const LANES = 16

/** A file and the names of its blocks. */
export interface Placed {
  id: string
  file: Item
  blocks: readonly string[]
}

interface Entry {
  name: string
  id: string
}

/** What came of looking at some files. */
export interface Found {
  /** Pairs newly kept. */
  found: number
  /** Pairs compared. */
  compared: number
  /** Blocks too crowded to compare within. */
  crowded: number
}

/** Files as they are now, with their blocks; those that are gone have none. One read of a unit each. */
export async function placed(ctx: Ctx, ids: readonly string[]): Promise<(Placed | undefined)[]> {
  const items = await readAll(
    ctx,
    ids.map((id) => placeOf(customer, id)),
  )
  return Promise.all(items.map(async (file, at) => file && { id: ids[at] ?? '', file, blocks: await blockNames(ctx, file) }))
}

/**
 * Enters files into their blocks and keeps the pairs they make with those there. Reads each block once (a unit), writes an item
 * for each block a file is not in yet, and reads each file it is compared with.
 * @param how.changed files that have just changed: they are entered first, so that of two at the same moment one sees the other
 */
export async function lookAt(ctx: Ctx, files: readonly Placed[], how: { changed: boolean }): Promise<Found> {
  const names = [...new Set(files.flatMap((one) => one.blocks))]
  const all = files.flatMap(({ id, blocks }) => blocks.map((name) => ({ name, id })))
  const enter = (some: readonly Entry[]) => ctx.table.writeEach(some.map(({ name, id }) => ({ put: { ...memberKey(name, id) } })))
  if (how.changed) await enter(all)
  const members = new Map<string, { ids: Set<string>; crowded: boolean }>()
  await inLanes(names, async (name) => {
    const { ids, crowded } = await membersOf(ctx, name, { eventual: false })
    members.set(name, { ids: new Set(ids), crowded })
  })
  const entries = how.changed ? all : all.filter(({ name, id }) => !members.get(name)?.crowded && !members.get(name)?.ids.has(id))
  if (!how.changed) await enter(entries)
  const entered = new Set(entries.map(({ name, id }) => `${name}|${id}`))
  for (const { name, id } of entries) members.get(name)?.ids.add(id)
  const pairs = pairsIn(files, members, entered)
  const crowded = [...members.values()].filter((one) => one.crowded).length
  return { ...(await weigh(ctx, files, pairs)), crowded }
}

/** Pairs to compare, each once: with files of the same look, with all in a block just entered, else with older ones only. */
function pairsIn(
  files: readonly Placed[],
  members: ReadonlyMap<string, { ids: ReadonlySet<string>; crowded: boolean }>,
  entered: ReadonlySet<string>,
): Map<string, Set<string>> {
  const together = new Set(files.map((one) => one.id))
  const pairs = new Map<string, Set<string>>()
  for (const { id, blocks } of files) {
    for (const name of blocks) {
      const block = members.get(name)
      if (!block || block.crowded) continue
      for (const other of block.ids) {
        const meets = together.has(other) ? other < id : other < id || entered.has(`${name}|${id}`)
        if (other !== id && meets) pairs.set(id, (pairs.get(id) ?? new Set()).add(other))
      }
    }
  }
  return pairs
}

async function weigh(
  ctx: Ctx,
  files: readonly Placed[],
  pairs: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<{ found: number; compared: number }> {
  const read = new Map(files.map((one) => [one.id, one.file]))
  const unread = [...new Set([...pairs.values()].flatMap((ids) => [...ids]))].filter((id) => !read.has(id))
  const items = await readAll(
    ctx,
    unread.map((id) => placeOf(customer, id)),
  )
  for (const [at, id] of unread.entries()) {
    const item = items[at]
    if (item) read.set(id, item)
  }
  const { duplicates } = await workspaceOf(ctx)
  const least = Math.min(LEAST, duplicates?.warnAt ?? LEAST)
  const met: { id: string; alike: Alike }[] = []
  let count = 0
  for (const [id, others] of pairs) {
    const file = read.get(id)
    if (!file) continue
    const alike = compared(
      file,
      [...others].map((other) => read.get(other)),
    )
    count += alike.length
    met.push(...alike.filter(({ score }) => score >= least).map((one) => ({ id, alike: one })))
  }
  return { found: await keep(ctx, met), compared: count }
}

/** Keeps pairs that are not kept yet. @returns how many were new */
async function keep(ctx: Ctx, met: readonly { id: string; alike: Alike }[]): Promise<number> {
  const known = await pairsOf(
    ctx,
    met.map(({ id, alike }) => pairId(id, alike.id)),
  )
  let fresh = 0
  await inLanes([...met.entries()], async ([at, { id, alike }]) => {
    if (known[at] && (known[at].state !== 'open' || known[at].score === alike.score)) return
    await untilFresh(async () => {
      const [now] = await pairsOf(ctx, [pairId(id, alike.id)])
      const change = pairChange(ctx, now, id, alike)
      if (change) await once(() => commit(ctx, [change]))
      if (change && !now) fresh += 1
    })
  })
  return fresh
}

/** A pair that another run kept at the same moment is kept. */
async function once(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'duplicate.exists') throw error
  }
}

async function readAll(ctx: Ctx, keys: readonly Key[]): Promise<(Item | undefined)[]> {
  const parts = Array.from({ length: Math.ceil(keys.length / MOST_KEYS) }, (_, part) =>
    keys.slice(part * MOST_KEYS, (part + 1) * MOST_KEYS),
  )
  return (await Promise.all(parts.map((part) => ctx.table.getAll(part)))).flat()
}

/** Does work for each, a few at a time. */
export const inLanes = <T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> => inSome(all, LANES, work)
