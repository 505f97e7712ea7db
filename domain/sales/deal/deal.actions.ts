import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { customer } from '../../customer/customer/index.ts'
import { mustBeActive } from '../../platform/user/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import {
  DEFAULT_PIPELINE,
  pipeline,
  pipelineOf,
  probability as probabilityField,
  stageOf,
  type PipelineRecord,
  type Stage,
} from '../pipeline/index.ts'
import { dealShape, type Deal } from './deal.ts'
import { deal, dealChanged, dealDeleted, dealOpened, dealRestored, type DealRecord } from './deal.store.ts'
import { enter, lacking } from './progress.ts'
import { settled, weightedBy } from './worth.ts'

export const view = () => viewOf(deal)
export const byId = () => ({ id: idOf(deal) })

const openInput = () => {
  const shape = dealShape()
  return z.strictObject({
    id: idOf(customer),
    ...shape,
    currency: shape.currency.optional(),
    lines: shape.lines.default([]),
    competitors: shape.competitors.default([]),
    buyingRoles: shape.buyingRoles.default([]),
    decisionFactors: shape.decisionFactors.default([]),
    tags: shape.tags.default([]),
    custom: shape.custom.default({}),
    pipelineId: idOf(pipeline).default(DEFAULT_PIPELINE),
    stage: f.slug().optional().describe('the pipeline’s first when left out'),
    probability: probabilityField().optional().describe('the stage’s when left out'),
  })
}

/** Opens a deal with a customer, in the first stage of its pipeline unless said otherwise. */
export const open = action(
  'deal.open',
  () => ({ input: openInput(), output: view() }),
  async (ctx, { id, stage: name, probability, ...input }) => {
    const [file, through, workspace] = await Promise.all([find(ctx, customer, id), livePipeline(ctx, input.pipelineId), workspaceOf(ctx)])
    await Promise.all([mustFit(ctx, input), mustBeInvolved(ctx, input.buyingRoles)])
    const stage = name === undefined ? through.stages[0] : namedStage(through, name)
    const ownerId = input.ownerId ?? (ctx.actor.kind === 'user' ? ctx.actor.id : file.ownerId)
    const judged = probability !== undefined ? { probabilitySet: probability } : {}
    const worth = settled(input, { currency: workspace.currency, lines: [] })
    const place = { pipelineId: input.pipelineId, stage: stage?.name ?? '' }
    const fields = weighed({
      ...input,
      ...worth,
      customerId: file.id,
      custom: mergedCustom({}, input.custom),
      ...judged,
      ...(ownerId !== undefined && { ownerId }),
      ...enter({ stageLog: [], ...judged }, place, stage, ctx.now),
    })
    const lacks = stage ? lacking(stage.requiredFields, fields) : []
    if (lacks.length > 0)
      throw fault('invalid', 'deal.fields_missing', `To open in ${place.stage}, set ${lacks.join(', ')}.`, { errors: lacks.map(needed) })
    const { record, change } = create(ctx, deal, fields, dealOpened, { customer: id })
    return commit(ctx, [change], record)
  },
)

export const show = action(
  'deal.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, deal, id),
)

const changeInput = () => z.strictObject({ ...byId(), ...f.patchOf({ ...dealShape(), probability: probabilityField().optional() }) })

/** Changes an open deal. Its stage and its end are changed by their own routes. */
export const change = action(
  'deal.change',
  () => ({ input: changeInput(), output: view() }),
  async (ctx, { id, probability, ...input }) => {
    if (Object.keys(input).length === 0 && probability === undefined) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const [before] = await Promise.all([find(ctx, deal, id), mustFit(ctx, input), mustBeInvolved(ctx, input.buyingRoles)])
    const { lines, value, currency, custom, ...plain } = input
    const priced = lines !== undefined || value !== undefined || currency !== undefined
    const worth = settled({ lines, value, currency }, before)
    const judged =
      probability === undefined ? {} : { probabilitySet: probability, probability: probability ?? (await stageProbability(ctx, before)) }
    const patch = {
      ...plain,
      ...judged,
      ...(custom && { custom: mergedCustom(before.custom, custom) }),
      ...(priced && { lines: worth.lines, currency: worth.currency, value: worth.value ?? null }),
    }
    await mustMatch(ctx, deal, before, patch)
    mustBeOpen(before)
    const { weighted } = weighed({ ...(worth.value && { value: worth.value }), probability: judged.probability ?? before.probability })
    const { record, change } = alter(ctx, deal, before, { ...patch, weighted: weighted ?? null }, dealChanged)
    return commit(ctx, [change], record)
  },
)

