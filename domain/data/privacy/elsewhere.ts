import { referralsOf, referral, type ReferralRecord } from '../../care/referral/index.ts'
import { contact, contactId, employer, employerId, forgetPrimary } from '../../customer/contact/index.ts'
import { customer, identitiesOf, type CustomerRecord } from '../../customer/customer/index.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { duplicate, type DuplicateRecord } from '../duplicate/index.ts'
import { empty } from './empty.ts'
import { recordErased } from './privacy.store.ts'

/** Records in other customers' partitions that name a person: their part in companies, and the referrals that brought them. */

/** Of each such kind, at most. */
const MOST = 400

/**
 * The ids of those records: referrals, and parts in companies. Some are found by the person's addresses, so it must be asked before
 * these are gone. Who works at an erased company is found as its records are emptied, however many they are.
 */
export async function namedIn(ctx: Ctx, file: CustomerRecord): Promise<string[]> {
  const files = [file.id, ...(file.absorbed ?? [])]
  const reached = identitiesOf(file).filter((value) => value.startsWith('email:') || value.startsWith('phone:'))
  const [referrals, pairs, ...parts] = await Promise.all([
    referralsOf(ctx, [...files, ...reached]),
    pairsSaidOf(ctx, files),
    ...files.map((id) => partsOf(ctx, id)),
  ])
  return [...referrals.map(({ id }) => id), ...pairs, ...parts.flat()].slice(0, MOST)
}

/** Pairs of files of which somebody said why they are not one, in words. Half a read unit for a dozen pairs that were decided. */
async function pairsSaidOf(ctx: Ctx, files: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const stretch of (['dismissed', 'merged'] as const).flatMap((state) => facet(duplicate, state))) {
    let after: Item | undefined
    do {
      const page = await ctx.table.query({ ...stretch, limit: PAGE, ...(after && { after }) })
      const rows = page.items.map((item) => item['row'] as Partial<DuplicateRecord>)
      found.push(
        ...rows.flatMap(({ id, why, customerIds = [] }) => (id && why && customerIds.some((one) => files.includes(one)) ? [id] : [])),
      )
      after = page.last
    } while (after)
  }
  return found
}
const PAGE = 1_000

async function partsOf(ctx: Ctx, id: string): Promise<string[]> {
  const { items } = await ctx.table.query({ pk: placeOf(customer, id).pk, begins: 'employer#', limit: MOST })
  return items.map((item) => contactId(String(item['companyId']), id))
}

/** The other side of a contact: what lies with the company of a person's part, with the person of a company's. */
export function otherSideOf(item: Item): string | undefined {
  const { noun, id, companyId, personId } = item
  if (noun === employer.noun) return contactId(String(companyId), customerIdIn(String(id)))
  return noun === contact.noun ? employerId(customerIdIn(String(id)), String(personId)) : undefined
}

/** Takes the person out of one of them. A referral stays, for the referrer's sums; a part in a company goes. */
export async function forget(ctx: Ctx, id: string): Promise<boolean> {
  if (referral.is(id)) return untilFresh(() => forgetReferral(ctx, id))
  if (duplicate.is(id)) return untilFresh(() => forgetWhy(ctx, id))
  const kind = contact.is(id) ? contact : employer.is(id) ? employer : undefined
  const item = kind && (await ctx.table.get(placeOf(kind, id)))
  if (!item) return false
  if (contact.is(id)) await forgetPrimary(ctx, customerIdIn(id), id)
  return empty(ctx, item)
}

async function forgetReferral(ctx: Ctx, id: string): Promise<boolean> {
  const item = await ctx.table.get(placeOf(referral, id))
  // The referrer may have been erased meanwhile, and the referral emptied with them.
  if (!item || item['erasedAt'] !== undefined) return false
  const record = recordIn<'referral', ReferralRecord>(item)
  if (record.identities.length === 0 && record.note === undefined && record.reason === undefined) return false
  await commit(ctx, [alter(ctx, referral, record, { identities: [], note: null, reason: null }, recordErased).change])
  return true
}

async function forgetWhy(ctx: Ctx, id: string): Promise<boolean> {
  const item = await ctx.table.get(placeOf(duplicate, id))
  if (item?.['why'] === undefined) return false
  await commit(ctx, [alter(ctx, duplicate, recordIn<'duplicate', DuplicateRecord>(item), { why: null }, recordErased).change])
  return true
}
