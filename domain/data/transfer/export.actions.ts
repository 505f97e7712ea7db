import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list as listPage, pageInput, pageOf, rowView, work } from '../../kernel/page.ts'
import { find, idOf } from '../../kernel/record.ts'
import { customer } from '../../customer/customer/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { segment } from '../segment/index.ts'
import {
  chosenShape,
  exporting,
  exportFinished,
  exportMade,
  exportShape,
  fileShape,
  idsKey,
  KEPT_DAYS,
  outKey,
  type Chosen,
  type ExportRecord,
} from './export.store.ts'
import { LINK_SECONDS } from './import.actions.ts'
import { columnsOf } from './kind/column.ts'

const byId = () => ({ id: idOf(exporting) })

const MOST_IDS = 1_000

const view = () => {
  const { what, columns, state, byId: who, rows, finishedAt } = exportShape()
  return z.object({
    ...byId(),
    version: z.int(),
    createdAt: z.iso.datetime(),
    what,
    chosen: chosenShape(),
    columns,
    state,
    byId: who,
    rows,
    finishedAt,
    files: z.array(fileShape().extend({ url: z.string().optional().describe('a link for an hour; asking again gives another') })),
    expiresAt: f.instant().describe('when the files are dropped'),
  })
}

/** An export as it leaves, with a link to each of its files once it is done. */
async function shown(ctx: Ctx, record: ExportRecord): Promise<z.input<ReturnType<typeof view>>> {
  const expiresAt = daysLater(record.createdAt, KEPT_DAYS)
  const live = record.state === 'done' && ctx.now < expiresAt
  const files = await Promise.all(
    record.files.map(async (one) => ({
      ...one,
      ...(live && { url: await ctx.files.downloadUrl(outKey(record.id, one.name), { name: one.name, seconds: LINK_SECONDS }) }),
    })),
  )
  return { ...record, files, expiresAt }
}

const makeInput = () =>
  z.strictObject({
    what: z.enum(['customers', 'workspace']),
    segmentId: idOf(segment).optional(),
    ownerId: z.string().max(64).optional(),
    customerIds: z.array(idOf(customer)).min(1).max(MOST_IDS).optional(),
    columns: z.array(z.string().max(60)).min(1).max(100).optional().describe('of the CSV of customers; all unless given'),
  })
type MakeInput = z.output<ReturnType<typeof makeInput>>

/** Begins an export; its files are there when it is done. */
export const make = action(
  'export.create',
  () => ({ input: makeInput(), output: view() }),
  async (ctx, input) => {
    const chosen = await chosenIn(ctx, input)
    const known = columnsOf(await workspaceOf(ctx))
    const columns = input.columns ?? known
    const unknown = columns.filter((column) => !known.includes(column))
    if (unknown.length > 0)
      throw invalid('column.unknown', 'columns', `There is no ${unknown.join(', ')}. Customers have ${known.join(', ')}.`)
    const { id: by, team, teamId } = ctx.actor
    const who = { byId: by, scope: ctx.scope, team: [...team], ...(teamId !== undefined && { teamId }) }
    const start = { state: 'running' as const, read: false, chunks: 0, rows: {}, files: [], dueAt: ctx.now }
    const { record, change } = create(ctx, exporting, { what: input.what, chosen, columns, ...who, ...start }, exportMade)
    if (input.customerIds) await ctx.files.write(idsKey(record.id), JSON.stringify([...new Set(input.customerIds)]), 'application/json')
    return commit(ctx, [change], await shown(ctx, record))
  },
)

/** Which customers an export is of. @throws Fault `invalid`, `forbidden`, `missing` */
async function chosenIn(ctx: Ctx, { what, segmentId, ownerId, customerIds }: MakeInput): Promise<Chosen> {
  const ways = [segmentId, ownerId, customerIds].filter((way) => way !== undefined).length
  if (what === 'workspace') {
    if (ways > 0) throw invalid('export.whole', 'what', 'An export of the workspace is of everything: choose customers instead.')
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may export everything exports the workspace.')
    return { by: 'all' }
  }
  if (ways > 1) throw invalid('export.one_way', 'what', 'Choose customers in one way: segmentId, ownerId or customerIds.')
  if (segmentId !== undefined) {
    await find(ctx, segment, segmentId)
    return { by: 'segment', segmentId }
  }
  if (ownerId !== undefined) return { by: 'owner', ownerId }
  return customerIds ? { by: 'ids', count: new Set(customerIds).size } : { by: 'all' }
}

export const list = action(
  'export.list',
  () => ({ input: z.strictObject(pageInput()), output: pageOf(rowView(exporting)) }),
  (ctx, input) =>
    listPage(ctx, exporting, ctx.scope === 'all' ? facet(exporting, 'all') : work(ctx, exporting, 'all#'), input, { descending: true }),
)

export const show = action(
  'export.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const record = await find(ctx, exporting, id)
    if (record.state === 'erased')
      throw fault('gone', 'export.erased_since', 'Somebody was erased since, and its files may have named them. Export anew.')
    return shown(ctx, record)
  },
)

/** Ends an export; what it has written is dropped. */
export const cancel = action(
  'export.cancel',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, exporting, id)
    if (before.state === 'cancelled') return shown(ctx, before)
    if (before.state !== 'running') throw fault('conflict', 'export.not_possible_now', `This export is ${before.state}.`)
    const { record, change } = alter(ctx, exporting, before, { state: 'cancelled' }, exportFinished)
    return commit(ctx, [change], await shown(ctx, record))
  },
)
