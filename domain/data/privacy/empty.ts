import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Entity, Stamp } from '../../kernel/entity.ts'
import type { EventType } from '../../kernel/event.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { isCompleteness } from '../completeness/index.ts'
import { isRegister, tokenKeys } from '../search/index.ts'
import { keptFields, kindsOfPeople } from './kinds.ts'
import { customerErased, recordErased } from './privacy.store.ts'

/** How one item of an erased person is emptied. */

type AnyRecord = Record<string, unknown> & Stamp<string>

const STAMP = new Set(['id', 'version', 'createdAt', 'updatedAt', 'deletedAt', 'erasedAt', 'form'])

/** A record without its person: the fields that stay, a mark, and no place in any index. What is not declared goes too. */
export function emptied(ctx: Ctx, kind: Entity, record: AnyRecord, event: EventType = recordErased, more: { deletedAt?: string } = {}) {
  const keeps = new Set([...keptFields(kind), ...STAMP])
  const gone = Object.fromEntries(Object.keys(record).flatMap((field) => (keeps.has(field) ? [] : [[field, null]])))
  return alter(ctx, kind as Entity<string, Record<string, unknown>>, record, { ...gone, ...more, erasedAt: ctx.now }, event)
}

/** What is left of a customer's file: to everyone who looks at files it is in the bin, and cannot be taken out. */
export function tombstone(ctx: Ctx, file: CustomerRecord) {
  return emptied(ctx, customer as unknown as Entity, { ...file }, customerErased, { deletedAt: file.deletedAt ?? ctx.now })
}

/** Empties what an item holds of a person. @returns whether there was anything */
export async function empty(ctx: Ctx, item: Item): Promise<boolean> {
  const sk = String(item['sk'])
  if (sk.startsWith('log#')) return scrub(ctx, item)
  const tokens = tokenKeys(item)
  await Promise.all(tokens.map((key) => ctx.table.write({ delete: key })))
  // What projections keep beside the file: they would take it away themselves, but may be stopped, as after a restore.
  if (isRegister(item) || isCompleteness(item)) {
    await ctx.table.write({ delete: placeIn(item) })
    return true
  }
  if (item['ev'] === undefined || item['erasedAt'] !== undefined) return false
  const noun = String(item['noun'])
  const kind = kindsOfPeople().get(noun)
  // A later version of the code wrote it: that version empties it.
  if (!kind) throw new Error(`There is no kind ${noun} here, so its records cannot be emptied.`)
  return untilFresh(async () => {
    const there = await ctx.table.get(placeIn(item))
    if (!there || there['erasedAt'] !== undefined) return false
    await commit(ctx, [emptied(ctx, kind, recordIn<string, Record<string, unknown>>(there)).change])
    return true
  })
}

const placeIn = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) })

/** The log keeps values of no personal field; of a field that became personal since, they are taken out. */
export async function scrub(ctx: Ctx, item: Item): Promise<boolean> {
  const kind = kindsOfPeople().get(String(item['noun']))
  const changed = (item['changed'] ?? {}) as Record<string, unknown>
  const keeps = new Set(kind ? [...keptFields(kind), ...STAMP] : STAMP)
  const told = Object.keys(changed).filter((field) => !keeps.has(field) && changed[field] !== 'private')
  if (told.length === 0) return false
  const hidden = Object.fromEntries(told.map((field) => [`changed.${field}`, 'private']))
  await ctx.table.write({ update: placeIn(item), set: hidden, if: { present: true } })
  return true
}
