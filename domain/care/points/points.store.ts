import * as z from 'zod'
import { purchase } from '../../customer/purchase/index.ts'
import { survivorIn } from '../../kernel/absorbed.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn, KEY_LENGTH, keysOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { accountShape, entryKinds, lotKey, type Account } from './account.ts'
import { defaultProgramme, programmeShape, type Programme } from './programme.ts'

/** A customer's points: one each, written with every entry in its transaction. */
export const points = entity({
  noun: 'points',
  prefix: 'poi',
  home: 'customer',
  single: true,
  fields: () => z.object(accountShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'points', at: dueAt } : undefined) },
})
export type AccountRecord = RecordOf<typeof points>

export const entryShape = () => ({
  /** 1 for a customer's first entry, then one more each: entry and balance follow from the one before. */
  number: z.int().min(1),
  kind: z.enum(entryKinds),
  /** Change of the balance. */
  points: z.int(),
  /** Change of what is owed; absent when there is none. `points − owed` is what was meant to be given or taken. */
  owed: z.int().optional(),
  /** Balance after it. */
  balance: z.int().min(0),
  /** Change of each lot: together they are `points`. */
  lots: z.record(lotKey(), z.int()),
  at: f.instant(),
  /** When the points given expire, the first of them if at several times. */
  expiresAt: f.instant().optional(),
  /** The purchase, redemption or referral behind it. */
  sourceId: z.string().optional(),
  reason: f.line(300).optional(),
  /** Who adjusted. */
  byId: z.string().optional(),
})
export type Entry = z.output<z.ZodObject<ReturnType<typeof entryShape>>>

/** One line of a customer's ledger. Never changed, never deleted. */
export const pointsEntry = entity({
  noun: 'points_entry',
  prefix: 'pte',
  home: 'customer',
  fields: () => z.object(entryShape()),
  personal: ['reason'],
})
export type EntryRecord = RecordOf<typeof pointsEntry>

export const accrualShape = () => ({
  purchaseId: z.string(),
  /** What the purchase earned, by which version of the programme, in which tier and channel. */
  earned: z.int().min(0),
  programmeVersion: z.int().min(1),
  tier: f.slug().optional(),
  channel: f.slug().optional(),
  lot: lotKey(),
  /** What of it stands after returns: the entries of this purchase come to this. */
  standing: z.int().min(0),
  /** Told so late that its points had expired already. */
  lapsed: z.literal(true).optional(),
})
export type Accrual = z.output<z.ZodObject<ReturnType<typeof accrualShape>>>

/** What one purchase earned: under the purchase's own key, so a purchase told again finds it. */
export const accrual = entity({ noun: 'accrual', prefix: 'acr', home: 'customer', fields: () => z.object(accrualShape()) })
export type AccrualRecord = RecordOf<typeof accrual>

/** The workspace's programme: the one in force, and beside it each version as it was. */
export const programme = entity({ noun: 'programme', prefix: 'prg', home: 'workspace', fields: () => z.object(programmeShape()) })
export type ProgrammeRecord = RecordOf<typeof programme>

/** Own key of the programme in force. */
export const IN_FORCE = '0'.repeat(KEY_LENGTH)
/** Own key under which a version is kept for ever: entries name the version by whose rules they came to be. */
export const versionKey = (version: number): string => String(version).padStart(KEY_LENGTH, '0')

/** The programme in force; version 0 is the product's own. One read of one unit. */
export async function readProgramme(ctx: Ctx): Promise<ProgrammeRecord> {
  const id = programme.id(IN_FORCE)
  const item = await ctx.table.get(placeOf(programme, id))
  if (item) return recordIn<'programme', Programme>(item)
  const { currency } = await workspaceOf(ctx)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...defaultProgramme(currency), id, version: 0, createdAt: start, updatedAt: start }
}

/** The programme as a version had it. */
export async function programmeAt(ctx: Ctx, version: number): Promise<Programme | undefined> {
  const item = await ctx.table.get(placeOf(programme, programme.id(versionKey(version))))
  return item && recordIn<'programme', Programme>(item)
}

export function accountPlace(customerId: string): Key {
  return placeOf(points, points.id('', customerId))
}
export function accountIn(item: Item | undefined): AccountRecord | undefined {
  return item && recordIn<'points', Account>(item)
}

/** A customer's account, strongly consistent; undefined before the first entry. */
export async function accountOf(ctx: Ctx, customerId: string): Promise<AccountRecord | undefined> {
  return accountIn(await ctx.table.get(accountPlace(customerId)))
}

/** The account that counts what is given under an id: the survivor's, when the customer was merged into another. */
export async function standingAccount(ctx: Ctx, customerId: string): Promise<{ customerId: string; account: AccountRecord | undefined }> {
  const item = await ctx.table.get(accountPlace(customerId))
  const into = survivorIn(item)
  return into === undefined ? { customerId, account: accountIn(item) } : standingAccount(ctx, into)
}

/** Where what a purchase earned is kept. */
export function accrualPlace(purchaseId: string): Key {
  return placeOf(accrual, accrual.id(accrualKey(purchaseId), customerIdIn(purchaseId)))
}
export const accrualKey = (purchaseId: string): string => keysOf(purchaseId).second
export function accrualIn(item: Item | undefined): AccrualRecord | undefined {
  return item && recordIn<'accrual', Accrual>(item)
}

/** Whether an id is of a purchase. */
export const isPurchase = (id: string | undefined): id is string => id !== undefined && purchase.is(id)
