import { referralsOf, referral, type ReferralRecord } from '../../care/referral/index.ts'
import { contact, contactId, employer, employerId, forgetPrimary } from '../../customer/contact/index.ts'
import { customer, identitiesOf, type CustomerRecord } from '../../customer/customer/index.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { empty } from './empty.ts'
import { recordErased } from './privacy.store.ts'

/** Records in other customers' partitions that name a person: their part in companies, and the referrals that brought them. */

/** Companies that name a person, at most: those of the archives that hold what they have of them. */
const MOST = 400

/**
 * The ids of those records: referrals, and parts in companies. Some are found by the person's addresses, so it must be asked before
 * these are gone. Who works at an erased company is found as its records are emptied, however many they are.
 */
export async function namedIn(ctx: Ctx, file: CustomerRecord): Promise<string[]> {
  const files = [file.id, ...(file.absorbed ?? [])]
  const reached = identitiesOf(file).filter((value) => value.startsWith('email:') || value.startsWith('phone:'))
  const [referrals, ...parts] = await Promise.all([referralsOf(ctx, [...files, ...reached]), ...files.map((id) => partsOf(ctx, id))])
  return [...referrals.map(({ id }) => id), ...parts.flat().slice(0, MOST)]
}

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
  const kind = contact.is(id) ? contact : employer.is(id) ? employer : undefined
  const item = kind && (await ctx.table.get(placeOf(kind, id)))
  if (!item) return false
  if (contact.is(id)) await forgetPrimary(ctx, customerIdIn(id), id)
  return empty(ctx, item)
}

async function forgetReferral(ctx: Ctx, id: string): Promise<boolean> {
  const item = await ctx.table.get(placeOf(referral, id))
  if (!item) return false
  const record = recordIn<'referral', ReferralRecord>(item)
  if (record.identities.length === 0 && record.note === undefined && record.reason === undefined) return false
  await commit(ctx, [alter(ctx, referral, record, { identities: [], note: null, reason: null }, recordErased).change])
  return true
}
