import { canary, learnt, note, type Customer, type Desk } from './desk.ts'
import type { Errand } from './errand.ts'
import type { Body } from './ledger.ts'
import { meet } from './sales.ts'

/** What the company's own systems do: the shop that sells, the machine that brings files over. */

const DAY = 86_400_000

/** A purchase: mostly just now, sometimes told of late. Each order has one number, so that the same may be told twice. */
function sale(
  desk: Desk,
  of: Customer,
  order: string,
  daysAgo = desk.by.weighed([
    [6, 0],
    [2, desk.by.between(1, 30)],
    [1, desk.by.between(31, 400)],
  ]),
): Body {
  const at = new Date(desk.now - daysAgo * DAY - desk.by.between(0, 60_000)).toISOString()
  const amount = desk.by.weighed([
    [6, desk.by.between(1_000, 20_000)],
    [2, desk.by.between(20_000, 200_000)],
    [1, 0],
  ])
  return {
    orderId: { system: 'shop', id: order },
    at,
    amount: { amount, currency: 'USD' },
    ...(desk.by.chance(0.2) && { notes: `for ${canary(of.customer)}` }),
  }
}

/** How the shop names a customer. */
function named(desk: Desk, of: Customer): Body {
  const [email] = (of.body['emails'] ?? []) as { address: string }[]
  return email && desk.by.chance(0.3) ? { email: email.address } : { customerId: of.id }
}

async function sell(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const { by } = desk
  // The order number is said again by whoever sends the request again, so it needs no key.
  const body = sale(desk, of, `o${desk.step}`)
  const direct = by.chance(0.5)
  const reply = direct
    ? await desk.ask('shop', 'POST /customers/{id}/purchases', { id: of.id }, { body, ...desk.key(0.4), again: true })
    : await desk.ask('shop', 'POST /purchases', {}, { body: { ...body, ...named(desk, of) }, ...desk.key(0.4), again: true })
  note(of.purchases, learnt(reply, of.customer))
}

async function takeBack(desk: Desk): Promise<void> {
  const of = desk.customer((one) => !one.deleted && one.purchases.size > 0)
  const known = of && desk.by.pick([...of.purchases.values()])
  if (!of || !known) return
  const paid = (known.body['amount'] as { amount: number } | undefined)?.amount ?? 0
  const part = desk.by.chance(0.5) ? {} : { amount: { amount: Math.max(1, Math.floor(paid * desk.by.next())), currency: 'USD' } }
  const body = { returnId: desk.by.chance(0.1) ? 'again' : `ret${desk.step}`, reason: `by ${canary(of.customer)}`, ...part }
  note(
    of.purchases,
    learnt(await desk.ask('shop', 'POST /purchases/{id}/returns', { id: known.id }, { body, ...desk.key(), again: true }), of.customer),
  )
}

async function correct(desk: Desk): Promise<void> {
  const of = desk.customer((one) => !one.deleted && one.purchases.size > 0)
  const known = of && desk.by.pick([...of.purchases.values()])
  if (!of || !known) return
  const id = { id: known.id }
  if (known.deleted) return note(of.purchases, learnt(await desk.ask('admin', 'POST /purchases/{id}/restore', id, desk.key()), of.customer))
  if (desk.by.chance(0.4))
    return note(
      of.purchases,
      learnt(await desk.ask('shop', 'PATCH /purchases/{id}', id, { body: { channel: 'web' }, ifMatch: known.version }), of.customer),
    )
  const reply = await desk.ask('admin', 'DELETE /purchases/{id}', id, { ifMatch: known.version })
  if (reply?.status === 204) note(of.purchases, { ...known, version: known.version + 1, deleted: true })
}

/** A machine that brings over what another system sold: some of it twice, some of it wrong, some of it of nobody. */
async function bring(desk: Desk): Promise<void> {
  const { by, office } = desk
  if (office.customers.length === 0) return
  const some = Array.from({ length: by.between(1, 4) }, () => by.pick(office.customers))
  const rows = Array.from({ length: by.between(2, 15) }, (_, row): Body => {
    const of = by.pick(some)
    const order = by.chance(0.1) ? `o${desk.step}.0` : `o${desk.step}.${row}`
    const bad = by.chance(0.05)
    return {
      ...sale(desk, of, order, by.between(0, 200)),
      ...(bad ? { email: 'nobody@example.com' } : named(desk, of)),
      ...(by.chance(0.03) && { at: 'yesterday' }),
    }
  })
  const body = { purchases: rows }
  await desk.ask('shop', 'POST /purchases/batch', {}, { body, ...desk.key(0.5), again: true })
  if (by.chance(0.3)) await desk.ask('shop', 'POST /purchases/batch', {}, { body, again: true })
}

async function keepInStep(desk: Desk): Promise<void> {
  const number = ++desk.office.made
  const externalId = `S${desk.by.between(1, 15)}`
  const known = desk.office.customers.find((one) =>
    ((one.body['externalIds'] ?? []) as { id: string }[]).some(({ id }) => id === externalId),
  )
  const mark = canary(known?.customer ?? number)
  const body = { name: `Shop customer ${mark}`, emails: [{ address: `${mark}@example.com` }] }
  const reply = await desk.ask('shop', 'PUT /customers/by/{system}/{externalId}', { system: 'shop', externalId }, { body, again: true })
  meet(desk, learnt(reply, known?.customer ?? number))
}

/** Buys again and again, now: for tiers to be reached and rhythms to be learnt. */
async function regular(desk: Desk): Promise<void> {
  const of = desk.customer((one) => !one.deleted && one.customer % 3 === 0)
  if (!of) return
  for (let nth = 0; nth < 3; nth++) {
    note(
      of.purchases,
      learnt(
        await desk.ask(
          'shop',
          'POST /customers/{id}/purchases',
          { id: of.id },
          { body: sale(desk, of, `o${desk.step}.${nth}`, (2 - nth) * 10), again: true },
        ),
        of.customer,
      ),
    )
  }
}

/** A friend is sent, or points are given and taken by hand, where there is a programme; where there is none, that is said. */
async function reward(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const { by } = desk
  const who = by.pick(['admin', 'Mona'])
  if (by.chance(0.5)) {
    const body = { email: `${canary(desk.office.made + by.between(1, 3))}@example.com`, note: `a friend of ${canary(of.customer)}` }
    await desk.ask(who, 'POST /customers/{id}/referrals', { id: of.id }, { body, ...desk.key() })
  } else
    await desk.ask(
      who,
      'POST /customers/{id}/points/adjust',
      { id: of.id },
      { body: { points: by.pick([-300, 50, 200]), reason: 'Goodwill' }, ...desk.key() },
    )
  await desk.ask(who, 'GET /customers/{id}/points', { id: of.id })
}

export const shop: readonly (readonly [number, Errand])[] = [
  [18, sell],
  [6, takeBack],
  [5, correct],
  [4, bring],
  [4, keepInStep],
  [5, regular],
  [2, reward],
]
