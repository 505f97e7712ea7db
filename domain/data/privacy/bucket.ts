import { createHmac } from 'node:crypto'
import { contact, contactId } from '../../customer/contact/index.ts'
import { customer, identitiesOf, type CustomerRecord } from '../../customer/customer/index.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type FieldsOf } from '../../kernel/entity.ts'
import { customerIdIn, keysOf } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { workspaceSecret } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { madeInFlight, withdrawFiles } from '../transfer/index.ts'
import { tombstone } from './empty.ts'
import * as s from './privacy.store.ts'

/** What an erasure does about files of many people, in which the person may be one: imports, exports, archives of others. */

/** Where such files are, in the order in which they are gone through. */
export const FIRST_FOLDER = 'export/'
const FOLDERS: readonly string[] = [FIRST_FOLDER, 'import/']
/** Files of a step: removing one takes three calls. */
const FILES = 200

/** Removes the next files of before the erasure. @returns how many went, and the key to go on after; none after the last */
export async function sweepBucket(ctx: Ctx, erasure: s.ErasureRecord, after: string): Promise<{ done: number; next?: string }> {
  const { staleBefore = ctx.now, elsewhere } = erasure
  const folder = FOLDERS.find((one) => after.startsWith(one)) ?? FIRST_FOLDER
  const page = await ctx.files.list(folder, after === folder ? undefined : after)
  const keys = page.keys.slice(0, FILES)
  const others = new Set(elsewhere.map((id) => keysOf(customerIdIn(id)).first))
  const archives = keys.filter((key) => key.startsWith(s.ARCHIVES))
  let done = await withdrawFiles(
    ctx,
    keys.filter((key) => !key.startsWith(s.ARCHIVES)),
    staleBefore,
  )
  for (const key of archives) {
    const whose = key.split('/')[2] ?? ''
    const names = others.has(whose) || (await haveWorkedFor(ctx, whose, erasure.files))
    if (names && (await withdrawArchive(ctx, key, staleBefore))) done += 1
  }
  const last = keys.at(-1)
  const next = keys.length < page.keys.length || page.after !== undefined ? last : FOLDERS[FOLDERS.indexOf(folder) + 1]
  return { done, ...(next !== undefined && { next }) }
}

/** Whether somebody, or who was merged into them, has or had a part in one of these companies: their archive then names it. */
async function haveWorkedFor(ctx: Ctx, whose: string, companies: readonly string[]): Promise<boolean> {
  const place = placeOf(customer, `cus_${whose}`)
  const file = await ctx.table.get(place)
  const people = [`cus_${whose}`, ...(Array.isArray(file?.['absorbed']) ? file['absorbed'].map(String) : [])]
  const parts = people.flatMap((person) => companies.map((company) => placeOf(contact, contactId(company, person))))
  for (let from = 0; from < parts.length; from += KEYS)
    if ((await ctx.table.getAll(parts.slice(from, from + KEYS))).some((part) => part !== undefined)) return true
  return false
}
/** Keys of one read. */
const KEYS = 100

/** Somebody else's archive holds what they have of the person: a referral, a part in their company. */
async function withdrawArchive(ctx: Ctx, key: string, before: string): Promise<boolean> {
  const id = key.slice(key.lastIndexOf('/') + 1, -'.zip'.length)
  const stale = await untilFresh(async () => {
    const item = s.archive.is(id) ? await ctx.table.get(placeOf(s.archive, id)) : undefined
    if (!item) return true
    const record = recordIn<'archive', FieldsOf<typeof s.archive>>(item)
    if (record.createdAt > before) return false
    if (record.state !== 'erased')
      await commit(ctx, [alter(ctx, s.archive, record, { state: 'erased', dueAt: null }, s.archiveMade).change])
    return true
  })
  if (stale) await ctx.files.remove(key)
  return stale
}

/** Whether a text names a person: by their name, an address or a number. */
export function namesOf({ name, emails, phones }: Pick<CustomerRecord, 'name' | 'emails' | 'phones'>): (text: string) => boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}@]+/gu, ' ')
  const words = [name, ...emails.map(({ address }) => address), ...phones.map(({ number }) => number)].map((one) => plain(one).trim())
  return (text) => words.some((word) => word.length > 1 && plain(text).includes(word))
}

/** A person's identities so that nobody can read them, and whoever bears one is known. */
export async function marksOf(
  ctx: Ctx,
  file: Pick<CustomerRecord, 'emails' | 'phones' | 'externalIds' | 'messaging' | 'aliases'>,
): Promise<string[]> {
  const secret = await workspaceSecret(ctx)
  const mark = (value: string): string => createHmac('sha256', secret).update(`erased ${value}`).digest('base64url').slice(0, 22)
  return identitiesOf(file).slice(0, 200).map(mark)
}

/**
 * An import that was writing at the moment of the erasure may have made the person once more: their address was free already.
 * @returns the files that it made of them, erased too
 */
export async function cameBack(ctx: Ctx, { marks = [], inFlight = [], files }: s.ErasureRecord): Promise<string[]> {
  const found: string[] = []
  for (const one of inFlight)
    for (const item of await madeInFlight(ctx, one)) {
      const file = recordIn<'customer', FieldsOf<typeof customer>>(item)
      if (item['erasedAt'] !== undefined || files.includes(file.id)) continue
      if (!(await marksOf(ctx, file)).some((mark) => marks.includes(mark))) continue
      await untilFresh(async () => {
        const there = await ctx.table.get(placeOf(customer, file.id))
        if (there && there['erasedAt'] === undefined)
          await commit(ctx, [tombstone(ctx, recordIn<'customer', FieldsOf<typeof customer>>(there)).change])
      })
      found.push(file.id)
    }
  return found
}
