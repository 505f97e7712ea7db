import * as z from 'zod'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { history } from '../../customer/purchase/index.ts'
import { commitPosted } from '../../care/points/index.ts'
import { pairSettled } from '../duplicate/index.ts'
import { headOf, visibleHead, type Head } from '../../insight/rhythm/index.ts'
import { Absorbed } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { collection } from '../../kernel/collection.ts'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import { newKey } from '../../kernel/id.ts'
import { page, pageInput, pageOf } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf } from '../../kernel/record.ts'
import { consentMerged, consentParted } from './consent.ts'
import { holdsBoth, linesOf, mergedFields, patchOf, sides, type Choice, type Patch } from './field.ts'
import { headPutBackIn, headSetAsideIn, pointsMerged, pointsParted, tierMerged, tierParted } from './head.ts'
import {
  customerAbsorbed,
  customerMerged,
  customerParted,
  customerReleased,
  merge,
  mergeMade,
  mergeUndone,
  mergeView,
  type MergeRecord,
} from './merge.store.ts'
import { partingPatch } from './parting.ts'
import { sumsMerged, sumsParted } from './sums.ts'

type Standing = Head & { customer: CustomerRecord }

/** Both files with what heads their partitions: two queries, at the same time. @throws Fault `conflict` when they cannot be merged */
async function bothOf(ctx: Ctx, id: string, absorb: string): Promise<{ mine: Standing; theirs: Standing }> {
  if (id === absorb) throw fault('conflict', 'merge.same_customer', 'These are one customer already.', { survivorId: id })
  const [mine, theirs] = await Promise.all([visibleHead(ctx, id), absorbable(ctx, absorb)])
  if (mine.customer.kind !== theirs.customer.kind) {
    throw fault('conflict', 'merge.kinds_differ', `A ${mine.customer.kind} and a ${theirs.customer.kind} cannot be one.`)
  }
  return { mine, theirs }
}

async function absorbable(ctx: Ctx, id: string): Promise<Standing> {
  try {
    return await visibleHead(ctx, id)
  } catch (error) {
    if (!(error instanceof Absorbed) || error.from !== id) throw error
    // Not followed: to take in the one that has this file by now is another thing than what was asked for.
    throw fault('conflict', 'merge.already_absorbed', `${id} was merged into ${error.into} before.`, { survivorId: error.into })
  }
}

const choice = () =>
  z.partialRecord(z.enum(mergedFields), z.enum(sides)).describe('whose value a field takes, where it is not what the preview says')

function checked(chosen: Choice): Choice {
  const wrong = Object.entries(chosen).find(([field, side]) => side === 'both' && !holdsBoth(field as keyof Choice))
  if (wrong) throw invalid('merge.one_value', `choose.${wrong[0]}`, `${wrong[0]} holds one value: choose survivor or absorbed.`)
  return chosen
}

const line = () =>
  z.object({
    field: z.string(),
    survivor: z.unknown().optional(),
    absorbed: z.unknown().optional(),
    result: z.unknown().optional(),
    from: z.enum(sides),
    conflict: z.boolean(),
    why: z.string(),
  })

/** What a merge would make of two files, field by field. Two reads of one or two units, nothing written. */
export const preview = action(
  'merge.preview',
  () => ({
    input: z.strictObject({ id: idOf(customer), absorb: idOf(customer) }),
    output: z.object({
      survivorId: z.string(),
      absorbedId: z.string(),
      fields: z.array(line()),
      conflicts: z.int(),
      absorbed: z.array(z.string()).describe('all whose records the survivor will show'),
    }),
  }),
  async (ctx, { id, absorb }) => {
    const { mine, theirs } = await bothOf(ctx, id, absorb)
    const fields = linesOf(mine.customer, theirs.customer, {})
    const { absorbed } = patchOf(mine.customer, theirs.customer, {})
    return {
      survivorId: mine.customer.id,
      absorbedId: absorb,
      fields,
      conflicts: fields.filter((one) => one.conflict).length,
      absorbed: absorbed as string[],
    }
  },
)

/**
 * Merges two files: the survivor takes in the other one. Nothing that belongs to either moves: the absorbed file points to the
 * survivor, the survivor lists it and shows its records with its own. Both files, their identities, what they bought, their
 * tiers, points and timers change in one transaction of at most some 70 writes, usually a dozen, however long their histories.
 */
