import { createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import { keysOf } from '../../kernel/id.ts'
import { facet, list as listPage, pageInput, pageOf, rowView, workspaceSecret } from '../../kernel/page.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { haltImports } from '../transfer/index.ts'
import { namedIn } from './elsewhere.ts'
import { marksOf, namesOf } from './bucket.ts'
import { tombstone } from './empty.ts'
import { keptFields, kindsOfPeople } from './kinds.ts'
import * as s from './privacy.store.ts'

/** How long a preview may be confirmed. Milliseconds. */
const CONFIRM_MS = 3_600_000
/** Records a preview counts. A few hundred read units at most. */
const MOST_COUNTED = 5_000
const PAGE = 1_000

const kindCount = () =>
  z.object({
    noun: z.string(),
    records: z.int(),
    goes: z.array(z.string()).describe('fields that are taken out'),
    stays: z.array(z.string()).describe('fields that stay: dates, amounts, states, ids'),
  })

const output = () =>
  z.object({
    step: z.enum(['preview', 'confirmed']),
    customerId: z.string(),
    token: z.string().optional().describe('send it back, with a reason, to erase'),
    expiresAt: z.iso.datetime().optional(),
    kinds: z.array(kindCount()).optional(),
    counted: z.enum(['all', 'the first 5000 records']).optional(),
    also: z.array(z.string()).optional().describe('what else happens'),
    erasureId: z.string().optional(),
    state: z.string().optional(),
  })

const ALSO = [
  'Addresses, numbers and ids are free for another file.',
  'The event log keeps that, when and by whom something changed; it never held the values.',
  'Files of exports, of imports and their reports that were begun before are removed whole, whoever else they are of.',
  'Imports that have not ended are halted for good: what they have written stays, the rest is to be imported from a new file.',
  'Backups name the person for 35 days; after a restore the erasure is done again.',
  'This cannot be undone.',
]

/**
 * Erases a customer in two steps: without a token a preview of what goes and what stays; with it, for good. From then on the id
 * and those of all its records answer 410. The file is emptied at once, the records within the next minutes by the due index.
 */
export const erase = action(
  'erasure.erase',
  () => ({
    input: z.strictObject({
      id: idOf(customer),
      token: z.string().max(200).optional().describe('of the preview'),
      reason: z.enum(s.reasons).optional(),
      reference: z
        .string()
        .regex(/^[\w.:/-]{1,60}$/)
        .optional()
        .describe('of the request, in your own files; no name'),
    }),
    output: output(),
  }),
  async (ctx, { id, token, reason, reference }) => {
    const file = await find(ctx, customer, id, { deleted: true })
    if (token === undefined) return preview(ctx, file)
    if (reason === undefined) throw invalid('erasure.needs_reason', 'reason', `Say why: ${s.reasons.join(', ')}.`)
    await mustFit(ctx, file, token)
    return confirmed(ctx, file, reason, reference)
  },
)

async function confirmed(ctx: Ctx, file: CustomerRecord, reason: s.Erasure['reason'], reference: string | undefined) {
  // First, so that from the moment the person's addresses are free no row of an older file takes them.
  const inFlight = await haltImports(ctx, namesOf(file))
  const fields: s.Erasure = {
    customerId: file.id,
    files: [file.id, ...(file.absorbed ?? [])],
    reason,
    ...(reference !== undefined && { reference }),
    byId: ctx.actor.id,
    confirmedAt: ctx.now,
    state: 'sweeping',
    at: { file: 0 },
    elsewhere: await namedIn(ctx, file),
    marks: await marksOf(ctx, file),
    inFlight,
    emptied: 0,
    inRound: 0,
    dueAt: ctx.now,
  }
  const { record, change } = create(ctx, s.erasure, fields, s.erasureBegun, { own: keysOf(file.id).first })
  const answer = { step: 'confirmed' as const, customerId: file.id, erasureId: record.id, state: record.state }
  return commit(ctx, [tombstone(ctx, file).change, change], answer)
}

async function preview(ctx: Ctx, file: CustomerRecord): Promise<z.input<ReturnType<typeof output>>> {
  const counts = new Map<string, number>()
  let counted = 0
  for (const id of [file.id, ...(file.absorbed ?? [])]) {
    const { pk } = placeOf(customer, id)
    let after: Item | undefined
    do {
      const page = await ctx.table.query({ pk, limit: PAGE, eventual: true, ...(after && { after }) })
      counted += page.items.length
      for (const { noun, ev } of page.items) if (ev !== undefined) counts.set(String(noun), (counts.get(String(noun)) ?? 0) + 1)
      after = counted < MOST_COUNTED ? page.last : undefined
    } while (after)
  }
  const kinds = [...counts].flatMap(([noun, records]) => {
    const kind = kindsOfPeople().get(noun)
    const shape = kind?.fields()
    if (!kind || !(shape instanceof z.ZodObject)) return []
    const stays = keptFields(kind)
    return [{ noun, records, goes: Object.keys(shape.shape).filter((field) => !stays.includes(field)), stays }]
  })
  const expiresAt = later(ctx.now, CONFIRM_MS)
  return {
    step: 'preview',
    customerId: file.id,
    token: await tokenOf(ctx, file, expiresAt),
    expiresAt,
    kinds: kinds.sort((a, b) => (a.noun < b.noun ? -1 : 1)),
    counted: counted < MOST_COUNTED ? 'all' : 'the first 5000 records',
    also: ALSO,
  }
}

/** Binds a confirmation to who saw the preview, of whom, as they were then. */
async function tokenOf(ctx: Ctx, file: CustomerRecord, expiresAt: string): Promise<string> {
  const mac = createHmac('sha256', await workspaceSecret(ctx)).update(`erase ${file.id} ${file.version} ${ctx.actor.id} ${expiresAt}`)
  return `${Date.parse(expiresAt).toString(36)}.${mac.digest('base64url')}`
}

async function mustFit(ctx: Ctx, file: CustomerRecord, token: string): Promise<void> {
  const until = Number.parseInt(token.split('.')[0] ?? '', 36)
  const expiresAt = Number.isFinite(until) && until < 8e15 ? new Date(until).toISOString() : ''
  const [mine, theirs] = [Buffer.from(await tokenOf(ctx, file, expiresAt || ctx.now)), Buffer.from(token)]
  if (expiresAt > ctx.now && mine.length === theirs.length && timingSafeEqual(mine, theirs)) return
  throw fault('conflict', 'erasure.preview_outdated', 'This is not a token of your own preview of this file as it now is. Look again.')
}

export const show = action(
  'erasure.show',
  () => ({ input: z.strictObject({ id: idOf(s.erasure) }), output: viewOf(s.erasure) }),
  (ctx, { id }) => find(ctx, s.erasure, id),
)

/** Who was erased, latest first, by id. */
export const list = action(
  'erasure.list',
  () => ({ input: z.strictObject(pageInput()), output: pageOf(rowView(s.erasure)) }),
  (ctx, input) => listPage(ctx, s.erasure, facet(s.erasure, 'all'), input, { descending: true }),
)
