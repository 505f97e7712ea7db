import { canary, learnt, note, type Customer, type Desk, type Known } from './desk.ts'
import type { Errand } from './errand.ts'
import type { Asked } from './client.ts'
import { seller } from './sales.ts'

/** Work around a customer: tickets, deals, tasks, warnings. */

const DAY = 86_400_000
const later = (desk: Desk, days: number): string => new Date(desk.now + days * DAY).toISOString()

/** Does one of the steps a record can take, or opens one. */
async function work(
  desk: Desk,
  prefix: string,
  opens: (of: Customer) => Promise<void>,
  steps: (of: Customer, known: Known) => readonly (readonly [string, Asked])[],
): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const known = desk.record(of, prefix, () => true)
  if (!known || desk.by.chance(0.35)) return opens(of)
  const [route, asked] = desk.by.pick(steps(of, known))
  const who = desk.by.chance(0.3) ? 'admin' : prefix === 'tic' ? desk.by.pick(['Vera', 'Nina', 'Sara']) : seller(desk, of)
  const reply = await desk.ask(who, route, { id: known.id }, asked)
  if (reply?.status === 204) note(of.records, { ...known, version: known.version + 1, deleted: true })
  else note(of.records, learnt(reply, of.customer))
}

function tickets(desk: Desk): Promise<void> {
  const { by } = desk
  const opens = async (of: Customer) => {
    const body = {
      subject: `${canary(of.customer)} is broken`,
      body: `Help, says ${canary(of.customer)}`,
      channel: 'phone',
      priority: by.pick(['low', 'normal', 'high', 'urgent']),
    }
    note(
      of.records,
      learnt(
        await desk.ask(by.pick(['Vera', 'shop', 'Nina']), 'POST /customers/{id}/tickets', { id: of.id }, { body, ...desk.key() }),
        of.customer,
      ),
    )
  }
  return work(desk, 'tic', opens, (of, { version }) => [
    [
      'POST /tickets/{id}/messages',
      { body: { body: `About ${canary(of.customer)}`, from: by.pick(['customer', 'staff']) }, ...desk.key() },
    ],
    ['POST /tickets/{id}/messages', { body: { body: `Between us, ${canary(of.customer)}`, internal: true }, ...desk.key() }],
    [
      'POST /tickets/{id}/assign',
      { body: { assigneeId: by.chance(0.2) ? null : desk.office.person(by.pick(['Vera', 'Nina', 'Sara'])).id }, ...desk.key() },
    ],
    ['POST /tickets/{id}/pend', { body: by.chance(0.5) ? {} : { until: later(desk, by.between(1, 20)) }, ...desk.key() }],
    ['POST /tickets/{id}/resolve', { body: { resolution: `Told ${canary(of.customer)} how` }, ...desk.key() }],
    ['POST /tickets/{id}/close', { body: {}, ...desk.key() }],
    ['POST /tickets/{id}/reopen', { body: { reason: 'It happened again' }, ...desk.key() }],
    ['PATCH /tickets/{id}', { body: { priority: by.pick(['low', 'urgent']) }, ifMatch: version }],
    ['GET /tickets/{id}', {}],
    ['GET /tickets/{id}/messages', { query: { limit: by.between(1, 5) } }],
  ])
}

function deals(desk: Desk): Promise<void> {
  const { by } = desk
  const opens = async (of: Customer) => {
    const body = {
      name: `Deal with ${canary(of.customer)}`,
      ...(by.chance(0.7) && { value: { amount: by.between(1, 500_000), currency: 'USD' }, expectedClose: later(desk, 30).slice(0, 10) }),
    }
    note(
      of.records,
      learnt(await desk.ask(seller(desk, of), 'POST /customers/{id}/deals', { id: of.id }, { body, ...desk.key() }), of.customer),
    )
  }
  return work(desk, 'dea', opens, (of, { version, deleted }) => [
    [
      'PATCH /deals/{id}',
      {
        body: {
          nextStep: `Call ${canary(of.customer)}`,
          value: { amount: by.between(1, 500_000), currency: 'USD' },
          expectedClose: later(desk, 10).slice(0, 10),
        },
        ifMatch: version,
      },
    ],
    [
      'POST /deals/{id}/stage',
      { body: { stage: by.pick(['qualification', 'needs', 'proposal', 'negotiation', 'commitment']) }, ...desk.key() },
    ],
    ['POST /deals/{id}/win', { body: { reason: 'Price' }, ...desk.key() }],
    ['POST /deals/{id}/lose', { body: { reason: 'price' }, ...desk.key() }],
    ['POST /deals/{id}/reopen', { body: {}, ...desk.key() }],
    deleted ? ['POST /deals/{id}/restore', desk.key()] : ['DELETE /deals/{id}', { ifMatch: version }],
  ])
}

