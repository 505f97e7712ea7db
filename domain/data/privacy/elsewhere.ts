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

const PAGE = 200
/** More parts in companies, or contacts of a company, than this are found again in the next round. */
const MOST = 400

/** The ids of those records. Some are found by the person's addresses, so it must be asked before these are gone. */
export async function namedIn(ctx: Ctx, file: CustomerRecord): Promise<string[]> {
  const who = [file.id, ...identitiesOf(file).filter((value) => value.startsWith('email:') || value.startsWith('phone:'))]
  const referrals = await referralsOf(ctx, who)
  const { pk } = placeOf(customer, file.id)
  const [parts, contacts] = await Promise.all([all(ctx, pk, 'employer#'), all(ctx, pk, 'contact#')])
  return [
    ...referrals.map(({ id }) => id),
    ...parts.map((item) => contactId(String(item['companyId']), file.id)),
    ...contacts.map((item) => employerId(file.id, String(item['personId']))),
  ]
}

async function all(ctx: Ctx, pk: string, begins: string): Promise<Item[]> {
  const found: Item[] = []
  let after: Item | undefined
  do {
    const page = await ctx.table.query({ pk, begins, limit: PAGE, ...(after && { after }) })
    found.push(...page.items)
    after = page.last
  } while (after && found.length < MOST)
  return found
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
