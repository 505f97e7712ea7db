import * as z from 'zod'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { survivorOf } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import * as s from './privacy.store.ts'
import { writeArchive } from './zip.ts'

/** The bucket drops exports then. Days. */
const KEEP_DAYS = 14
/** A link is for who asked, now. Seconds. */
const LINK_SECONDS = 900

const view = () =>
  z.object({
    ...s.archiveShape(),
    id: idOf(s.archive),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    url: z.string().optional().describe('a link to the file, good for 15 minutes'),
  })

/** Asks for everything about a person as one file. It is made within minutes. */
export const ask = action(
  'archive.create',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: viewOf(s.archive) }),
  async (ctx, { id }) => {
    await find(ctx, customer, id)
    const fields = { state: 'making' as const, byId: ctx.actor.id, expiresAt: daysLater(ctx.now, KEEP_DAYS), dueAt: ctx.now }
    const { record, change } = create(ctx, s.archive, fields, s.archiveAsked, { customer: id })
    return commit(ctx, [change], record)
  },
)

export const show = action(
  'archive.show',
  () => ({ input: z.strictObject({ id: idOf(s.archive) }), output: view() }),
  async (ctx, { id }) => {
    const record = await find(ctx, s.archive, id)
    if (record.state === 'erased') throw fault('gone', 'archive.erased_since', 'Somebody whom it named was erased since. Ask for it anew.')
    if (record.state !== 'ready' || record.expiresAt <= ctx.now) return record
    const url = await ctx.files.downloadUrl(s.archiveFile(record), { name: `${customerIdIn(id)}.zip`, seconds: LINK_SECONDS })
    return { ...record, url }
  },
)

/** Makes the file. Done again after a failure it is written anew, under the same name. */
export const make = action(
  'archive.make',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const item = await ctx.table.get(placeOf(s.archive, id))
    const before = item && !item['erasedAt'] ? recordIn<'archive', s.ArchiveRecord>(item) : undefined
    if (before?.state !== 'making') return {}
    const customerId = customerIdIn(id)
    // Merged since it was asked for, they are told of with all that is theirs by now.
    const file = await survivorOf(ctx, await ctx.table.get(placeOf(customer, customerId)))
    if (!file || file['erasedAt'] !== undefined) return {}
    const { id: survivorId, absorbed = [] } = recordIn<'customer', CustomerRecord>(file)
    const made = await writeArchive(ctx, s.archiveFile(before), [survivorId, ...absorbed])
    const facts = { ...made, state: 'ready' as const, readyAt: ctx.now, dueAt: null }
    await commit(ctx, [alter(ctx, s.archive, before, facts, s.archiveMade).change])
    return {}
  },
)
