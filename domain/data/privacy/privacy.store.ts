import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { later } from '../../kernel/clock.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import * as f from '../../kernel/fields.ts'
import { keysOf } from '../../kernel/id.ts'
import { facet } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'

export const reasons = ['request', 'retention_over', 'consent_withdrawn', 'unlawful', 'mistake'] as const

const erasureShape = () => ({
  customerId: z.string(),
  /** The files of it: the customer and whom they had absorbed. */
  files: z.array(z.string()).max(50),
  reason: z.enum(reasons),
  reference: z.string().optional(),
  byId: z.string(),
  confirmedAt: f.instant(),
  /** `sweeping`: records are being emptied. `settling`: looked over again for what was written at the same moment. */
  state: z.enum(['sweeping', 'settling', 'done']),
  /** Which of the files is being gone through, and the sort key it has come to; after them the bucket, and the key it has come to. */
  at: z.object({ file: z.int().min(0), after: z.string().optional(), key: z.string().optional() }),
  /** Files of many people that were begun before then may name the person: when records were last found that did. */
  staleBefore: f.instant().optional(),
  /** Keyed hashes of the person's identities, until all is done. */
  marks: z.array(z.string()).max(200).optional(),
  /** Rows of imports that were being written when the erasure was confirmed. */
  inFlight: z
    .array(z.object({ importId: z.string(), row: z.int() }))
    .max(100)
    .optional(),
  /** Records of others that name the person. */
  elsewhere: z.array(z.string()).max(500),
  emptied: z.int().min(0),
  /** Emptied in this round: the round after one that finds nothing is the last. */
  inRound: z.int().min(0),
  finishedAt: f.instant().optional(),
  dueAt: f.instant().optional(),
})
export type Erasure = z.output<z.ZodObject<ReturnType<typeof erasureShape>>>

/**
 * That somebody was erased: by id, without anything personal. One for each customer, for ever; a copy of it lies beside the table, so
 * that it outlives a restore of the table.
 */
export const erasure = entity({
  noun: 'erasure',
  prefix: 'ers',
  home: 'workspace',
  fields: () => z.object(erasureShape()),
  row: ['customerId', 'reason', 'state', 'confirmedAt', 'finishedAt', 'files'],
  personal: ['marks'],
  list: { on: ['confirmedAt'], key: ({ confirmedAt }) => ({ facet: 'all', order: confirmedAt }) },
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt === undefined ? undefined : { job: 'erasures', at: dueAt }) },
})
export type ErasureRecord = RecordOf<typeof erasure>

export const archiveShape = () => ({
  /** `erased`: somebody else whom it named was erased since. */
  state: z.enum(['making', 'ready', 'erased']),
  byId: z.string(),
  records: z.int().min(0).optional(),
  bytes: z.int().min(0).optional(),
  readyAt: f.instant().optional(),
  /** When the file is removed. */
  expiresAt: f.instant(),
  dueAt: f.instant().optional(),
})

/** Everything about one person as one file, on its way or ready. */
export const archive = entity({
  noun: 'archive',
  prefix: 'arc',
  home: 'customer',
  fields: () => z.object(archiveShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt === undefined ? undefined : { job: 'archives', at: dueAt }) },
})
export type ArchiveRecord = RecordOf<typeof archive>

export const customerErased = event('customer.erased', 'A customer was erased for ever; copies elsewhere are to follow')
export const recordErased = event('record.erased', 'A record of someone erased was emptied', { published: false })
export const erasureBegun = event('erasure.begun', 'An erasure was confirmed')
export const erasureMoved = event('erasure.moved', 'An erasure went on', { published: false })
export const erasureDone = event('erasure.done', 'Nothing personal of an erased customer is left')
export const archiveAsked = event('archive.asked', 'Everything about a person was asked for as one file')
export const archiveMade = event('archive.made', 'Everything about a person is ready as one file')

/** A customer is erased once: the erasure's key is theirs. */
export const erasureIdOf = (customerId: string): ErasureRecord['id'] => erasure.id(keysOf(customerId).first)

export async function erasureAt(ctx: Ctx, id: string): Promise<ErasureRecord | undefined> {
  const item = await ctx.table.get(placeOf(erasure, id))
  return item && recordIn<'erasure', Erasure>(item)
}

/** Where archives of people lie. They are exports, which the bucket drops by itself after two weeks. */
export const ARCHIVES = 'export/person/'

/** Where a person's own files lie. */
export const foldersOf = (customerId: string): readonly string[] => [
  `${ARCHIVES}${keysOf(customerId).first}/`,
  `file/${keysOf(customerId).first}/`,
]
export const archiveFile = ({ id }: Pick<ArchiveRecord, 'id'>): string => `${ARCHIVES}${keysOf(id).first}/${id}.zip`

/** The copy of an erasure beside the table. */
export const REGISTER = 'register/erased/'
export const registerFile = (customerId: string): string => `${REGISTER}${customerId}.json`

/** The stream is kept a day; a record of it may come again for as long, and a little. Milliseconds. */
const LATE_MS = 48 * 3_600_000
const MOST_LATE = 1_000

/**
 * Partitions of those erased lately: what the stream still tells of them from before is not to be projected again. One read
 * in half a minute.
 */
export function erasedLately(ctx: Ctx): Promise<ReadonlySet<string>> {
  return ctx.memo.get('erased lately', ctx.now, async () => {
    const [stretch] = facet(erasure, 'all')
    const { items } = await ctx.table.query({ index: 'list', pk: stretch?.pk ?? '', from: later(ctx.now, -LATE_MS), limit: MOST_LATE })
    const files = items.flatMap((item) => ((item['row'] as Partial<Erasure> | undefined)?.files ?? []) as string[])
    return new Set(files.map((id) => placeOf({ noun: 'customer', home: 'workspace' }, id).pk))
  })
}
