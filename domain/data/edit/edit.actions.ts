import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dueSchema } from '../../kernel/event.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import { inLanes } from '../../kernel/lanes.ts'
import { facet, page } from '../../kernel/page.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { permissionOf } from '../../kernel/route.ts'
import { find, idOf } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { knownUser } from '../../platform/user/index.ts'
import { membersOf } from '../segment/index.ts'
import { changeOne, undoOne, type Outcome } from './change.ts'
import { doesShape, editShape, sayEdit, whereShape, type Does, type Edit, type Where } from './edit.ts'
import {
  bulkEdit,
  editAt,
  editBegun,
  editCounted,
  editDone,
  editLine,
  editMoved,
  isToken,
  LANES,
  laneOf,
  tallyOf,
  tokenFor,
  type EditRecord,
} from './edit.store.ts'
import { asAsked, checkDoes, routeFor, targets } from './target.ts'

/** How long a dry run can be followed by its run. Milliseconds. */
const VALID_MS = 15 * 60_000
/** Pages counted before an answer; the rest is counted in the background, so many a step. */
const PAGES_COUNTED = 5
/** Failures told one by one. */
const MOST_FAILURES = 20
/** Customers undone in one step. */
const UNDO_PAGE = 100

const view = () =>
  z
    .object(editShape())
    .omit({ rights: true, cursor: true, dueAt: true })
    .extend({
      id: z.string(),
      version: z.int(),
      edited: z.int(),
      undone: z.int(),
      kept: z.int().describe('not undone, since they changed after the edit'),
      token: z.string().optional().describe('what the run takes, while it is valid'),
    })

async function shown(ctx: Ctx, edit: EditRecord): Promise<z.output<ReturnType<typeof view>>> {
  const { expiresAt, ...rest } = edit
  const open = edit.state === 'ready' && expiresAt !== undefined && expiresAt > ctx.now && edit.createdBy === ctx.actor.id
  const token = open ? { token: await tokenFor(ctx, { ...edit, expiresAt }), expiresAt } : {}
  const tally = edit.state === 'ready' || edit.state === 'counting' ? { edited: 0, undone: 0, kept: 0 } : await tallyOf(ctx, edit.id)
  return { ...rest, ...tally, ...token }
}

/** The caller's rights for what an edit does to each. @throws Fault `forbidden` */
function rightsFor(ctx: Ctx, does: Does): Edit['rights'] {
  const route = routeFor(does)
  const scope = scopeOf(ctx.actor, permissionOf(route))
  if (!scope || ctx.actor.kind === 'system') throw fault('forbidden', 'permission.missing', `This needs the permission ${route.can}.`)
  const { kind, team, teamId } = ctx.actor
  return { kind, scope, team: [...team], ...(teamId !== undefined && { teamId }) }
}

/** Tries a change of many without doing it: whom it is for is counted, and a token opens its run for a quarter of an hour. */
export const dryRun = action(
  'bulk_edit.create',
  () => ({ input: z.strictObject({ where: whereShape(), does: doesShape() }), output: view() }),
  async (ctx, { where, does }) => {
    checkDoes(does)
    const rights = rightsFor(ctx, does)
    const { segmentId, ...filters } = where
    if (segmentId !== undefined) {
      const other = Object.keys(filters)[0]
      if (other !== undefined) throw invalid('filter.unsupported', `where.${other}`, 'A segment stands alone.')
      if ((await membersOf(ctx, segmentId)) === undefined) throw missing('segment', segmentId)
    }
    const asked = asAsked(ctx, { createdBy: ctx.actor.id, rights })
    const counted = await countSome(asked, where, 0, undefined)
    const fields: Edit = {
      where,
      does,
      words: sayEdit(does),
      unchanged: 0,
      refused: 0,
      failures: [],
      createdBy: ctx.actor.id,
      rights,
      ...afterCount(ctx, counted),
    }
    const { record, change } = create(ctx, bulkEdit, fields, editCounted)
    const result = await shown(ctx, record)
    return commit(ctx, [change], result)
  },
)

interface Counted {
  count: number
  cursor?: string
}

async function countSome(ctx: Ctx, where: Where, before: number, from: string | undefined): Promise<Counted> {
  let [count, cursor] = [before, from]
  for (let pages = 0; pages < PAGES_COUNTED; pages++) {
    const { ids, nextCursor } = await targets(ctx, where, cursor)
    count += ids.length
    cursor = nextCursor
    if (cursor === undefined) return { count }
  }
  return { count, ...(cursor !== undefined && { cursor }) }
}

const afterCount = (ctx: Ctx, { count, cursor }: Counted) =>
  cursor === undefined
    ? { state: 'ready' as const, count, expiresAt: later(ctx.now, VALID_MS) }
    : { state: 'counting' as const, count, cursor, dueAt: ctx.now }

const byId = () => ({ id: idOf(bulkEdit) })

export const show = action(
  'bulk_edit.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => shown(ctx, await find(ctx, bulkEdit, id)),
)

