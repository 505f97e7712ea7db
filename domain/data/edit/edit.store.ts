import { createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { keysOf } from '../../kernel/id.ts'
import { workspaceSecret } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { shardOf } from '../../kernel/table/shape.ts'
import { editShape, lineShape, type Edit, type Line } from './edit.ts'

/** A change of many customers at once, from its dry run to its end. Due for as long as it goes on. */
export const bulkEdit = entity({
  noun: 'bulk_edit',
  prefix: 'bed',
  home: 'workspace',
  fields: () => z.object(editShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'bulk-edits', at: dueAt } : undefined) },
  responsible: 'createdBy',
  personal: ['does'],
})
export type EditRecord = RecordOf<typeof bulkEdit>

/** What an edit did to one customer: in their partition, so it goes where they go; its own key is the edit's, so it is done once. */
export const editLine = entity({
  noun: 'bulk_edit_line',
  prefix: 'bel',
  home: 'customer',
  fields: () => z.object(lineShape()),
  row: ['editId', 'customerId'],
  list: { on: ['editId', 'state'], key: ({ editId, state }) => (state === 'edited' ? { facet: editId, order: '' } : undefined) },
  personal: ['before'],
})
export type LineRecord = RecordOf<typeof editLine>

export const editCounted = event('bulk_edit.counted', 'A change of many customers was tried without doing it')
export const editBegun = event('bulk_edit.begun', 'A change of many customers was begun')
export const editMoved = event('bulk_edit.moved', 'A change of many customers went on', { published: false })
export const editDone = event('bulk_edit.done', 'A change of many customers came to its end')
export const lineWritten = event('bulk_edit_line.written', 'A customer was changed with many others', { published: false })

export async function editAt(ctx: Ctx, id: string): Promise<EditRecord | undefined> {
  const item = await ctx.table.get(placeOf(bulkEdit, id))
  return item && recordIn<'bulk_edit', Edit>(item)
}

export const lineIdOf = (editId: string, customerId: string): LineRecord['id'] => editLine.id(keysOf(editId).first, customerId)

export async function lineAt(ctx: Ctx, editId: string, customerId: string): Promise<LineRecord | undefined> {
  const item = await ctx.table.get(placeOf(editLine, lineIdOf(editId, customerId)))
  return item && recordIn<'bulk_edit_line', Line>(item)
}

/** Counters of an edit: as many as customers handled at once, each of which has its own, so they never wait for each other. */
export const LANES = 8
export const laneOf = (customerId: string): number => shardOf(customerId, LANES)

const tallyPartition = (editId: string): string => `bulkedit#${keysOf(editId).first}`

/** The write that counts an outcome, for the transaction that is the outcome. */
export function tallied(editId: string, customerId: string, what: 'edited' | 'undone' | 'kept'): Write {
  return { update: { pk: tallyPartition(editId), sk: String(laneOf(customerId)) }, add: { [what]: 1 } }
}

/** What came of an edit so far, exactly. 1 unit. */
export async function tallyOf(ctx: Ctx, editId: string): Promise<{ edited: number; undone: number; kept: number }> {
  const { items } = await ctx.table.query({ pk: tallyPartition(editId), limit: LANES })
  const sum = (name: string): number => items.reduce((total, item) => total + Number(item[name] ?? 0), 0)
  return { edited: sum('edited'), undone: sum('undone'), kept: sum('kept') }
}

type Signed = Pick<EditRecord, 'id' | 'count' | 'createdBy'> & { expiresAt: string }

/** What opens the run of an edit as it was counted, for who had it counted, until it expires. */
export async function tokenFor(ctx: Ctx, { id, count, createdBy, expiresAt }: Signed): Promise<string> {
  const text = `bulk edit ${id} ${count} ${createdBy} ${expiresAt}`
  return createHmac('sha256', await workspaceSecret(ctx))
    .update(text)
    .digest('base64url')
}

export async function isToken(ctx: Ctx, edit: Signed, given: string): Promise<boolean> {
  const [right, theirs] = [Buffer.from(await tokenFor(ctx, edit)), Buffer.from(given)]
  return right.length === theirs.length && timingSafeEqual(right, theirs)
}