export const mergeFiles = action(
  'merge.merge',
  () => ({
    input: z.strictObject({ id: idOf(customer), absorb: idOf(customer), choose: choice().default({}) }),
    output: mergeView(),
  }),
  async (ctx, { id, absorb, choose }) => {
    const { mine, theirs } = await bothOf(ctx, id, absorb)
    const [survivor, other] = [mine.customer, theirs.customer]
    const patch = patchOf(survivor, other, checked(choose))
    const key = newKey(Date.parse(ctx.now), ctx.random)
    const ids = { survivor: survivor.id, absorbed: other.id, merge: merge.id(key, survivor.id) }
    const [sums, tiers, points, pair] = await Promise.all([
      sumsMerged(ctx, whose(mine), whose(theirs)),
      tierMerged(ctx, mine, theirs, survivor.id),
      pointsMerged(ctx, mine, theirs, ids),
      pairSettled(ctx, survivor.id, other.id, 'merged'),
    ])
    const said = consentMerged(ctx, mine, theirs, survivor.id)
    const fields: Omit<MergeRecord, 'id' | 'version' | 'createdAt' | 'updatedAt'> = {
      survivorId: survivor.id,
      absorbedId: other.id,
      state: 'standing',
      byId: ctx.actor.id,
      ...valuesOf(survivor, patch),
      history: sums.kept,
      tier: tiers.kept,
      ...(points.kept && { points: points.kept }),
      consent: said.kept,
    }
    const made = create(ctx, merge, fields, mergeMade, { customer: survivor.id, own: key })
    const changes: Change[] = [
      // First: a file that changed meanwhile has the action run again before a value of its own counts as taken.
      alter(ctx, customer, other, { mergedInto: survivor.id, deletedAt: ctx.now }, customerAbsorbed).change,
      alter(ctx, customer, survivor, patch, customerMerged).change,
      made.change,
      ...sums.changes,
      ...tiers.changes,
      ...points.changes,
      ...said.changes,
      ...headSetAsideIn(ctx, theirs, survivor.id),
      ...pair,
    ]
    return commitPosted(ctx, changes, made.record)
  },
)

const whose = (head: Standing) => ({ id: head.customer.id, absorbed: head.customer.absorbed ?? [], past: head.single(history) })

/** What the changed fields said, and what they say now: what said nothing is left out. */
function valuesOf(survivor: CustomerRecord, patch: Patch): { fields: string[]; before: Patch; after: Patch } {
  const fields = Object.keys(patch)
  const said = (of: Patch): Patch =>
    Object.fromEntries(fields.flatMap((name) => (of[name] === undefined || of[name] === null ? [] : [[name, of[name]]])))
  return { fields, before: said({ ...survivor }), after: said(patch) }
}

/**
 * Undoes a merge: both files are as they were, with what was added to each since. Purchases and records that came in under
 * either id after the merge stay with the survivor, to whom they were given. One transaction again.
 */
export const undo = action(
  'merge.undo',
  () => ({ input: z.strictObject({ id: idOf(merge) }), output: mergeView() }),
  async (ctx, { id }) => {
    const before = await find(ctx, merge, id)
    if (before.state === 'undone') throw fault('conflict', 'merge.undone', 'This merge was undone before.')
    const { survivorId, absorbedId } = before
    const [mine, theirs] = await Promise.all([standing(ctx, survivorId), headOf(ctx, absorbedId)])
    const other = theirs.customer
    if (other?.mergedInto !== survivorId) throw fault('conflict', 'merge.undone', 'The absorbed file is not where this merge put it.')
    const patch = partingPatch(mine.customer, before, other)
    const left = { ...whose(mine), absorbed: (patch['absorbed'] as string[] | null | undefined) ?? [] }
    const changes: Change[] = [
      // What it took to undo it has served: it held values of the other person.
      alter(ctx, merge, before, { state: 'undone', undoneAt: ctx.now, undoneBy: ctx.actor.id, before: {}, after: {} }, mergeUndone).change,
      alter(ctx, customer, mine.customer, patch, customerParted).change,
      alter(ctx, customer, other, { mergedInto: null, deletedAt: null }, customerReleased).change,
      ...(await sumsParted(ctx, left, whose({ ...theirs, customer: other }), before.history)),
      ...tierParted(ctx, mine, before.tier),
      ...(await pointsParted(ctx, mine, before)),
      ...headPutBackIn(ctx, theirs),
      ...consentParted(ctx, mine, theirs, before),
      ...(await pairSettled(ctx, survivorId, absorbedId, 'open')),
    ]
    return commitPosted(ctx, changes, {
      ...before,
      version: before.version + 1,
      state: 'undone' as const,
      undoneAt: ctx.now,
      undoneBy: ctx.actor.id,
    })
  },
)

/** The survivor of a merge that is to be undone. @throws Fault `conflict` when it was itself merged into another since */
async function standing(ctx: Ctx, id: string): Promise<Standing> {
  const head = await headOf(ctx, id)
  const into = head.customer?.mergedInto
  if (into !== undefined)
    throw fault('conflict', 'merge.survivor_absorbed', `${id} was merged into ${into}: undo that merge first.`, { survivorId: into })
  if (!head.customer || head.customer.deletedAt || 'erasedAt' in head.customer)
    throw fault('conflict', 'merge.survivor_deleted', `${id} is in the bin: restore it first.`)
  return { ...head, customer: head.customer }
}

/** The merges of a customer, those of absorbed files included, newest first. */
export const list = action(
  'merge.list',
  () => {
    const { limit, cursor } = pageInput()
    return { input: z.strictObject({ id: idOf(customer), limit, cursor }), output: pageOf(mergeView()) }
  },
  async (ctx, { id, ...input }) => {
    const [, { items, nextCursor }] = await Promise.all([
      find(ctx, customer, id),
      page(ctx, [collection(merge, id)], input, { descending: true }),
    ])
    return { items: items.map((item) => recordIn<'merge', MergeRecord>(item)), ...(nextCursor && { nextCursor }) }
  },
)
