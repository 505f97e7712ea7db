import { isDeepStrictEqual } from 'node:util'
import { alter, commit } from '../../kernel/commit.ts'
import { later } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { Fault } from '../../kernel/fault.ts'
import { invoke } from '../../kernel/invoke.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { customer, customerChanged, customerDeleted, type CustomerRecord } from '../../customer/customer/index.ts'
import { earlier, importing, importMoved, importUndone, type ImportRecord } from './import.store.ts'
import { purgeRows } from './purge.ts'
import { keepProblems, makeReport, type Problem } from './report.ts'
import { actionNamed } from './row/action.ts'
import { customersMade, notesIn, type Undone } from './row/done.ts'
import { gathered } from './row/gather.ts'
import { notePlace, type Note } from './row/job.ts'

/** Rows of a step of an undo, and how many at once. */
const STEP = 500
const ABREAST = 48
/** When what was put in the bin is taken out of the table for good: long after the stream has told of it. Milliseconds. */
export const PURGE_AFTER_MS = 15 * 60_000

interface Outcome {
  did: Undone
  problems: Problem[]
}

const removed: Outcome = { did: 'removed', problems: [] }
const left = (row: number, code: string, message: string, column = ''): Outcome => ({
  did: 'left',
  problems: [{ row, column, code, message }],
})

/**
 * Undoes some rows of an import: what it made goes to the bin, what it changed is put back field by field where it still is as the
 * import left it; what people have worked on since is left and reported. Later a second pass takes the bin's share out of the
 * table. Safe to repeat: what is undone already is found so, and counted once.
 */
export async function undoStep(ctx: Ctx, record: ImportRecord): Promise<{ outcome: 'moved' | 'ended' }> {
  const { position = { offset: 0, row: 1, skipping: false }, lastRow: last = 1 } = record
  const to = Math.min(last, position.row + STEP)
  const rows = Array.from({ length: to - position.row }, (_, at) => position.row + 1 + at)
  if (record.state === 'undone') return purgeStep(ctx, record, rows, to, last)
  const outcomes = await undoRows(ctx, record, rows)
  const problems = outcomes.flatMap((one) => one.problems).sort((a, b) => a.row - b.row)
  const reported = await keepProblems(ctx.files, record, position.row + 1, problems)
  const undone = { ...(record.undone ?? { removed: 0, restored: 0, left: 0 }) }
  for (const { did } of outcomes) undone[did]++
  const ends = to >= last
  if (ends) await makeReport(ctx.files, { ...record, reported })
  const patch = ends
    ? { state: 'undone' as const, position: { ...position, row: 1 }, finishedAt: ctx.now, dueAt: later(ctx.now, PURGE_AFTER_MS) }
    : { position: { ...position, row: to } }
  const { change } = alter(ctx, importing, record, { ...patch, undone, reported }, ends ? importUndone : importMoved)
  await commit(ctx, [change])
  return { outcome: ends ? 'ended' : 'moved' }
}

async function purgeStep(ctx: Ctx, record: ImportRecord, rows: readonly number[], to: number, last: number) {
  await purgeRows(ctx, record, rows)
  const ends = to >= last
  const patch = ends ? { dueAt: null } : { position: { offset: 0, row: to, skipping: false } }
  await commit(ctx, [alter(ctx, importing, record, patch, importMoved).change])
  return { outcome: ends ? ('ended' as const) : ('moved' as const) }
}

async function undoRows(ctx: Ctx, record: ImportRecord, rows: readonly number[]): Promise<Outcome[]> {
  const within = asWhoBegan(ctx, record)
  const notes = await notesIn(ctx, record.id, rows)
  const made = record.kind === 'customers' ? await customersMade(ctx, record, rows) : new Map<number, Item>()
  const outcomes: Outcome[] = []
  await gathered(ctx.table, rows, ABREAST, async (row, table) => {
    const file = made.get(row)
    const note = notes.get(row)
    const to = { ...within, table }
    if (file) outcomes.push(await again(() => removeCustomer(to, row, String(file['id']))))
    else if (note) outcomes.push(await again(() => undoNote(to, note)))
  })
  return outcomes
}

/** Runs anew when someone changes the record at the same moment. */
async function again(work: () => Promise<Outcome>): Promise<Outcome> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries >= 5 || !(error instanceof Error) || error.name !== 'Stale') throw error
    }
  }
}

/** The context of an undo: for who began the import, now. */
function asWhoBegan(ctx: Ctx, { byId, scope, team, teamId }: ImportRecord): Ctx {
  const actor = { kind: 'client' as const, id: byId, team, roles: [], ...(teamId !== undefined && { teamId }) }
  return { ...ctx, scope, actor, request: { ...ctx.request, action: 'import.undo' } }
}

/** Records of a customer's partition that are looked through; one with more is in use. */
const MOST_ITEMS = 100

