import { startCrm, type Asking, type Crm } from '../support/crm.ts'
import { metered, type Cost, type Meter } from './meter.ts'

/** What an operation costs the table, beside what a handler written by hand for it alone would need. */
export interface Operation extends Cost {
  name: string
  floor: Cost
  /** Why the floor is what it is. */
  why: string
}

interface Case {
  name: string
  floor: Cost
  why: string
  run: (crm: Crm) => Promise<unknown>
}

const cost = (calls: number, rounds: number, readUnits: number, writeUnits: number): Cost => ({ calls, rounds, readUnits, writeUnits })

async function must(crm: Crm, method: string, path: string, asking: Asking = {}): Promise<Record<string, any>> {
  const reply = await crm.call(method, path, asking)
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body
}

const customer = (n: number) => ({
  name: `Bench ${n}`,
  emails: [{ address: `bench${n}@example.com` }],
  phones: [{ number: `+4420794${String(n).padStart(5, '0')}` }],
})
const order = (n: number) => ({
  orderId: { id: `bench-${n}` },
  at: new Date(Date.UTC(2026, 9, 1 + n)).toISOString(),
  amount: { amount: 4_900, currency: 'USD' },
})

/** A customer with a usual amount of everything, for the operations that read or change it. */
async function setTable(crm: Crm) {
  const id = String((await must(crm, 'POST', '/customers', { body: customer(0) }))['id'])
  for (let n = 0; n < 5; n++) await must(crm, 'POST', `/customers/${id}/purchases`, { body: order(n) })
  for (let n = 0; n < 30; n++)
    await must(crm, 'POST', `/customers/${id}/interactions`, { body: { kind: 'note', direction: 'out', subject: `Note ${n}` } })
  for (let n = 1; n <= 60; n++) await must(crm, 'POST', '/customers', { body: { name: `Listed ${String(n).padStart(3, '0')}` } })
  await must(crm, 'GET', '/customers?limit=1')
  const quiet = String((await must(crm, 'POST', '/customers', { body: { name: 'Quiet' } }))['id'])
  const deal = String(
    (await must(crm, 'POST', `/customers/${id}/deals`, { body: { name: 'Licence', value: { amount: 100_000, currency: 'USD' } } }))['id'],
  )
  const ticket = String(
    (
      await must(crm, 'POST', `/customers/${id}/tickets`, {
        body: { subject: 'Does not start', body: 'It beeps twice.', channel: 'email' },
      })
    )['id'],
  )
  const task = String(
    (await must(crm, 'POST', `/customers/${id}/tasks`, { body: { title: 'Call back', dueAt: '2026-11-23T09:00:00Z' } }))['id'],
  )
  return { id, quiet, deal, ticket, task }
}

function cases({ id, quiet, deal, ticket, task }: Awaited<ReturnType<typeof setTable>>): Case[] {
  const write = (method: string, path: string, asking: Asking) => (crm: Crm) => must(crm, method, path, asking)
  return [
    {
      name: 'customer.create, two identities and a key',
      run: write('POST', '/customers', { body: customer(1), key: 'bench-1' }),
      floor: cost(1, 1, 0, 9),
      why: 'record, two sentinels and the key in one transaction (8), and the list index (1)',
    },
    {
      name: 'customer.create, nothing unique',
      run: write('POST', '/customers', { body: { name: 'Plain' } }),
      floor: cost(1, 1, 0, 2),
      why: 'a put and the list index',
    },
    { name: 'customer.show', run: write('GET', `/customers/${quiet}`, {}), floor: cost(1, 1, 1, 0), why: 'one strong read' },
    {
      name: 'customer.change, a plain field',
      run: write('PATCH', `/customers/${quiet}`, { body: { notes: 'Prefers mornings' }, ifMatch: 1 }),
      floor: cost(1, 1, 0, 1),
      why: 'one conditional update, in no index',
    },
    {
      name: 'customer.change, the name',
      run: write('PATCH', `/customers/${quiet}`, { body: { name: 'Renamed' }, ifMatch: 2 }),
      floor: cost(2, 2, 1, 3),
      why: 'the owner read, since names sort their list too; an update, the list entry deleted and put',
    },
    {
      name: 'customer.list, a page of 25',
      run: write('GET', '/customers?limit=25', {}),
      floor: cost(1, 1, 1, 0),
      why: 'one index query of 25 rows',
    },
    {
      name: 'customer.overview',
      run: write('GET', `/customers/${id}/overview`, {}),
      floor: cost(6, 1, 4, 0),
      why: 'the file with its singles strongly, five kinds eventually',
    },
    {
      name: 'purchase.record',
      run: write('POST', `/customers/${id}/purchases`, { body: order(10) }),
      floor: cost(2, 2, 2, 6),
      why: 'file and history read; purchase, order number and history in one transaction',
    },
    {
      name: 'purchase.record, told again',
      run: write('POST', `/customers/${id}/purchases`, { body: order(10) }),
      floor: cost(1, 1, 3, 0),
      why: 'the order is found',
    },
    {
      name: 'interaction.record',
      run: write('POST', `/customers/${id}/interactions`, { body: { kind: 'call', direction: 'out', outcome: 'reached' } }),
      floor: cost(2, 2, 1, 1),
      why: 'the customer read, one put',
    },
    {
      name: 'timeline, a page of 25',
      run: write('GET', `/customers/${id}/timeline?limit=25`, {}),
      floor: cost(6, 1, 8, 0),
      why: 'the file and five kinds',
    },
    {
      name: 'deal.open',
      run: write('POST', `/customers/${id}/deals`, { body: { name: 'Upgrade', value: { amount: 5_000, currency: 'USD' } } }),
      floor: cost(2, 2, 1, 4),
      why: 'the customer read; a put in three indexes',
    },
    {
      name: 'deal.win',
      run: write('POST', `/deals/${deal}/win`, { body: { reason: 'Best offer' } }),
      floor: cost(2, 2, 1, 6),
      why: 'read, put; list and owner keys move, the due key goes',
    },
    {
      name: 'ticket.open',
      run: write('POST', `/customers/${id}/tickets`, { body: { subject: 'Lost', body: 'Where is it?', channel: 'email' } }),
      floor: cost(2, 2, 1, 5),
      why: 'the customer read; ticket and first message in one transaction, list index',
    },
    {
      name: 'ticket.reply',
      run: write('POST', `/tickets/${ticket}/messages`, { body: { body: 'On its way.' } }),
      floor: cost(2, 2, 1, 6),
      why: 'ticket read; ticket and message in one transaction, list key moves',
    },
    {
      name: 'task.done',
      run: write('POST', `/tasks/${task}/done`, { body: { outcome: 'reached' } }),
      floor: cost(2, 2, 1, 7),
      why: 'read, put; list and owner keys move, the due key goes',
    },
    { name: 'day.show', run: write('GET', '/me/day', {}), floor: cost(4, 1, 2, 0), why: 'four ranges of the owner index' },
  ]
}

/** Measures each operation on a warm instance, after what an instance reads once in half a minute has been read. */
export async function measureOperations(): Promise<Operation[]> {
  let meter: Meter | undefined
  const crm = await startCrm({ through: (table, spent) => (meter = metered(table, spent)).table })
  const all = cases(await setTable(crm))
  const results: Operation[] = []
  for (const { name, floor, why, run } of all) {
    meter?.take()
    await run(crm)
    results.push({ name, ...(meter?.take() ?? cost(0, 0, 0, 0)), floor, why })
  }
  return results
}
