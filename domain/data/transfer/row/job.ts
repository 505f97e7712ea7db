import { createHash } from 'node:crypto'
import type { Ctx } from '../../../kernel/context.ts'
import { keyOf, keysOf } from '../../../kernel/id.ts'
import type { Table } from '../../../kernel/table/table.ts'
import { customer } from '../../../customer/customer/index.ts'
import type { Workspace } from '../../../platform/workspace/index.ts'
import type { Bound } from '../kind/draft.ts'
import type { Writing } from '../kind/value.ts'
import type { ImportRecord } from '../import.store.ts'
import type { Settings } from '../mapping.ts'

/** All that the rows of an import are written with. */
export interface Job {
  record: ImportRecord
  settings: Settings
  /** Of the run: the time its records bear. */
  startedAt: string
  bound: readonly Bound[]
  writing: Writing
  workspace: Workspace
}

/** Ten bytes that are the same for a row of an import however often it is read, and for no other. */
function digestOf(importId: string, row: number): Buffer {
  return createHash('sha256').update(`${importId}\n${row}`).digest()
}

/** The id of the customer that a row makes: it follows from the row, so making them twice is refused by the table itself. */
export function customerIdOf({ record: { id }, startedAt }: Pick<Job, 'startedAt'> & { record: { id: string } }, row: number): string {
  return customer.id(keyOf(Date.parse(startedAt), digestOf(id, row)))
}

/**
 * The context in which a row is written. Clock and chance come from the import and the row, so a row that was written, and whose
 * success was not noted before the process ended, makes the very same records again and finds them there. It acts for who began
 * the import, as a machine does: what is made belongs to the customer's account manager, not to who imports it.
 */
export function rowCtx(ctx: Ctx, job: Pick<Job, 'record' | 'startedAt'>, row: number, table: Table): Ctx {
  const { record, startedAt } = job
  const { byId, scope, team, teamId } = record
  const digest = digestOf(record.id, row)
  return {
    ...ctx,
    table,
    scope,
    actor: { kind: 'client', id: byId, team, roles: [], ...(teamId !== undefined && { teamId }) },
    now: startedAt,
    random: (size) => Uint8Array.from({ length: size }, (_, at) => digest[at % digest.length] ?? 0),
    // What is remembered ages by the real clock.
    memo: { get: (name, _, load) => ctx.memo.get(name, ctx.now, load), drop: (name) => ctx.memo.drop(name) },
    request: { id: `${record.id}/${row}`, action: 'import.row' },
  }
}

/** Where an import notes what a row did, but for customers it made: those are found by {@link customerIdOf}. */
export function notePlace(importId: string, row: number): { pk: string; sk: string } {
  return { pk: notesOf(importId), sk: `row#${String(row).padStart(10, '0')}` }
}
export const notesOf = (importId: string): string => `import#${keysOf(importId).first}`

/** What a row did to which record. `version`: of the record afterwards. */
export interface Note {
  row: number
  did: 'created' | 'updated'
  noun: string
  id: string
  version: number
}