/** Begins what a dry run counted. The same token again, while it runs or after, answers how far it has come. */
export const run = action(
  'bulk_edit.run',
  () => ({ input: z.strictObject({ ...byId(), token: z.string().min(1).max(100) }), output: view() }),
  async (ctx, { id, token }) => {
    const edit = await find(ctx, bulkEdit, id)
    const { expiresAt, createdBy, state } = edit
    const mine = createdBy === ctx.actor.id && expiresAt !== undefined && (await isToken(ctx, { ...edit, expiresAt }, token))
    if (!mine) throw invalid('bulk_edit.token_invalid', 'token', 'This token is not of this dry run, or not yours.')
    if (state !== 'ready') return shown(ctx, edit)
    if (expiresAt <= ctx.now) throw fault('conflict', 'bulk_edit.token_expired', `The token expired at ${expiresAt}. Make another dry run.`)
    const rights = rightsFor(ctx, edit.does)
    const begun = { state: 'running', rights, startedAt: ctx.now, dueAt: ctx.now } as const
    const { record, change } = alter(ctx, bulkEdit, edit, begun, editBegun)
    const result = await shown(ctx, record)
    return commit(ctx, [change], result)
  },
)

/** Undoes an edit for every customer who was not changed since. */
export const undo = action(
  'bulk_edit.undo',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const edit = await find(ctx, bulkEdit, id)
    if (edit.state === 'undoing' || edit.state === 'undone') return shown(ctx, edit)
    if (edit.state !== 'done' && edit.state !== 'stopped')
      throw fault('conflict', 'bulk_edit.not_done', `This is ${edit.state}: there is nothing to undo yet.`)
    const rights = rightsFor(ctx, edit.does)
    const { record, change } = alter(ctx, bulkEdit, edit, { state: 'undoing', rights, dueAt: ctx.now, finishedAt: null }, editBegun)
    const result = await shown(ctx, record)
    return commit(ctx, [change], result)
  },
)

/** The next step of an edit: a page counted, changed or undone. Its record is the condition; each customer is changed and counted once. */
export const goOn = action(
  'bulk_edit.go_on',
  () => ({ input: dueSchema(), output: z.object({ outcome: z.enum(['not_due', 'stepped', 'done', 'stopped']) }) }),
  async (ctx, { id }) => {
    const edit = await editAt(ctx, id)
    if (!edit?.dueAt || edit.dueAt > ctx.now) return { outcome: 'not_due' as const }
    const asked = asAsked(ctx, edit)
    if (edit.rights.kind === 'user' && (await knownUser(ctx, edit.createdBy))?.disabled) {
      await save(ctx, edit, { state: 'stopped', dueAt: null, cursor: null, finishedAt: ctx.now })
      return { outcome: 'stopped' as const }
    }
    if (edit.state === 'counting') return counting(asked, edit)
    return edit.state === 'undoing' ? undoing(asked, edit) : running(asked, edit)
  },
)

type Patch = { [K in keyof Edit]?: Edit[K] | null }

async function save(ctx: Ctx, edit: EditRecord, patch: Patch): Promise<void> {
  const done = patch.dueAt === null
  await commit(ctx, [alter(ctx, bulkEdit, edit, patch, done ? editDone : editMoved).change])
}

async function counting(ctx: Ctx, edit: EditRecord): Promise<{ outcome: 'stepped' | 'done' }> {
  const counted = await countSome(ctx, edit.where, edit.count, edit.cursor)
  const { change } = alter(ctx, bulkEdit, edit, { cursor: null, dueAt: null, ...afterCount(ctx, counted) }, editCounted)
  await commit(ctx, [change])
  return { outcome: counted.cursor === undefined ? 'done' : 'stepped' }
}

async function running(ctx: Ctx, edit: EditRecord): Promise<{ outcome: 'stepped' | 'done' }> {
  const { ids, nextCursor } = await targets(ctx, edit.where, edit.cursor)
  const outcomes: Outcome[] = []
  await inTurns(ids, async (customerId) => void outcomes.push(await changeOne(ctx, edit, customerId)))
  const failed = outcomes.filter((one) => typeof one === 'object')
  const sums = {
    unchanged: edit.unchanged + outcomes.filter((one) => one === 'unchanged').length,
    refused: edit.refused + failed.length,
    failures: [...edit.failures, ...failed].slice(0, MOST_FAILURES),
  }
  const end = { state: 'done', cursor: null, dueAt: null, finishedAt: ctx.now } as const
  await save(ctx, edit, nextCursor === undefined ? { ...sums, ...end } : { ...sums, cursor: nextCursor })
  return { outcome: nextCursor === undefined ? 'done' : 'stepped' }
}

async function undoing(ctx: Ctx, edit: EditRecord): Promise<{ outcome: 'stepped' | 'done' }> {
  const { items, nextCursor } = await page(ctx, facet(editLine, edit.id), { limit: UNDO_PAGE, cursor: edit.cursor })
  const ids = items.map((item) => String((item['row'] as Item)['customerId']))
  await inTurns(ids, (customerId) => undoOne(ctx, edit.id, customerId))
  const end = { state: 'undone', cursor: null, dueAt: null, finishedAt: ctx.now } as const
  await save(ctx, edit, nextCursor === undefined ? end : { cursor: nextCursor })
  return { outcome: nextCursor === undefined ? 'done' : 'stepped' }
}

/** Does work for each: those that share a counter one after another, the others at once. */
function inTurns(ids: readonly string[], work: (customerId: string) => Promise<void>): Promise<void> {
  return inLanes(Map.groupBy(ids, laneOf).values(), LANES, async (some, going) => {
    for (const id of some) if (going()) await work(id)
  })
}
