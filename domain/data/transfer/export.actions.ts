import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Fault, fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { invoke } from '../../kernel/invoke.ts'
import { facet, list as listPage, pageInput, pageOf, rowView, work } from '../../kernel/page.ts'
import { scopeOf, type Scope } from '../../kernel/permission.ts'
import { find, idOf } from '../../kernel/record.ts'
import { customer } from '../../customer/customer/index.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
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
import { CUSTOMER_NAME, listNamed, listNames, type ListName } from './kind/list.ts'

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
    what: z.enum([...listNames, 'workspace']),
    filters: z
      .record(z.string().max(40), z.string().max(80))
      .optional()
      .describe(
        'of a list, as its route takes them: `{ "state": "won" }`; without, what the route shows without; a name is none, since an export outlives it',
      ),
    segmentId: idOf(segment).optional(),
    ownerId: z.string().max(64).optional(),
    customerIds: z.array(idOf(customer)).min(1).max(MOST_IDS).optional(),
    columns: z.array(z.string().max(60)).min(1).max(100).optional().describe('of the CSV; all unless given'),
  })
type MakeInput = z.output<ReturnType<typeof makeInput>>

/** Begins an export; its files are there when it is done. */
export const make = action(
  'export.create',
  () => ({ input: makeInput(), output: view() }),
  async (ctx, input) => {
    const columns = columnsIn(ctx, input, await workspaceOf(ctx))
    const scope = scopeFor(ctx, input, columns)
    const chosen = await chosenIn({ ...ctx, scope }, input)
    const { id: by, team, teamId } = ctx.actor
    const who = { byId: by, scope, team: [...team], ...(teamId !== undefined && { teamId }) }
    const start = { state: 'running' as const, read: false, chunks: 0, rows: {}, files: [], dueAt: ctx.now }
    const { record, change } = create(ctx, exporting, { what: input.what, chosen, columns, ...who, ...start }, exportMade)
    if (input.customerIds) await ctx.files.write(idsKey(record.id), JSON.stringify([...new Set(input.customerIds)]), 'application/json')
    return commit(ctx, [change], await shown(ctx, record))
  },
)

const listOf = (what: MakeInput['what']) => listNamed(what === 'workspace' ? 'customers' : what)

/** Columns asked for, else all the caller may see. @throws Fault `invalid` */
function columnsIn(ctx: Ctx, { what, columns }: MakeInput, workspace: Workspace): string[] {
  const known = listOf(what).columns(workspace)
  const unknown = columns?.filter((column) => !known.includes(column)) ?? []
  if (unknown.length > 0)
    throw invalid(
      'column.unknown',
      'columns',
      `There is no ${unknown.join(', ')}. ${what === 'workspace' ? 'Customers' : spoken(what)} have ${known.join(', ')}.`,
    )
  const names = scopeOf(ctx.actor, 'customer:read') !== undefined
  return columns ?? known.filter((column) => names || column !== CUSTOMER_NAME)
}

const spoken = (what: string): string => what.charAt(0).toUpperCase() + what.slice(1)

const BREADTH: Readonly<Record<Scope, number>> = { own: 1, team: 2, all: 3 }

/** Whose records come out: no more than the caller may export, and may read. @throws Fault `forbidden` */
function scopeFor(ctx: Ctx, { what }: MakeInput, columns: readonly string[]): Scope {
  const needed = new Set<`${string}:read`>([listOf(what).can, ...(columns.includes(CUSTOMER_NAME) ? (['customer:read'] as const) : [])])
  let { scope } = ctx
  for (const can of needed) {
    const held = scopeOf(ctx.actor, can)
    if (!held) throw fault('forbidden', 'permission.missing', `This needs the permission ${can}.`)
    if (BREADTH[held] < BREADTH[scope]) scope = held
  }
  return scope
}

/** Which records an export is of. @throws Fault `invalid`, `forbidden`, `missing` */
async function chosenIn(ctx: Ctx, { what, filters, segmentId, ownerId, customerIds }: MakeInput): Promise<Chosen> {
  const ways = [filters, segmentId, ownerId, customerIds].filter((way) => way !== undefined).length
  if (what === 'workspace') {
    if (ways > 0) throw invalid('export.whole', 'what', 'An export of the workspace is of everything: choose a list instead.')
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may export everything exports the workspace.')
    return { by: 'all' }
  }
  if (ways > 1) throw invalid('export.one_way', 'what', 'Choose in one way: filters, segmentId, ownerId or customerIds.')
  if (what !== 'customers') {
    const other = segmentId !== undefined ? 'segmentId' : ownerId !== undefined ? 'ownerId' : customerIds ? 'customerIds' : undefined
    if (other) throw invalid('export.customers_only', other, `Only customers are chosen so. Choose ${what} by filters.`)
  }
  if (filters || what !== 'customers') {
    await mustBeListed(ctx, what, filters ?? {})
    return { by: 'filters', filters: { ...filters } }
  }
  if (segmentId !== undefined) {
    await find(ctx, segment, segmentId)
    return { by: 'segment', segmentId }
  }
  if (ownerId !== undefined) return { by: 'owner', ownerId }
  return customerIds ? { by: 'ids', count: new Set(customerIds).size } : { by: 'all' }
}

/** Filters of reading a page, and one that would keep a person's name for good. */
const NO_FILTERS = ['limit', 'cursor', 'fields', 'name']

/** Holds filters against the list by asking it for a row: what it refuses is refused in its words. @throws Fault `invalid`, `forbidden` */
async function mustBeListed(ctx: Ctx, what: ListName, filters: Readonly<Record<string, string>>): Promise<void> {
  const odd = NO_FILTERS.find((name) => name in filters)
  if (odd !== undefined) throw invalid('filter.unsupported', `filters.${odd}`, `An export has no filter ${odd}.`)
  const { list: asked } = listNamed(what)
  try {
    await invoke(asked, { ...ctx, request: { id: ctx.request.id, action: asked.name } }, { ...filters, limit: 1 })
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'invalid') throw error
    const errors = (error.facts.errors ?? []).map((one) => ({ ...one, path: `filters.${one.path}` }))
    throw fault('invalid', error.code, error.message, { errors })
  }
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
