import { canary, learnt, note, type Customer, type Desk, type Known } from './desk.ts'
import type { Body, Reply } from './ledger.ts'
import type { Errand } from './errand.ts'

/** What account managers do. */

const DAY = 86_400_000
const NAMES = ['Ada', 'Åsa', 'Bo', 'Zoë', '李雷', 'Mary Jane', 'O’Neil', 'zz']

/** Somebody who sells: mostly someone the customer belongs to. */
export function seller(desk: Desk, of?: Customer): string {
  const owner = of?.body['ownerId']
  const theirs = [...desk.office.people.values()].find(({ id }) => id === owner)
  return theirs && desk.by.chance(0.7) ? theirs.name : desk.by.pick(['Nina', 'Noel', 'Sara', 'Mona', 'admin'])
}

/** A customer's own address, by which somebody may have referred them, and at times one that others have too. */
function addresses({ by }: Desk, number: number, shared: number): { address: string }[] {
  const own = { address: `${canary(number)}@example.com` }
  return by.chance(shared) ? [own, { address: `shared${by.between(1, 4)}@example.com` }] : [own]
}

function file(desk: Desk, number: number): Body {
  const { by } = desk
  const name = `${by.pick(NAMES)} ${canary(number)}`
  return {
    kind: by.chance(0.25) ? 'company' : 'person',
    name,
    // A few addresses are wanted by many, so that they meet.
    emails: addresses(desk, number, 0.15),
    ...(by.chance(0.3) && { phones: [{ number: `+44207946${String(by.between(0, 20)).padStart(4, '0')}` }] }),
    ...(by.chance(0.3) && { externalIds: [{ system: 'erp', id: `E${by.between(1, 30)}` }] }),
    ...(by.chance(0.3) && { notes: `met ${canary(number)} at the fair`, tags: ['fair'] }),
  }
}

async function open(desk: Desk): Promise<void> {
  const number = ++desk.office.made
  const reply = await desk.ask(seller(desk), 'POST /customers', {}, { body: file(desk, number), ...desk.key() })
  meet(desk, learnt(reply, number))
}

/** Takes a customer down that was not known before. */
export function meet(desk: Desk, known: Known | undefined): void {
  if (!known) return
  const there = desk.office.customers.find(({ id }) => id === known.id)
  if (there) Object.assign(there, known.version >= there.version ? known : {})
  else desk.office.customers.push({ ...known, purchases: new Map(), records: new Map() })
}

function learn(of: Customer, reply: Reply | undefined): void {
  const known = learnt(reply, of.customer)
  if (known && known.id === of.id && known.version >= of.version) Object.assign(of, known)
}

async function change(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const { by } = desk
  const bodies: Body[] = [
    { notes: `canary${of.customer}x called at ${desk.now}` },
    { name: `${by.pick(NAMES)} ${canary(of.customer)}` },
    { emails: addresses(desk, of.customer, 0.4) },
    { phones: [] },
    { tags: ['vip'], notes: null },
  ]
  const version = by.chance(0.1) ? of.version + by.between(-1, 1) : of.version
  learn(
    of,
    await desk.ask(seller(desk, of), 'PATCH /customers/{id}', { id: of.id }, { body: by.pick(bodies), ifMatch: Math.max(1, version) }),
  )
}

async function look(desk: Desk): Promise<void> {
  const of = desk.customer(() => true)
  if (!of) return
  const routes = [
    'GET /customers/{id}',
    'GET /customers/{id}/overview',
    'GET /customers/{id}/timeline',
    'GET /customers/{id}/rhythm',
    'GET /customers/{id}/tier',
    'GET /customers/{id}/tasks',
    'GET /customers/{id}/warnings',
    'GET /customers/{id}/contacts',
    'GET /customers/{id}/purchases',
    'GET /customers/{id}/interactions',
  ]
  const route = desk.by.weighed<string>([
    [3, 'GET /customers/{id}'],
    [4, desk.by.pick(routes)],
  ])
  const reply = await desk.ask(seller(desk, of), route, { id: of.id })
  if (route === 'GET /customers/{id}') learn(of, reply)
}

async function browse(desk: Desk): Promise<void> {
  const { by } = desk
  const who = seller(desk)
  const route = by.pick([
    'GET /customers',
    'GET /tasks',
    'GET /warnings',
    'GET /deals',
    'GET /tickets',
    'GET /me/day',
    'GET /tiers/{name}/customers',
  ])
  const path = route.includes('{name}') ? { name: by.pick(['crystal', 'jade', 'gold']) } : {}
  const query: Record<string, string | number> = route === 'GET /me/day' ? {} : { limit: by.between(1, 10) }
  for (let pages = 0; pages < 5; pages++) {
    const reply = await desk.ask(who, route, path, { query })
    const cursor = reply?.body['nextCursor']
    if (typeof cursor !== 'string') return
    if (by.chance(0.2)) await desk.ask(who, ...elsewhere(desk, route), { query: { cursor, limit: 5 }, foreign: true })
    query['cursor'] = cursor
  }
}

