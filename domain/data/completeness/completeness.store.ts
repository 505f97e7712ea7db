import { isDeepStrictEqual } from 'node:util'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import type { Change, Projection } from '../../kernel/event.ts'
import { recordIn, listPartition } from '../../kernel/place.ts'
import type { PlainWrite } from '../../kernel/table/expression.ts'
import { keyNames } from '../../kernel/table/shape.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import { completenessOf, isToFix, type Completeness } from './completeness.ts'

/**
 * The list of files to mend: beside each such file an item that is in the list and in its owner's, the least complete first. It
 * is upkeep and no record: no version, no event, no line in the log.
 */

/** What the list goes by in the indexes. */
export const LISTED = { noun: 'completeness' } as const
/** Facet and state of what is to be mended. */
export const TO_FIX = 'to_fix'

/** Files read in one call, each with its line: a hundred keys. */
const FILES_A_READ = 50

/** Whether an item of a customer's partition is such a line. */
export const isCompleteness = (item: Item): boolean => item['sk'] === LISTED.noun

/** A line of the list. */
export interface Row extends Completeness {
  customerId: string
  name: string
  ownerId?: string
}

function placeFor(customerId: string): Key {
  return { pk: placeOf(customer, customerId).pk, sk: LISTED.noun }
}

/** The line of a file; undefined when there is nothing to mend. */
function rowFor(file: CustomerRecord, { completeness: policy }: Workspace, today: string): Row | undefined {
  const found = completenessOf(file, policy, today)
  if (!isToFix(found, policy)) return undefined
  const { id: customerId, name, ownerId } = file
  return { customerId, name, ...found, ...(ownerId !== undefined && { ownerId }) }
}

function itemFor(row: Row): Item & Key {
  const order = `${String(row.score).padStart(3, '0')}#${row.customerId}`
  return {
    ...placeFor(row.customerId),
    row,
    [keyNames.list.pk]: listPartition(LISTED.noun, TO_FIX, 0),
    [keyNames.list.sk]: order,
    ...(row.ownerId !== undefined && { [keyNames.owner.pk]: row.ownerId, [keyNames.owner.sk]: `${LISTED.noun}#${TO_FIX}#${order}` }),
  }
}

/**
 * Brings a file's line to what the file is now, but only while the file stays as it was read: for who does not see its changes in
 * order. Reads both, 2 units; writes one unit (and as much for each list) where the line changes, nothing else.
 */
export async function measure(ctx: Ctx, customerId: string): Promise<void> {
  const place = placeOf(customer, customerId)
  const [workspace, [file, known]] = await Promise.all([workspaceOf(ctx), ctx.table.getAll([place, placeFor(customerId)])])
  const write = writeFor(ctx, workspace, customerId, file, known)
  if (write && file) await ctx.table.writeAll([write, { check: place, if: { equals: { version: file['version'] } } }])
  else if (write) await ctx.table.write(write)
}

function writeFor(
  ctx: Ctx,
  workspace: Workspace,
  customerId: string,
  file: Item | undefined,
  known: Item | undefined,
): PlainWrite | undefined {
  const row = lineOf(ctx, workspace, file)
  if (isDeepStrictEqual(row, known?.['row'])) return undefined
  return row ? { put: itemFor(row) } : { delete: placeFor(customerId) }
}

function lineOf(ctx: Ctx, workspace: Workspace, file: Item | undefined): Row | undefined {
  if (!file || file['deletedAt'] || file['erasedAt']) return undefined
  return rowFor(recordIn<'customer', CustomerRecord>(file), workspace, ctx.now.slice(0, 10))
}

/**
 * Keeps the list up to date. A change that leaves a file's line as it was costs nothing; so does a file with nothing to mend
 * before and after.
 */
export const keepCompleteness: Projection = {
  name: 'completeness.list',
  async project(ctx: Ctx, changes: readonly Change[]): Promise<void> {
    const files = changes.filter(({ before, after }) => (after ?? before)?.['noun'] === 'customer')
    if (files.length === 0) return
    const workspace = await workspaceOf(ctx)
    const touched = files.filter(({ before, after }) => !isDeepStrictEqual(lineOf(ctx, workspace, before), lineOf(ctx, workspace, after)))
    const ids = [...new Set(touched.map(({ before, after }) => String((after ?? before)?.['id'])))]
    for (let from = 0; from < ids.length; from += FILES_A_READ) {
      const some = ids.slice(from, from + FILES_A_READ)
      const items = await ctx.table.getAll(some.flatMap((id) => [placeOf(customer, id), placeFor(id)]))
      const writes = some.map((id, at) => writeFor(ctx, workspace, id, items[2 * at], items[2 * at + 1]))
      await ctx.table.writeEach(writes.filter((one) => one !== undefined))
    }
  },
}
