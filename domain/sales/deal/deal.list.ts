import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView, standsAlone, work, type Stretch } from '../../kernel/page.ts'
import { find, idOf } from '../../kernel/record.ts'
import { customer } from '../../customer/customer/index.ts'
import { DEFAULT_PIPELINE, pipeline, stretchOf } from '../pipeline/index.ts'
import { dealStates } from './deal.ts'
import { deal } from './deal.store.ts'

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    state: z.enum(dealStates).optional().describe('open when left out'),
    pipelineId: idOf(pipeline).optional(),
    stage: f.slug().optional().describe('of the pipeline named, else of the default one'),
    ownerId: z.string().max(64).optional().describe('one person’s, by day; not together with pipelineId or stage'),
    deleted: z.enum(['true', 'false']).optional().describe('what is in the bin'),
  })

/**
 * Deals of a state by pipeline, stage and day (expected close; for closed ones the day they closed); one person's, or
 * those of everyone the caller may see, by day; or those in the bin, latest first.
 */
export const list = action(
  'deal.list',
  () => ({ input: listInput(), output: pageOf(rowView(deal)) }),
  (ctx, input) => listPage(ctx, deal, stretchesOf(ctx, input), input, { descending: input.deleted === 'true' }),
)

const SUPPORTED = 'Supported: state; state and pipelineId; state, pipelineId and stage; state and ownerId; deleted.'

function stretchesOf(ctx: Ctx, { state: given, pipelineId, stage, ownerId, deleted }: z.output<ReturnType<typeof listInput>>): Stretch[] {
  if (deleted === 'true') {
    standsAlone('deleted', { state: given, pipelineId, stage, ownerId })
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may read all deals sees the bin.')
    return bin(deal)
  }
  const state = given ?? 'open'
  const through = pipelineId ?? (stage !== undefined ? DEFAULT_PIPELINE : undefined)
  if (ctx.scope === 'all' && ownerId === undefined) return facet(deal, state, through === undefined ? '' : stretchOf(through, stage))
  if (through !== undefined) {
    const path = pipelineId === undefined ? 'stage' : 'pipelineId'
    throw invalid('filter.unsupported', path, `People’s own deals are listed by state and day; each row has its stage. ${SUPPORTED}`)
  }
  return work(ctx, deal, `${state}#`, ownerId)
}

/** A customer's deals, latest first. */
export const listOfCustomer = action(
  'deal.list_of_customer',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput() }), output: pageOf(partialView(deal)) }),
  async (ctx, { id, ...input }) => {
    const [page] = await Promise.all([records(ctx, deal, collection(deal, id), input), find(ctx, customer, id)])
    return page
  },
)