async function removeCustomer(ctx: Ctx, row: number, id: string): Promise<Outcome> {
  const { pk } = placeOf(customer, id)
  const { items, last } = await ctx.table.query({ pk, limit: MOST_ITEMS, from: '' })
  const file = items.find((item) => item['sk'] === placeOf(customer, id).sk)
  if (!file || file['deletedAt'] || file['erasedAt']) return removed
  if (last || items.some(isWork)) return left(row, 'in_use', `${id} has records of others by now.`)
  if (!untouched(items, Number(file['version']))) return left(row, 'changed_since', `${id} was changed since.`)
  const before = recordIn<'customer', CustomerRecord>(file)
  await commit(ctx, [alter(ctx, customer, before, { deletedAt: ctx.now }, customerDeleted).change])
  return removed
}

/** Whether the product itself did something, and nobody asked it to: schedules, reactions, what the stream keeps up to date. */
const byProduct = (actor: unknown): boolean => typeof actor === 'string' && /^(schedule|reaction|projection)\b/.test(actor)
const actorOf = (item: Item): unknown => (item['ev'] as Item | undefined)?.['actor']

/** What people work with in a customer's file; not what the product keeps beside it by itself. */
function isWork(item: Item): boolean {
  const sk = String(item['sk'])
  return (
    item['ev'] !== undefined &&
    !sk.startsWith('!') &&
    !sk.startsWith('log#') &&
    item['noun'] !== earlier.noun &&
    !byProduct(actorOf(item)) &&
    !item['deletedAt'] &&
    !item['erasedAt']
  )
}

/** Whether nobody but the product itself changed a file since it was made: its log names who did. */
function untouched(items: readonly Item[], version: number): boolean {
  const its = items.filter((item) => String(item['sk']).startsWith('log#!customer#') && Number(item['version']) > 1)
  return its.filter((item) => byProduct(item['actor'])).length >= version - 1
}

async function undoNote(ctx: Ctx, note: Note & { earlierId?: string; undone?: Undone }): Promise<Outcome> {
  if (note.undone) return { did: note.undone, problems: [] }
  if (note.noun === 'customer') return restoreCustomer(ctx, note)
  if (note.did === 'updated')
    return left(note.row, 'changed_before', `${note.id} was there before and was changed; what it was is in its log.`)
  return removeWork(ctx, note)
}

/** Puts back what a row changed of a customer, field by field. */
async function restoreCustomer(ctx: Ctx, { id, row, earlierId = '' }: Note & { earlierId?: string }): Promise<Outcome> {
  const [file, kept] = await ctx.table.getAll([placeOf(customer, id), placeOf(earlier, earlierId)])
  if (!file || file['deletedAt'] || file['erasedAt'] || !kept) return left(row, 'gone', `${id} is no longer there.`)
  const { before, after } = kept as unknown as { before: Item; after: Item }
  const current = recordIn<'customer', CustomerRecord>(file)
  const fields = Object.keys(before)
  const mine = fields.filter((field) => isDeepStrictEqual(current[field as keyof CustomerRecord] ?? null, after[field] ?? null))
  const others = fields.filter((field) => !mine.includes(field))
  const did = others.length === 0 ? 'restored' : 'left'
  const done = { update: notePlace(importIdIn(kept), row), set: { undone: did } }
  if (mine.length > 0) {
    const patch = Object.fromEntries(mine.map((field) => [field, before[field]]))
    await commit(ctx, [alter(ctx, customer, current, patch, customerChanged).change], undefined, [done])
  } else await ctx.table.write(done)
  const problems = others.map((column) => ({ row, column, code: 'changed_since', message: `${id} has another ${column} by now.` }))
  return { did, problems }
}

const importIdIn = (kept: Item): string => String(kept['importId'])

/** How what a row made is taken away, by the noun of it. */
const removals: Readonly<Record<string, string>> = {
  contact: 'contact.remove',
  purchase: 'purchase.delete',
  deal: 'deal.delete',
  ticket: 'ticket.delete',
  interaction: 'interaction.delete',
}

/** Versions that the import itself gives a record: a closed ticket is opened, resolved and closed. */
async function removeWork(ctx: Ctx, { id, row, noun, version }: Note): Promise<Outcome> {
  const [item] = await ctx.table.getAll([placeOf({ noun, home: 'customer' }, id)])
  if (!item || item['deletedAt'] || item['erasedAt']) return removed
  if (Number(item['version']) !== version && !byProduct(actorOf(item))) return left(row, 'changed_since', `${id} was changed since.`)
  try {
    if (noun === 'deal' && item['state'] !== 'open') await invoke(actionNamed('deal.reopen'), ctx, { id })
    await invoke(actionNamed(removals[noun] ?? ''), ctx, { id })
    return removed
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
    return error.kind === 'missing' ? removed : left(row, error.code, error.message)
  }
}
