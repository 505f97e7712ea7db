import * as z from 'zod'
import { policyOf } from '../../insight/tier/index.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { allotmentIn, allotmentPlace, moved, opened } from '../allotment.ts'
import { rewardFileShape, rewardIssues, type Reward } from './reward.ts'
import { reward, type RewardRecord } from './reward.store.ts'

export const rewardCreated = event('reward.created', 'Something that points buy was put in the catalogue')
export const rewardChanged = event('reward.changed', 'A reward of the catalogue changed')
export const rewardRestocked = event('reward.restocked', 'There are more or fewer left of a reward than before')
export const rewardDeleted = event('reward.deleted', 'A reward was put in the bin')
export const rewardRestored = event('reward.restored', 'A reward was taken out of the bin')

const byId = () => ({ id: idOf(reward) })
const view = () => viewOf(reward)
const stockView = () => z.intersection(view(), z.object({ left: z.int().optional() }))

/** A reward and how many are left of it, as both are now. */
async function withLeft(ctx: Ctx, id: string): Promise<RewardRecord & { left?: number }> {
  if (!reward.is(id)) throw missing('reward', id)
  const place = placeOf(reward, id)
  const [item, counter] = await ctx.table.getAll([place, allotmentPlace(place)])
  if (!item || item['deletedAt']) throw missing('reward', id)
  const found = recordIn<'reward', Reward>(item)
  return { ...found, ...(found.limited && { left: allotmentIn(counter).left }) }
}

async function mustFit(ctx: Ctx, file: Pick<Reward, 'from' | 'until' | 'tiers'>): Promise<void> {
  const { tiers } = await policyOf(ctx)
  const issues = rewardIssues(
    file,
    tiers.map(({ name }) => name),
  )
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
}

const stock = () => z.int().min(0).max(1_000_000_000).optional().describe('how many there are; without it there is no limit')

export const define = action(
  'reward.create',
  () => {
    const { active, ...file } = rewardFileShape()
    return { input: z.strictObject({ ...file, active: active.default(true), stock: stock() }), output: stockView() }
  },
  async (ctx, { stock: left, ...file }) => {
    await mustFit(ctx, file)
    const { record, change } = create(ctx, reward, { ...file, limited: left !== undefined }, rewardCreated)
    const counter = left === undefined ? [] : [opened(placeOf(reward, record.id), left)]
    return commit(ctx, [change], { ...record, ...(left !== undefined && { left }) }, counter)
  },
)

export const show = action(
  'reward.show',
  () => ({ input: z.strictObject(byId()), output: stockView() }),
  (ctx, { id }) => withLeft(ctx, id),
)

export const list = action(
  'reward.list',
  () => ({
    input: z.strictObject({ ...pageInput(), deleted: z.enum(['true', 'false']).optional().describe('what is in the bin') }),
    output: pageOf(rowView(reward)),
  }),
  (ctx, input) =>
    input.deleted === 'true'
      ? listPage(ctx, reward, bin(reward), input, { descending: true })
      : listPage(ctx, reward, facet(reward, 'all'), input),
)

export const change = action(
  'reward.change',
  () => ({ input: z.strictObject({ ...byId(), ...patchOf(rewardFileShape()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const before = await find(ctx, reward, id)
    await mustMatch(ctx, reward, before, patch)
    const { record, change: changed } = alter(ctx, reward, before, patch, rewardChanged)
    await mustFit(ctx, record)
    return commit(ctx, [changed], record)
  },
)

/** Puts more of a limited reward in stock, or takes some out. */
export const restock = action(
  'reward.restock',
  () => ({ input: z.strictObject({ ...byId(), by: z.int().min(-1_000_000_000).max(1_000_000_000) }), output: stockView() }),
  async (ctx, { id, by }) => {
    const { left, ...before } = await withLeft(ctx, id)
    if (by === 0) throw invalid('stock.unchanged', 'by', 'This changes nothing.')
    if (left === undefined) throw fault('conflict', 'reward.not_limited', 'Of this reward there is no limit.')
    if (left + by < 0) throw fault('conflict', 'reward.out_of_stock', `Only ${left} are left.`, { left })
    const { record, change: changed } = alter(ctx, reward, before, {}, rewardRestocked)
    return commit(ctx, [changed], { ...record, left: left + by }, [moved(placeOf(reward, id), { left: by })])
  },
)

export const bin_ = action(
  'reward.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, reward, id)
    await mustMatch(ctx, reward, before, {})
    const { record, change: changed } = alter(ctx, reward, before, { deletedAt: ctx.now }, rewardDeleted)
    return commit(ctx, [changed], record)
  },
)

export const restore = action(
  'reward.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, reward, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'reward.not_deleted', 'This reward is not in the bin.')
    const { record, change: changed } = alter(ctx, reward, before, { deletedAt: null }, rewardRestored)
    return commit(ctx, [changed], record)
  },
)
