import * as z from 'zod'
import { work } from '../../care/index.ts'
import { modules as customer } from '../../customer/index.ts'
import { modules as sales } from '../../sales/index.ts'
import { modules as service } from '../../service/index.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Fault, fault, invalid, missing, type Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { invoke } from '../../kernel/invoke.ts'
import { facet, few, page, pageInput, pageOf, rowView, type Stretch } from '../../kernel/page.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { permissionOf } from '../../kernel/route.ts'
import { kinds, viewFileShape, viewIssues, type Kind, type View } from './view.ts'
import { view, viewChanged, viewDeleted, viewSaved, type ViewRecord } from './view.store.ts'

const byId = () => ({ id: idOf(view) })

/** Views of one person, and those shared with a team or with all: as many as one page of each. */
const MOST = 100

/** The route of the list that a view is of. */
function listOf(kind: Kind) {
  const path = `/${kind}`
  const found = [customer, sales, service, work].flat().flatMap((one) => one.routes)
  const route = found.find((one) => one.method === 'GET' && one.path === path)
  if (!route) throw new Error(`There is no GET ${path}.`)
  return route
}

/**
 * Holds a view against the list it is of, by asking that list for one row as the caller: so a view can be saved when, and only
 * when, the list can be read so. One read of one row.
 * @throws Fault `invalid` in the list's own words, `forbidden` for who may not read the list
 */
async function mustWork(ctx: Ctx, { kind, filters, columns, order }: Pick<View, 'kind' | 'filters' | 'columns' | 'order'>): Promise<void> {
  const issues = viewIssues({ kind, filters, columns, ...(order !== undefined && { order }) })
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
  const { action: list, can, ...route } = listOf(kind)
  const scope = scopeOf(ctx.actor, permissionOf({ action: list, can, ...route }))
  if (!scope) throw fault('forbidden', 'permission.missing', `This needs the permission ${can}.`)
  const request = { id: ctx.request.id, action: list.name }
  try {
    await invoke(list, { ...ctx, scope, request }, { ...filters, limit: 1, fields: columns.join(',') })
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'invalid') throw error
    throw fault('invalid', error.code, error.message, { errors: (error.facts.errors ?? []).map((one) => placed(one, list)) })
  }
}

/** An issue of the list as one of the view; for a filter that the list has not, with those it has. */
function placed({ path, code, message }: Issue, list: ReturnType<typeof listOf>['action']): Issue {
  if (path === 'fields') return { path: 'columns', code, message }
  const { input } = list.schemas()
  const names = input instanceof z.ZodObject ? Object.keys(input.shape).filter((name) => !(name in pageInput())) : []
  const known = code === 'unknown_field' ? `The list can be filtered by ${names.join(', ')}.` : message
  return { path: `filters.${path}`, code, message: known }
}

const audience = (ctx: Ctx, shared: View['shared']): { shared: View['shared']; teamId?: string } => {
  if (shared !== 'team') return { shared }
  const { teamId } = ctx.actor
  if (teamId === undefined) throw invalid('view.no_team', 'shared', 'You are in no team to share it with.')
  return { shared, teamId }
}

/** Whether the caller may see a view: their own, their team's, everybody's. */
function mayUse({ actor }: Ctx, { ownerId, shared, teamId }: View): boolean {
  return ownerId === actor.id || shared === 'workspace' || (shared === 'team' && teamId === actor.teamId)
}

async function findUsable(ctx: Ctx, id: string): Promise<ViewRecord> {
  const found = await find(ctx, view, id)
  if (!mayUse(ctx, found)) throw missing('view', id)
  return found
}

/** A view that the caller may change: their own, or a shared one for who may change everybody's. */
async function findOwn(ctx: Ctx, id: string): Promise<ViewRecord> {
  const found = await findUsable(ctx, id)
  if (found.ownerId !== ctx.actor.id && ctx.scope !== 'all')
    throw fault('forbidden', 'view.not_yours', 'Only who saved a view changes it. Save one of your own.')
  return found
}

export const save = action(
  'view.create',
  () => ({
    input: z.strictObject({
      kind: z.enum(kinds),
      ...viewFileShape(),
      filters: viewFileShape().filters.default({}),
      shared: viewFileShape().shared.default('me'),
    }),
    output: viewOf(view),
  }),
  async (ctx, { order, ...input }) => {
    const fields: View = { ...input, ...(order !== undefined && { order }), ...audience(ctx, input.shared), ownerId: ctx.actor.id }
    const [{ items }] = await Promise.all([page(ctx, mine(ctx), { limit: MOST }), mustWork(ctx, fields)])
    if (items.length >= MOST) throw fault('conflict', 'view.too_many', `A person saves ${MOST} views at most.`)
    const { record, change } = create(ctx, view, fields, viewSaved)
    return commit(ctx, [change], record)
  },
)

const mine = (ctx: Ctx): Stretch[] => [{ index: 'owner', pk: ctx.actor.id, begins: 'view#own#' }]

/** The views the caller can use, by name: their own, their team's and everybody's. */
export const list = action(
  'view.list',
  () => ({ input: z.strictObject({ ...pageInput(), kind: z.enum(kinds).optional() }), output: pageOf(rowView(view)) }),
  async (ctx, { kind, ...input }) => {
    const { teamId } = ctx.actor
    const places = [mine(ctx), facet(view, 'workspace'), ...(teamId === undefined ? [] : [facet(view, `team ${teamId}`)])]
    const found = await Promise.all(places.map((one) => page(ctx, one, { limit: MOST })))
    const rows = found.flatMap(({ items }) => items.map((item) => item['row'] as Pick<ViewRecord, 'id'> & Partial<View>))
    const usable = [...new Map(rows.map((row) => [row.id, row])).values()].filter((row) => kind === undefined || row.kind === kind)
    return few(ctx, view, usable, 'name', input)
  },
)

export const show = action(
  'view.show',
  () => ({ input: z.strictObject(byId()), output: viewOf(view) }),
  (ctx, { id }) => findUsable(ctx, id),
)

export const change = action(
  'view.change',
  () => ({ input: z.strictObject({ ...byId(), ...f.patchOf(viewFileShape()) }), output: viewOf(view) }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const before = await findOwn(ctx, id)
    await mustMatch(ctx, view, before, patch)
    const { shared, ...rest } = patch
    const sharing = shared === undefined ? {} : { teamId: null, ...audience(ctx, shared) }
    const { record, change: changed } = alter(ctx, view, before, { ...rest, ...sharing }, viewChanged)
    await mustWork(ctx, record)
    return commit(ctx, [changed], record)
  },
)

export const bin = action(
  'view.delete',
  () => ({ input: z.strictObject(byId()), output: viewOf(view) }),
  async (ctx, { id }) => {
    const before = await findOwn(ctx, id)
    await mustMatch(ctx, view, before, {})
    const { record, change: changed } = alter(ctx, view, before, { deletedAt: ctx.now }, viewDeleted)
    return commit(ctx, [changed], record)
  },
)
