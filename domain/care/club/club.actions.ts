import * as z from 'zod'
import { policyOf } from '../../insight/tier/index.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { clubIssues, clubShape, type Club } from './club.ts'
import { allClubs, club, CLUBS_MEMO, MOST_CLUBS, type ClubRecord } from './club.store.ts'

export const clubFounded = event('club.founded', 'A club was founded')
export const clubChanged = event('club.changed', 'A club changed')
export const clubDeleted = event('club.deleted', 'A club was put in the bin')
export const clubRestored = event('club.restored', 'A club was taken out of the bin')

const view = () => viewOf(club)
const byId = () => ({ id: idOf(club) })

async function mustFit(ctx: Ctx, file: Pick<Club, 'joining' | 'tiers'>): Promise<void> {
  const { tiers } = await policyOf(ctx)
  const issues = clubIssues(
    file,
    tiers.map(({ name }) => name),
  )
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
}

async function save(ctx: Ctx, { record, change }: { record: ClubRecord; change: Change }): Promise<ClubRecord> {
  await commit(ctx, [change], record)
  ctx.memo.drop(CLUBS_MEMO)
  return record
}

export const found = action(
  'club.create',
  () => ({ input: z.strictObject(clubShape()), output: view() }),
  async (ctx, input) => {
    const [clubs] = await Promise.all([allClubs(ctx), mustFit(ctx, input)])
    if (clubs.length >= MOST_CLUBS) throw fault('conflict', 'club.too_many', `A workspace has at most ${MOST_CLUBS} clubs.`)
    return save(ctx, create(ctx, club, input, clubFounded))
  },
)

export const show = action(
  'club.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, club, id),
)

export const list = action(
  'club.list',
  () => ({
    input: z.strictObject({ ...pageInput(), deleted: z.enum(['true', 'false']).optional().describe('what is in the bin') }),
    output: pageOf(rowView(club)),
  }),
  (ctx, input) =>
    input.deleted === 'true' ? listPage(ctx, club, bin(club), input, { descending: true }) : listPage(ctx, club, facet(club, 'all'), input),
)

/** Changes a club. Who is a member stays one; of a club by tier, the next change of a customer's tier follows the new ones. */
export const change = action(
  'club.change',
  () => ({ input: z.strictObject({ ...byId(), ...patchOf(clubShape()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const before = await find(ctx, club, id)
    await mustMatch(ctx, club, before, patch)
    const after = alter(ctx, club, before, patch, clubChanged)
    await mustFit(ctx, after.record)
    return save(ctx, after)
  },
)

export const bin_ = action(
  'club.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, club, id)
    await mustMatch(ctx, club, before, {})
    return save(ctx, alter(ctx, club, before, { deletedAt: ctx.now }, clubDeleted))
  },
)

export const restore = action(
  'club.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, club, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'club.not_deleted', 'This club is not in the bin.')
    return save(ctx, alter(ctx, club, before, { deletedAt: null }, clubRestored))
  },
)
