import type { Desk } from './desk.ts'
import type { Errand } from './errand.ts'
import type { Person } from './client.ts'

/** What administrators do, and those who have no business here. */

async function settings(desk: Desk): Promise<void> {
  const { by } = desk
  const before = await desk.ask('admin', 'GET /workspace')
  const body = by.pick([
    { warningLine: by.pick([0.2, 0.25, 0.4]) },
    { horizonDays: by.pick([60, 90]) },
    { name: `Company ${desk.step}` },
    { timeZone: by.pick(['UTC', 'Asia/Shanghai', 'America/New_York']) },
  ])
  await desk.ask('admin', 'PATCH /workspace', {}, { body, ifMatch: Number(before?.body['version'] ?? 0) })
}

async function staff(desk: Desk): Promise<void> {
  const { by, office } = desk
  const who = office.person(by.pick(['Noel', 'Sara', 'Vera', 'Theo']))
  const known = await desk.ask('admin', 'GET /users/{id}', { id: who.id })
  const step = by.pick(['disable', 'enable', 'move'])
  if (step === 'move') {
    const teamId = office.teams[who.name === 'Theo' ? by.between(0, 1) : who.name === 'Sara' ? 1 : 0]
    await desk.ask('admin', 'PATCH /users/{id}', { id: who.id }, { body: { teamId }, ifMatch: Number(known?.body['version'] ?? 1) })
  } else if (who.name === 'Theo') await desk.ask('admin', `POST /users/{id}/${step}`, { id: who.id }, desk.key())
  else await desk.ask('admin', 'POST /users/{id}/enable', { id: who.id }, desk.key())
}

async function join(desk: Desk): Promise<void> {
  const email = `staff${desk.by.between(1, 6)}@example.com`
  await desk.ask('admin', 'POST /users', {}, { body: { name: `Temp ${desk.step}`, email, roles: ['viewer'] }, ...desk.key() })
}

async function model(desk: Desk): Promise<void> {
  if (desk.by.chance(0.7)) return
  await desk.ask('admin', desk.by.chance(0.5) ? 'POST /model/recount' : 'POST /model/fit', {}, { body: {} })
}

/** Someone from outside, or with a token that is good for little, tries what they know of. */
async function attack(desk: Desk): Promise<void> {
  const { by, office } = desk
  const of = desk.customer(() => true)
  if (!of) return
  const stranger: Person = {
    name: 'a stranger',
    id: 'usr_stranger000000000000',
    claims: { token_use: 'access', client_id: 'app', username: 'usr_stranger000000000000', 'cognito:groups': '[]' },
  }
  const idToken: Person = {
    ...office.person('Nina'),
    name: 'Nina’s id token',
    claims: { ...office.person('Nina').claims, token_use: 'id' },
  }
  const who = by.pick([stranger, idToken, office.person('Sara'), office.person('Theo'), office.person('Wim')])
  const inside = [...of.records.values(), ...of.purchases.values()]
  const target = inside.length > 0 ? by.pick(inside) : undefined
  const places: Readonly<Record<string, string>> = {
    tic: 'tickets',
    dea: 'deals',
    tas: 'tasks',
    war: 'warnings',
    int: 'interactions',
    con: 'contacts',
    pur: 'purchases',
  }
  const plural = target && places[target.id.slice(0, 3)]
  const ask = by.pick([
    () => desk.ask(who, 'GET /customers/{id}', { id: of.id }),
    () => desk.ask(who, 'GET /customers/{id}/overview', { id: of.id }),
    () => desk.ask(who, 'PATCH /customers/{id}', { id: of.id }, { body: { notes: 'stolen' }, ifMatch: of.version }),
    () => desk.ask(who, 'DELETE /customers/{id}', { id: of.id }, { ifMatch: of.version }),
    () => desk.ask(who, 'POST /customers/{id}/assign', { id: of.id }, { body: { ownerId: who.id } }),
    () => desk.ask(who, 'GET /customers', {}, { query: { ownerId: office.person('Nina').id } }),
    () => desk.ask(who, 'GET /customers', {}, { query: { cursor: 'bm90LXJlYWw.AAAAAAAAAAAAAAAAAAAAAA' } }),
    () => (target && plural ? desk.ask(who, `GET /${plural}/{id}`, { id: target.id }) : desk.ask(who, 'GET /users')),
    () => desk.ask(who, 'POST /customers/{id}/tickets', { id: of.id }, { body: { subject: 'spam', body: 'spam', channel: 'web' } }),
  ])
  await ask()
}

export const admin: readonly (readonly [number, Errand])[] = [
  [2, settings],
  [3, staff],
  [2, join],
  [1, model],
]
export const attacker: readonly (readonly [number, Errand])[] = [[9, attack]]