/** Another list than the one of a route. */
function elsewhere(desk: Desk, route: string): [string, Record<string, string>] {
  const others = ['GET /customers', 'GET /warnings', 'GET /deals', 'GET /tickets'].filter((one) => one !== route)
  return [desk.by.pick(others), {}]
}

async function assign(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const to = desk.by.pick(['Nina', 'Noel', 'Sara', 'Mona', undefined])
  const body = { ownerId: to === undefined ? null : desk.office.person(to).id }
  learn(of, await desk.ask(desk.by.pick(['admin', 'Mona']), 'POST /customers/{id}/assign', { id: of.id }, { body, ...desk.key() }))
}

async function become(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const body = { lifecycle: desk.by.pick(['prospect', 'customer', 'dormant', 'lost']), reason: 'They said so' }
  learn(of, await desk.ask(seller(desk, of), 'POST /customers/{id}/lifecycle', { id: of.id }, { body, ...desk.key() }))
}

async function remove(desk: Desk): Promise<void> {
  const of = desk.customer(() => true)
  if (!of) return
  if (of.deleted) learn(of, await desk.ask('admin', 'POST /customers/{id}/restore', { id: of.id }, desk.key()))
  else await desk.ask('admin', 'DELETE /customers/{id}', { id: of.id }, { ifMatch: of.version })
  learn(of, await desk.ask('admin', 'GET /customers/{id}', { id: of.id }))
}

async function touch(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const { by } = desk
  const known = desk.record(of, 'int', () => true)
  const step = known ? by.between(0, 4) : 0
  const who = by.chance(0.3) ? 'Vera' : seller(desk, of)
  if (!known || step <= 1) {
    const occurredAt = new Date(desk.now - by.pick([0, 0, DAY, 30 * DAY])).toISOString()
    const body = {
      kind: by.pick(['call', 'email', 'visit', 'note']),
      subject: `about ${canary(of.customer)}`,
      outcome: by.pick(['no_answer', 'interested']),
      ...(by.chance(0.5) && { occurredAt }),
    }
    const key = desk.key()
    note(of.records, learnt(await desk.ask(who, 'POST /customers/{id}/interactions', { id: of.id }, { body, ...key }), of.customer))
    // Who gets keys wrong uses one of them again for something else.
    if (key.key !== undefined && by.chance(0.1)) {
      const other = { ...body, subject: `about something else, ${canary(of.customer)}` }
      note(
        of.records,
        learnt(await desk.ask(who, 'POST /customers/{id}/interactions', { id: of.id }, { body: other, ...key }), of.customer),
      )
    }
    return
  }
  const id = { id: known.id }
  if (known.deleted) note(of.records, learnt(await desk.ask('admin', 'POST /interactions/{id}/restore', id, desk.key()), of.customer))
  else if (step === 2)
    note(
      of.records,
      learnt(
        await desk.ask(who, 'PATCH /interactions/{id}', id, {
          body: { outcome: by.pick(['no_answer', 'sold', null]) },
          ifMatch: known.version,
        }),
        of.customer,
      ),
    )
  else {
    const reply = await desk.ask('admin', 'DELETE /interactions/{id}', id, { ifMatch: known.version })
    if (reply?.status === 204) note(of.records, { ...known, version: known.version + 1, deleted: true })
  }
}

async function contacts(desk: Desk): Promise<void> {
  const company = desk.customer((one) => !one.deleted && one.body['kind'] === 'company')
  const person = desk.customer((one) => one.body['kind'] === 'person')
  if (!company || !person) return
  const known = desk.record(company, 'con')
  const role = desk.by.pick(['buyer', 'user', 'influencer'])
  const who = seller(desk, company)
  if (!known || desk.by.chance(0.5)) {
    const body = { personId: person.id, role, primary: desk.by.chance(0.5), title: `of ${canary(company.customer)}` }
    return note(
      company.records,
      learnt(await desk.ask(who, 'POST /customers/{id}/contacts', { id: company.id }, { body, ...desk.key() }), company.customer),
    )
  }
  if (desk.by.chance(0.5))
    note(
      company.records,
      learnt(
        await desk.ask(
          who,
          'PATCH /contacts/{id}',
          { id: known.id },
          { body: { role, primary: desk.by.chance(0.5) }, ifMatch: known.version },
        ),
        company.customer,
      ),
    )
  else {
    await desk.ask('admin', 'DELETE /contacts/{id}', { id: known.id }, { ifMatch: known.version })
    company.records.delete(known.id)
  }
}

export const sales: readonly (readonly [number, Errand])[] = [
  [14, open],
  [10, change],
  [10, look],
  [5, browse],
  [5, assign],
  [3, become],
  [4, remove],
  [8, touch],
  [5, contacts],
]