async function stageProbability(ctx: Ctx, before: DealRecord): Promise<number> {
  const through = await pipelineOf(ctx, before.pipelineId)
  return (through && stageOf(through, before.stage)?.probability) ?? before.probability
}

/** Puts an open deal in the bin; a closed one stands. */
export const bin_ = action(
  'deal.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, deal, id)
    await mustMatch(ctx, deal, before, {})
    mustBeOpen(before)
    const { record, change } = alter(ctx, deal, before, { deletedAt: ctx.now }, dealDeleted)
    return commit(ctx, [change], record)
  },
)

export const restore = action(
  'deal.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, deal, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'deal.not_deleted', 'This deal is not in the bin.')
    const { record, change } = alter(ctx, deal, before, { deletedAt: null }, dealRestored)
    return commit(ctx, [change], record)
  },
)

/** A closed deal is locked: what was agreed or lost stays as it was, until it is opened again. @throws Fault `conflict` */
export function mustBeOpen(before: DealRecord): void {
  if (before.state === 'open') return
  const { state, closedAt } = before
  throw fault('conflict', 'deal.already_closed', `This deal was ${state} on ${closedAt?.slice(0, 10)}. Reopen it first.`, {
    state,
    closedAt,
  })
}

/** A pipeline that deals may enter. @throws Fault `invalid` */
export async function livePipeline(ctx: Ctx, id: string): Promise<PipelineRecord> {
  const found = await pipelineOf(ctx, id)
  if (!found || found.deletedAt) throw invalid('pipeline.unknown', 'pipelineId', 'There is no such pipeline.')
  return found
}

/** @throws Fault `invalid` with the names there are */
export function namedStage(through: PipelineRecord, name: string): Stage {
  const stage = stageOf(through, name)
  if (stage) return stage
  throw invalid('stage.unknown', 'stage', `${through.name} has the stages ${through.stages.map((one) => one.name).join(', ')}.`)
}

/** A field that a stage asks for, as an issue. */
export const needed = (path: string) => ({ path, code: 'required_in_stage', message: 'This stage needs it.' })

/** A deal's fields with the weighted value that follows from them. */
export function weighed<T extends Pick<Deal, 'value' | 'probability'>>(fields: T): T & Pick<Deal, 'weighted'> {
  return { ...fields, ...(fields.value && { weighted: weightedBy(fields.value, fields.probability) }) }
}

export function mergedCustom(before: Deal['custom'], patch: Deal['custom']): Deal['custom'] {
  return Object.fromEntries(Object.entries({ ...before, ...patch }).filter(([, value]) => value !== ''))
}

async function mustFit(ctx: Ctx, { ownerId }: { ownerId?: string | null | undefined }): Promise<void> {
  await mustBeActive(ctx, ownerId, 'ownerId')
}

/** Holds that everyone with a part in the decision is a customer. One read for all. */
async function mustBeInvolved(ctx: Ctx, roles: Deal['buyingRoles'] = []): Promise<void> {
  if (roles.length === 0) return
  const files = await ctx.table.getAll(roles.map(({ customerId }) => placeOf(customer, customerId)))
  const errors = files.flatMap((file, at) =>
    file && !file['deletedAt']
      ? []
      : [{ path: `buyingRoles.${at}.customerId`, code: 'customer.unknown', message: 'There is no such customer.' }],
  )
  if (errors.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors })
}
