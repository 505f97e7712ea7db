import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { dueSchema, event } from '../../kernel/event.ts'
import * as f from '../../kernel/fields.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { facet, page } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { viewOf } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { measure } from '../completeness/index.ts'
import { inLanes, lookAt, placed } from './find.ts'

export const scanStarted = event('duplicate_scan.started', 'A scan of all customer files for duplicates began')
export const scanDone = event('duplicate_scan.done', 'A scan of all customer files for duplicates came to its end')
export const scanMoved = event('duplicate_scan.moved', 'A scan went on by a page', { published: false })

/** Files of one step. */
const PAGE = 100

const scanShape = () => ({
  state: z.enum(['running', 'done']),
  looked: z.int().min(0).describe('files looked at'),
  compared: z.int().min(0).describe('pairs compared: those that share a block'),
  found: z.int().min(0).describe('pairs that were new'),
  crowded: z.int().min(0).describe('blocks left out since more files are in them than tell anything; their files have narrower ones too'),
  cursor: z.string().optional(),
  dueAt: f.instant().optional(),
  startedAt: f.instant(),
  finishedAt: f.instant().optional(),
})

/** The scan of all files: one at a time, due for as long as it goes on. */
export const scan = entity({
  noun: 'duplicate_scan',
  prefix: 'dsc',
  home: 'workspace',
  single: true,
  fields: () => z.object(scanShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'duplicates', at: dueAt } : undefined) },
})
export type ScanRecord = RecordOf<typeof scan>

const OWN = '0'.repeat(KEY_LENGTH)
const SCAN_ID = scan.id(OWN)

async function scanNow(ctx: Ctx): Promise<ScanRecord | undefined> {
  const item = await ctx.table.get(placeOf(scan, SCAN_ID))
  return item && recordIn<'duplicate_scan', ScanRecord>(item)
}

const scanView = () => viewOf(scan)

/**
 * Begins a scan of all files for duplicates and for what they lack, page by page in the background. While one runs, it is answered
 * with how far that one is.
 */
export const start = action(
  'duplicate.scan',
  () => ({ input: z.strictObject({}), output: scanView() }),
  async (ctx) => {
    const known = await scanNow(ctx)
    if (known?.state === 'running') return known
    const fields = { state: 'running' as const, looked: 0, compared: 0, found: 0, crowded: 0, startedAt: ctx.now, dueAt: ctx.now }
    const { record, change } = known
      ? alter(ctx, scan, known, { cursor: null, finishedAt: null, ...fields }, scanStarted)
      : create(ctx, scan, fields, scanStarted, { own: OWN })
    return commit(ctx, [change], record)
  },
)

/**
 * One page of a scan. For each file about 1 read unit for itself and its line on the list of those to mend, 1 for each of its blocks,
 * 1 for each file it is compared with; a write for each block it is not in yet, and for each new pair. The scan's record is the
 * condition, so a page counts once; looked at twice, it finds nothing new.
 */
export const step = action(
  'duplicate.scan_step',
  () => ({ input: dueSchema(), output: z.object({ outcome: z.enum(['stepped', 'not_due']) }) }),
  async (ctx, { id }) => {
    const before = id === SCAN_ID ? await scanNow(ctx) : undefined
    if (!before?.dueAt || before.dueAt > ctx.now || before.state !== 'running') return { outcome: 'not_due' as const }
    const { items, nextCursor } = await page(ctx, facet(customer, 'name'), { limit: PAGE, cursor: before.cursor })
    const ids = items.map((item) => String((item['row'] as Item)['id']))
    const files = (await placed(ctx, ids)).filter((one) => one !== undefined)
    const seen = await lookAt(ctx, files, { changed: false })
    await inLanes(ids, (one) => measure(ctx, one))
    const sums = {
      looked: before.looked + ids.length,
      compared: before.compared + seen.compared,
      found: before.found + seen.found,
      crowded: before.crowded + seen.crowded,
    }
    const end = { state: 'done', cursor: null, dueAt: null, finishedAt: ctx.now } as const
    const next = nextCursor === undefined ? end : { cursor: nextCursor }
    await commit(ctx, [alter(ctx, scan, before, { ...sums, ...next }, nextCursor === undefined ? scanDone : scanMoved).change])
    return { outcome: 'stepped' as const }
  },
)
