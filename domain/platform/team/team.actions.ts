import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView, standsAlone } from '../../kernel/page.ts'
import { amend, find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { membersOf, mustBeActive, user } from '../user/index.ts'
import { team, teamShape } from './team.store.ts'

export const teamCreated = event('team.created', 'A team was formed')
export const teamChanged = event('team.changed', 'A team’s name or lead changed')
export const teamDeleted = event('team.deleted', 'A team was put in the bin')
export const teamRestored = event('team.restored', 'A team was taken out of the bin')

const view = () => viewOf(team)
const byId = () => ({ id: idOf(team) })

export const form = action(
  'team.create',
  () => ({ input: z.strictObject(teamShape()), output: view() }),
  async (ctx, input) => {
    await mustBeActive(ctx, input.leadId, 'leadId')
    const { record, change } = create(ctx, team, input, teamCreated)
    return commit(ctx, [change], record)
  },
)

export const show = action(
  'team.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, team, id),
)

export const change = action(
  'team.change',
  () => ({ input: z.strictObject({ ...byId(), ...f.patchOf(teamShape()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    await mustBeActive(ctx, patch.leadId, 'leadId')
    return amend(ctx, team, id, patch, teamChanged)
  },
)

/** Puts a team without members in the bin. */
export const bin_ = action(
  'team.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, team, id)
    await mustMatch(ctx, team, before, {})
    const { items } = await ctx.table.query({ ...membersOf(id), limit: 1 })
    if (items.length > 0) throw fault('conflict', 'team.has_members', 'People are in this team. Move them first.')
    const { record, change } = alter(ctx, team, before, { deletedAt: ctx.now }, teamDeleted)
    return commit(ctx, [change], record)
  },
)

export const restore = action(
  'team.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, team, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'team.not_deleted', 'This team is not in the bin.')
    const { record, change } = alter(ctx, team, before, { deletedAt: null }, teamRestored)
    return commit(ctx, [change], record)
  },
)

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    name: f.line(60).optional().describe('names that begin so'),
    deleted: z.enum(['true', 'false']).optional().describe('what is in the bin'),
  })

/** Teams by name, or those in the bin, latest first. */
export const list = action(
  'team.list',
  () => ({ input: listInput(), output: pageOf(rowView(team)) }),
  async (ctx, input) => {
    if (input.deleted !== 'true') return listPage(ctx, team, facet(team, 'all', input.name?.toLowerCase()), input)
    standsAlone('deleted', { name: input.name })
    return listPage(ctx, team, bin(team), input, { descending: true })
  },
)

/** A team's people by name. */
export const members = action(
  'team.members',
  () => ({ input: z.strictObject({ ...byId(), ...pageInput() }), output: pageOf(rowView(user)) }),
  async (ctx, { id, ...input }) => {
    const [page] = await Promise.all([listPage(ctx, user, [membersOf(id)], input), find(ctx, team, id)])
    return page
  },
)