function tasks(desk: Desk): Promise<void> {
  const { by } = desk
  const opens = async (of: Customer) => {
    const listed = await desk.ask('admin', 'GET /customers/{id}/tasks', { id: of.id })
    for (const row of (listed?.body['items'] ?? []) as { id: string }[]) {
      note(of.records, learnt(await desk.ask('admin', 'GET /tasks/{id}', { id: row.id }), of.customer))
    }
    if (by.chance(0.5)) return
    const body = { title: `Call ${canary(of.customer)}`, dueAt: later(desk, by.between(-1, 10)), priority: by.pick(['normal', 'high']) }
    note(
      of.records,
      learnt(await desk.ask(seller(desk, of), 'POST /customers/{id}/tasks', { id: of.id }, { body, ...desk.key() }), of.customer),
    )
  }
  return work(desk, 'tas', opens, (of, { version, deleted }) => [
    ['PATCH /tasks/{id}', { body: { dueAt: later(desk, by.between(1, 20)) }, ifMatch: version }],
    [
      'POST /tasks/{id}/done',
      { body: { outcome: by.pick(['reached', 'no_answer', 'sold']), note: `Spoke with ${canary(of.customer)}` }, ...desk.key() },
    ],
    ['POST /tasks/{id}/cancel', { body: { reason: 'Not needed' }, ...desk.key() }],
    ['POST /tasks/{id}/reopen', { body: {}, ...desk.key() }],
    deleted ? ['POST /tasks/{id}/restore', desk.key()] : ['DELETE /tasks/{id}', { ifMatch: version }],
  ])
}

function warnings(desk: Desk): Promise<void> {
  const { by } = desk
  const opens = async (of: Customer) => {
    const listed = await desk.ask('admin', 'GET /customers/{id}/warnings', { id: of.id })
    for (const row of (listed?.body['items'] ?? []) as { id: string }[]) {
      note(of.records, learnt(await desk.ask('admin', 'GET /warnings/{id}', { id: row.id }), of.customer))
    }
  }
  return work(desk, 'war', opens, () => [
    ['POST /warnings/{id}/snooze', { body: { until: later(desk, by.between(1, 30)), reason: 'On holiday' }, ...desk.key() }],
    ['POST /warnings/{id}/close', { body: { outcome: by.pick(['saved', 'lost', 'false_alarm']) }, ...desk.key() }],
  ])
}

async function tiers(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of) return
  const who = desk.by.pick(['admin', 'Mona'])
  const known = await desk.ask(who, 'GET /customers/{id}/tier', { id: of.id })
  if (desk.by.chance(0.3))
    await desk.ask(who, 'DELETE /customers/{id}/tier/override', { id: of.id }, { ifMatch: Number(known?.body['version'] ?? 1) })
  else
    await desk.ask(
      who,
      'POST /customers/{id}/tier/override',
      { id: of.id },
      {
        body: {
          tier: desk.by.pick(['jade', 'gold', 'platinum']),
          reason: `For ${canary(of.customer)}`,
          until: later(desk, desk.by.between(1, 200)).slice(0, 10),
        },
        ...desk.key(),
      },
    )
}

export const service: readonly (readonly [number, Errand])[] = [
  [14, tickets],
  [7, deals],
  [7, tasks],
  [6, warnings],
  [2, tiers],
]
