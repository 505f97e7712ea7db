import { customer } from '../../customer/customer/index.ts'
import { modelOf } from '../../insight/statistics/index.ts'
import { policyOf } from '../../insight/tier/index.ts'
import { later, MS_PER_DAY } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet, page, type Stretch } from '../../kernel/page.ts'
import type { Item } from '../../kernel/table/table.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import type { Vocabulary } from './field.ts'
import { keep } from './keep.ts'
import { inLanes } from './lanes.ts'
import { defOf, registered, SETTLED_MS, SEGMENTS_MEMO, unregistered, type Def } from './registry.ts'
import type { Segment, Walk } from './segment.ts'
import { clock, member, segment, segmentAt, segmentBuilt, segmentMoved, type SegmentRecord } from './segment.store.ts'

/** Customers of one step: a round of reads each, and a move for some. */
const STEP = 100

/** How often members are looked at again whose rule names what moves with other customers or with the models. Milliseconds. */
const REFRESH_MS = MS_PER_DAY

/** What of the workspace decides which rules there can be. Kept by a warm function for half a minute. */
export async function vocabularyOf(ctx: Ctx): Promise<Vocabulary> {
  const [{ currency, timeZone, customFields }, policy] = await Promise.all([workspaceOf(ctx), policyOf(ctx)])
  return { currency, timeZone, customFields, tiers: policy.tiers.map(({ name }) => name) }
}

/**
 * A walk that begins. It waits until every running function knows the segment and the list shows every customer there is: who
 * changes from then on is looked at by the change, so nobody is missed between the two.
 */
export function begun(ctx: Ctx, mode: Walk['mode']): { walk: Walk; dueAt: string } {
  return { walk: { mode, phase: 'look', startedAt: ctx.now, looked: 0 }, dueAt: later(ctx.now, SETTLED_MS) }
}

export type Stepped = 'not_due' | 'began' | 'walked' | 'done'

/** One step of a segment's walk. The segment's record is the condition, so a step counts once; what it writes of customers may be done twice. */
export async function step(ctx: Ctx, id: string): Promise<Stepped> {
  const found = await segmentAt(ctx, id)
  if (!found?.dueAt || found.dueAt > ctx.now) return 'not_due'
  const words = await vocabularyOf(ctx)
  const { walk } = found
  if (!walk) return refresh(ctx, found, words)
  const def = defOf(id, found, words)
  const { items, nextCursor } = await page(ctx, stretchOf(found, walk), { limit: STEP, cursor: walk.cursor })
  const closing: Def = { ...def, kind: 'static', timed: false }
  await inLanes(items.map(customerOfRow), async (customerId) => {
    if (walk.mode === 'close') await keep(ctx, customerId, [closing], { takeOut: [def.key] })
    else await keep(ctx, customerId, [def])
  })
  const moved: Walk = { ...walk, looked: walk.phase === 'look' ? walk.looked + items.length : walk.looked }
  delete moved.cursor
  if (nextCursor !== undefined) return save(ctx, found, { walk: { ...moved, cursor: nextCursor }, dueAt: ctx.now }, words)
  if (walk.mode === 'changed' && walk.phase === 'look') {
    return save(ctx, found, { walk: { ...moved, phase: 'settle' }, dueAt: later(ctx.now, SETTLED_MS) }, words)
  }
  return finish(ctx, found, def, words)
}

/** Whom a walk looks at: every customer, those for whom something is marked, or the members of a segment that is gone. */
function stretchOf({ id }: SegmentRecord, { mode, phase }: Walk): Stretch[] {
  if (mode === 'close') return facet(member, id)
  return phase === 'settle' ? facet(clock, 'pending') : facet(customer, 'name')
}

const customerOfRow = (item: Item): string => customerIdIn(String((item['row'] as Item)['id']))

type Patch = { walk: Walk | null; dueAt: string | null } & Partial<Pick<Segment, 'state' | 'lookedAt' | 'modelVersion'>>

async function save(ctx: Ctx, before: SegmentRecord, patch: Patch, words: Vocabulary): Promise<Stepped> {
  const built = patch.walk === null && before.walk?.mode !== 'refresh'
  const { record, change } = alter(ctx, segment, before, patch, built ? segmentBuilt : segmentMoved)
  // While a walk only goes on, the registry has nothing to learn.
  const learns = record.walk?.phase !== before.walk?.phase || (record.walk === undefined) !== (before.walk === undefined)
  await commit(ctx, [change], undefined, learns ? [registered(defOf(record.id, record, words))] : [])
  if (learns) ctx.memo.drop(SEGMENTS_MEMO)
  return patch.walk === null ? 'done' : 'walked'
}

async function finish(ctx: Ctx, before: SegmentRecord, { shifts }: Def, words: Vocabulary): Promise<Stepped> {
  if (before.walk?.mode === 'close') {
    await commit(ctx, [alter(ctx, segment, before, { walk: null, dueAt: null, deletedAt: ctx.now }, segmentMoved).change])
    return 'done'
  }
  const dueAt = shifts ? later(ctx.now, REFRESH_MS) : null
  const version = shifts ? { modelVersion: (await modelOf(ctx)).version } : {}
  return save(ctx, before, { walk: null, state: 'ready', lookedAt: ctx.now, dueAt, ...version }, words)
}

/** Begins to look at everybody again, unless the models are the same and only they could change something. */
async function refresh(ctx: Ctx, before: SegmentRecord, words: Vocabulary): Promise<Stepped> {
  const { shifts } = defOf(before.id, before, words)
  if (!shifts) return save(ctx, before, { walk: null, dueAt: null }, words)
  if (shifts === 'model' && (await modelOf(ctx)).version === before.modelVersion)
    return save(ctx, before, { walk: null, dueAt: later(ctx.now, REFRESH_MS) }, words)
  await save(ctx, before, { walk: { ...begun(ctx, 'refresh').walk }, dueAt: ctx.now }, words)
  return 'began'
}

/**
 * Looks at everybody again for the segments that speak of time: days begin elsewhere since the workspace's time zone changed.
 * A walk on its way begins anew.
 */
export async function lookAgain(ctx: Ctx, defs: readonly Def[], changedAt: string): Promise<void> {
  const words = await vocabularyOf(ctx)
  for (const { id } of defs.filter(({ timed }) => timed)) {
    await untilFresh(async () => {
      const found = await segmentAt(ctx, id)
      if (!found || found.walk?.mode === 'close' || (found.lookedAt ?? found.createdAt) > changedAt) return
      const { walk, dueAt } = begun(ctx, found.walk?.mode ?? 'refresh')
      await save(ctx, found, { walk, dueAt }, words)
    })
  }
}

/** The writes and the change that close a segment: nobody sees it any more, and its members leave step by step. */
export function closed(ctx: Ctx, before: SegmentRecord) {
  const { walk } = begun(ctx, 'close')
  return { patch: { walk, dueAt: later(ctx.now, SETTLED_MS) }, write: unregistered(before.id) }
}
