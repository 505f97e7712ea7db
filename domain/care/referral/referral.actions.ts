import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { history } from '../../customer/purchase/index.ts'
import { mustStand } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { collection, daysInput, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { daysLater } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'
import { find, idOf, mayTouch, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { readProgramme } from '../points/index.ts'
import { referralCancelled, referralExpired, referralMade } from './referral.events.ts'
import { sayWordOfMouth, settlesAt, unnamed, type Referral } from './referral.ts'
import { identitiesOf, noCycle, personOf, referral, wordIn, wordPlace } from './referral.store.ts'

const view = () => viewOf(referral)
const byId = () => ({ id: idOf(referral) })

const referInput = () =>
  z.strictObject({
    id: idOf(customer),
    customerId: idOf(customer).optional().describe('the file of the one referred, if there is one'),
    email: z.string().max(254).trim().toLowerCase().pipe(z.email('an email address')).optional(),
    phone: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'in E.164 form, such as +442079460000')
      .optional(),
    note: f.prose(1_000).optional(),
  })
type Named = Pick<z.output<ReturnType<typeof referInput>>, 'customerId' | 'email' | 'phone'>

/** Notes that a customer referred somebody who has not bought yet: by an address of theirs, or their file. */
export const refer = action(
  'referral.make',
  () => ({ input: referInput(), output: view() }),
  async (ctx, { id, note, ...named }) => {
    const identities = [...(named.email ? [`email:${named.email}`] : []), ...(named.phone ? [`phone:${named.phone}`] : [])]
    if ((named.customerId === undefined) === (identities.length === 0)) {
      throw invalid('referral.name_one', 'customerId', 'Name who is referred by customerId, or by email or phone.')
    }
    const [referrer, referredId, { referral: rule }] = await Promise.all([
      find(ctx, customer, id),
      fileOf(ctx, named, identities),
      readProgramme(ctx),
    ])
    if (referredId === id || identitiesOf(referrer).some((one) => identities.includes(one))) {
      throw fault('conflict', 'referral.self', 'Nobody refers themselves.')
    }
    if (referredId !== undefined) await mustBeNew(ctx, referredId, named)
    const unlinked = referredId === undefined ? [] : await noCycle(ctx, id, (await personOf(ctx, referredId)).ids)
    const fields: Referral = {
      identities,
      state: 'open',
      at: ctx.now,
      expiresAt: daysLater(ctx.now, rule.windowDays),
      byId: ctx.actor.id,
      purchases: 0,
      net: 0,
      ...(referredId !== undefined && { referredId }),
      ...(note !== undefined && { note }),
    }
    const { record, change } = create(ctx, referral, fields, referralMade, { customer: id })
    return commit(ctx, [change], record, unlinked)
  },
)

/** The file of the one referred, if there is one. @throws Fault `invalid` when email and phone are two people's */
async function fileOf(ctx: Ctx, { customerId }: Named, identities: readonly string[]): Promise<string | undefined> {
  if (customerId !== undefined) return customerId
  const items = await ctx.table.getAll(identities.map(sentinelKey))
  const ids = new Set(items.flatMap((item) => (typeof item?.['id'] === 'string' ? [item['id']] : [])))
  if (ids.size > 1) throw invalid('referral.two_people', 'phone', 'Email and phone belong to two customers.')
  return [...ids][0]
}

/** @throws Fault when there is no such file, or its customer has bought before */
async function mustBeNew(ctx: Ctx, referredId: string, { customerId }: Named): Promise<void> {
  const [file, past] = await ctx.table.getAll([placeOf(customer, referredId), placeOf(history, history.id('', referredId))])
  if (customerId !== undefined) mustStand(file)
  if (customerId !== undefined && (!file || file['deletedAt'] || !mayTouch(ctx, customer, file))) throw missing('customer', referredId)
  if (past && !past['deletedAt']) throw fault('conflict', 'referral.already_buyer', 'They have bought before.')
}

export const show = action(
  'referral.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, referral, id),
)

/** Whom a customer referred, newest first. */
export const listOfCustomer = action(
  'referral.list',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput(), ...daysInput() }), output: pageOf(partialView(referral)) }),
  async (ctx, { id, ...input }) => {
    const { timeZone } = await workspaceOf(ctx)
    const stretch = collection(referral, id, input, timeZone)
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, referral, stretch, input)])
    return page
  },
)

const valueView = () =>
  z.object({
    customerId: z.string(),
    referred: z.int(),
    purchases: z.int(),
    net: z.object({ amount: z.int(), currency: z.string() }),
    words: z.string(),
    formula: z.string(),
    records: z.array(z.string()),
  })

/** What a customer's word of mouth is worth: what those they referred bought. One read more for who absorbed somebody. */
export const value = action(
  'referral.value',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: valueView() }),
  async (ctx, { id }) => {
    const [{ absorbed = [] }, own, { currency }] = await Promise.all([
      find(ctx, customer, id),
      ctx.table.get(wordPlace(id)),
      workspaceOf(ctx),
    ])
    const others = absorbed.length > 0 ? await ctx.table.getAll(absorbed.map(wordPlace)) : []
    const words = [own, ...others].flatMap((item) => wordIn(item) ?? [])
    const sum = (of: 'referred' | 'purchases' | 'net') => words.reduce((all, one) => all + one[of], 0)
    const [referred, purchases, net] = [sum('referred'), sum('purchases'), sum('net')]
    return {
      customerId: id,
      referred,
      purchases,
      net: { amount: net, currency },
      words: sayWordOfMouth({ referred, purchases, net }, currency),
      formula:
        'sum over claimed referrals of the referred customer’s purchases less returns, from the first purchase to the end of its period; one level',
      records: [`GET /customers/${id}/referrals, those claimed`],
    }
  },
)

export const cancel = action(
  'referral.cancel',
  () => ({ input: z.strictObject({ ...byId(), reason: f.line(300).describe('without a name: it stays') }), output: view() }),
  async (ctx, { id, reason }) => {
    const before = await find(ctx, referral, id)
    if (before.state !== 'open') throw fault('conflict', 'referral.closed', `This referral is ${before.state}.`)
    const { record, change } = alter(
      ctx,
      referral,
      before,
      { ...unnamed, state: 'cancelled', reason, closedAt: ctx.now },
      referralCancelled,
    )
    return commit(ctx, [change], record)
  },
)

/** Ends a referral whose window is past; the one referred may then be referred by another. */
export const expire = action(
  'referral.expire',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    if (!referral.is(id)) return {}
    const item = await ctx.table.get(placeOf(referral, id))
    const before = item && recordIn<'referral', Referral>(item)
    const at = before && settlesAt(before)
    // The index of what is due may still name a referral that has been emptied with its referrer.
    if (!before || at === undefined || at > ctx.now || before.erasedAt !== undefined) return {}
    await commit(ctx, [alter(ctx, referral, before, { ...unnamed, state: 'expired', closedAt: ctx.now }, referralExpired).change])
    return {}
  },
)
