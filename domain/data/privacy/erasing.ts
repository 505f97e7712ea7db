import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import type { Item } from '../../kernel/table/table.ts'
import { dueSchema } from '../../kernel/event.ts'
import { cameBack, FIRST_FOLDER, sweepBucket } from './bucket.ts'
import { forget, otherSideOf } from './elsewhere.ts'
import { empty } from './empty.ts'
import { forgetMerge, mergedIntoBy } from './parted.ts'
import * as s from './privacy.store.ts'

/**
 * Erasing goes on step by step. A round goes through the person's partitions and empties every record; rounds follow until one
 * finds nothing. Between them there is time for whoever had read the file before it was erased to finish what they were writing.
 */

/** Items of a step. */
const PAGE = 100
/** Longer than any function runs. Milliseconds. */
const SETTLE_MS = 20 * 60_000
const ABREAST = 10

export const goOn = action(
  'erasure.go_on',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const before = await s.erasureAt(ctx, id)
    if (!before || before.dueAt === undefined || before.dueAt > ctx.now) return {}
    // First of all beside the table: a restore must never bring back who is emptied here.
    if (before.at.file === 0 && before.at.after === undefined) await register(ctx, before)
    const { done, next, ...more } = await sweep(ctx, before)
    const facts = { ...more, emptied: before.emptied + done, inRound: before.inRound + done }
    await commit(ctx, [next ? moved(ctx, before, { ...facts, at: next }) : rounded(ctx, before, facts)])
    return {}
  },
)

function moved(ctx: Ctx, before: s.ErasureRecord, facts: Partial<s.Erasure>) {
  return alter(ctx, s.erasure, before, facts, s.erasureMoved).change
}

/** The end of a round: another one after a while, or the end of all when it found nothing. */
function rounded(ctx: Ctx, before: s.ErasureRecord, facts: { emptied: number; inRound: number }) {
  if (before.state === 'settling' && facts.inRound === 0) {
    const end = { ...facts, state: 'done' as const, finishedAt: ctx.now, dueAt: null, at: { file: 0 }, marks: null, inFlight: null }
    return alter(ctx, s.erasure, before, end, s.erasureDone).change
  }
  return moved(ctx, before, { emptied: facts.emptied, inRound: 0, state: 'settling', at: { file: 0 }, dueAt: later(ctx.now, SETTLE_MS) })
}

async function register(ctx: Ctx, { customerId, files, reason, byId, confirmedAt }: s.ErasureRecord): Promise<void> {
  await ctx.files.write(s.registerFile(customerId), JSON.stringify({ customerId, files, reason, byId, confirmedAt }), 'application/json')
}

interface Swept {
  done: number
  next?: s.Erasure['at']
  files?: string[]
  staleBefore?: string
}

/** One page of one partition; after the last, what lies elsewhere; then some files of the bucket. */
async function sweep(ctx: Ctx, before: s.ErasureRecord): Promise<Swept> {
  const { files, at } = before
  const file = files[at.file]
  if (file === undefined) return at.key === undefined ? others(ctx, before) : bucket(ctx, before, at.key)
  const { pk } = placeOf(customer, file)
  const { items, last } = await ctx.table.query({ pk, limit: PAGE, ...(at.after !== undefined && { from: `${at.after}\u0000` }) })
  const done = await each(items, (item) => emptyEverywhere(ctx, item, before))
  if (last) return { done, next: { file: at.file, after: String(items.at(-1)?.['sk']) } }
  return { done: done + (await emptyFolders(ctx, file)), next: { file: at.file + 1 } }
}

/** What lies with others first: once this one is emptied nobody looks there again. */
async function emptyEverywhere(ctx: Ctx, item: Item, { files, inRound, state }: s.ErasureRecord): Promise<boolean> {
  const other = item['erasedAt'] === undefined ? otherSideOf(item) : undefined
  if (other !== undefined) await forget(ctx, other)
  const into = mergedIntoBy(item)
  const isFirst = state === 'sweeping' || inRound > 0
  if (into !== undefined && isFirst && !files.includes(into)) await forgetMerge(ctx, into, String(item['recordId']))
  return empty(ctx, item)
}

/** Records of others, and the person once more. What was found until now may have been read into a file until now. */
async function others(ctx: Ctx, before: s.ErasureRecord): Promise<Swept> {
  const { files, elsewhere, inRound, state } = before
  const done = await each(elsewhere, (id) => forget(ctx, id))
  const back = await cameBack(ctx, before)
  if (back.length > 0) return { done: done + back.length, next: { file: files.length }, files: [...files, ...back] }
  const stale = state === 'sweeping' || inRound + done > 0 ? { staleBefore: ctx.now } : {}
  return { done, next: { file: files.length, key: FIRST_FOLDER }, ...stale }
}

async function bucket(ctx: Ctx, before: s.ErasureRecord, key: string): Promise<Swept> {
  const { done, next } = await sweepBucket(ctx, before, key)
  return { done, ...(next !== undefined && { next: { file: before.files.length, key: next } }) }
}

async function emptyFolders(ctx: Ctx, customerId: string): Promise<number> {
  let removed = 0
  for (const folder of s.foldersOf(customerId)) {
    let after: string | undefined
    do {
      const page = await ctx.files.list(folder, after)
      removed += await each(page.keys, async (key) => (await ctx.files.remove(key), true))
      after = page.after
    } while (after !== undefined)
  }
  return removed
}

/** How many of some things there was anything to do for. */
async function each<T>(all: readonly T[], work: (one: T) => Promise<boolean>): Promise<number> {
  let done = 0
  for (let from = 0; from < all.length; from += ABREAST) {
    const outcomes = await Promise.all(all.slice(from, from + ABREAST).map(work))
    done += outcomes.filter(Boolean).length
  }
  return done
}
