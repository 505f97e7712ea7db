import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { find } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { byId, look, mustBe, shown, view } from './import.actions.ts'
import { importing, importMoved, importPaused, importStarted, NO_ROWS, type ImportRecord } from './import.store.ts'
import { CHUNK } from './import.step.ts'
import { bindingOf, settingsShape, type Settings } from './mapping.ts'

/** How an import is checked, run, halted and undone. The work itself is done in the background, step by step. */

const settingsInput = () => {
  const { mapping, fixed, words, mode, by, decimal, dates } = settingsShape()
  return z.strictObject({
    ...byId(),
    sheet: f.line(100).optional().describe('of a workbook with several'),
    mapping: mapping.optional().describe('columns to fields; as it was in the last check unless given'),
    fixed,
    words,
    mode: mode.optional().describe('create unless given'),
    by,
    decimal: decimal.optional().describe('a point unless given'),
    dates: dates.optional().describe('month first unless given'),
  })
}
type SettingsInput = z.output<ReturnType<typeof settingsInput>>

/** The import with its file looked at and its mapping held against it. @throws Fault `invalid` with every issue at once */
async function prepared(ctx: Ctx, { id, sheet, ...given }: SettingsInput): Promise<{ record: ImportRecord; settings: Settings }> {
  const before = await find(ctx, importing, id)
  mustBe(before, 'waiting', 'ready')
  const known = before.source !== undefined && (sheet === undefined || sheet === before.sheet)
  const { record } = known ? { record: before } : await look(ctx, before, sheet)
  if (record.sheets && record.sheets.length > 1 && sheet === undefined)
    throw invalid('sheet.choose', 'sheet', `Choose a sheet: ${record.sheets.join(', ')}.`)
  const settings = settingsFrom(given, record.settings)
  const { issues } = bindingOf(record.kind, await workspaceOf(ctx), record.source?.columns ?? [], settings)
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The mapping does not fit.', { errors: issues })
  return { record, settings }
}

function settingsFrom({ mapping, ...given }: Omit<SettingsInput, 'id' | 'sheet'>, kept: Settings | undefined): Settings {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Settings>
  if (mapping) return { mode: 'create', decimal: '.', dates: 'month_first', ...said, mapping }
  if (!kept) throw invalid('mapping.needed', 'mapping', 'Say which column is what: the preview suggests it.')
  return { ...kept, ...said }
}

/** Goes through all rows as a run would, and writes nothing: what is wrong is found, and reported. */
export const check = action(
  'import.check',
  () => ({ input: settingsInput(), output: view() }),
  async (ctx, input) => {
    const { record: before, settings } = await prepared(ctx, input)
    return begin(ctx, before, { state: 'checking', settings, checked: NO_ROWS, phase: `check-${before.version}` })
  },
)

export const run = action(
  'import.run',
  () => ({ input: settingsInput(), output: view() }),
  async (ctx, input) => {
    const { record: before, settings } = await prepared(ctx, input)
    return begin(ctx, before, { state: 'running', settings, startedAt: ctx.now, phase: `run-${before.version}` })
  },
)

async function begin(ctx: Ctx, before: ImportRecord, patch: Partial<ImportRecord>) {
  const from = { position: null, claimed: false, reported: 0, dueAt: ctx.now }
  const { record, change } = alter(ctx, importing, before, { ...patch, ...from }, patch.state === 'running' ? importStarted : importMoved)
  return commit(ctx, [change], shown(record))
}

/** Halts a run at the next note of how far it has come: within some hundred rows. */
export const pause = action(
  'import.pause',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, importing, id)
    mustBe(before, 'running', 'pausing')
    return go(ctx, before, { state: 'pausing' })
  },
)

export const resume = action(
  'import.resume',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, importing, id)
    mustBe(before, 'paused')
    return go(ctx, before, { state: 'running', dueAt: ctx.now })
  },
)

/** Ends an import for good. What it has written stays, and can be undone. A check is only broken off. */
export const cancel = action(
  'import.cancel',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, importing, id)
    mustBe(before, 'waiting', 'ready', 'checking', 'running', 'pausing', 'paused', 'cancelling')
    if (before.state === 'cancelling') return shown(before)
    if (before.state === 'checking') return go(ctx, before, { state: 'ready', dueAt: null, position: null })
    return go(ctx, before, { state: 'cancelling', dueAt: before.dueAt ?? ctx.now })
  },
)

async function go(ctx: Ctx, before: ImportRecord, patch: Parameters<typeof alter<'import', ImportRecord>>[3]) {
  const { record, change } = alter(ctx, importing, before, patch, importPaused)
  return commit(ctx, [change], shown(record))
}

/** Takes back what an import did, as far as nobody has worked on it since. */
export const undo = action(
  'import.undo',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, importing, id)
    mustBe(before, 'done', 'cancelled', 'failed')
    const { position, startedAt, state } = before
    if (!position || startedAt === undefined) throw fault('conflict', 'import.nothing_to_undo', 'This import never ran.')
    const patch = {
      state: 'undoing' as const,
      lastRow: position.row + (state === 'failed' ? CHUNK : 0),
      position: { offset: 0, row: 1, skipping: false },
      phase: `undo-${before.version}`,
      reported: 0,
      filesErasedAt: null,
      undone: { removed: 0, restored: 0, left: 0 },
      dueAt: ctx.now,
    }
    const { record, change } = alter(ctx, importing, before, patch, importMoved)
    return commit(ctx, [change], shown(record))
  },
)
