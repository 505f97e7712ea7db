import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { banner } from '../../infra/local/banner.ts'
import { caller, type Caller } from '../../infra/local/demo/caller.ts'
import { startLocal, type Local } from '../../infra/local/local.ts'
import { synthesize } from '../../infra/local/synthesis.ts'

const root = resolve(import.meta.dirname, '../..')
const MS_PER_DAY = 86_400_000

interface Page<T> {
  items: T[]
}
interface Warning {
  id: string
  customerId: string
  state: string
  explanation: string
  outcome?: string
}
interface Task {
  id: string
  state: string
  cause: string
  sourceId?: string
}

let local: Local
let admin: Caller
let shop: Caller
let manager: Caller
let managerId: string
const data = mkdtempSync(join(tmpdir(), 'crm-flow-'))

beforeAll(async () => {
  const { assembly } = synthesize(root)
  local = await startLocal({ port: 0, dataDir: data, assembly })
  admin = caller(local.url, () => local.token('admin'))
  shop = caller(local.url, () => local.token('integration'))
  managerId = (await admin.call<{ id: string }>('POST', '/users', { name: 'Grace Hopper', email: 'grace@example.com', roles: ['sales'] }))
    .id
  await local.idle()
  manager = caller(local.url, () => local.token(managerId))
}, 120_000)

afterAll(async () => {
  await local?.stop()
  rmSync(data, { recursive: true, force: true })
})

const daysAgo = (days: number): string => new Date(Date.now() - days * MS_PER_DAY).toISOString()

/** A weekly buyer, silent since some days. */
async function silentCustomer(name: string, silentDays: number): Promise<string> {
  const { id } = await shop.call<{ id: string }>('POST', '/customers', {
    name,
    ownerId: managerId,
    externalIds: [{ system: 'shop', id: name }],
  })
  const purchases = Array.from({ length: 10 }, (_, week) => ({
    customerId: id,
    orderId: { id: `${name}-${week}` },
    at: daysAgo(silentDays + 7 * (9 - week)),
    amount: { amount: 4_900, currency: 'USD' },
  }))
  await shop.call('POST', '/purchases/batch', { purchases })
  await local.idle()
  return id
}

const run = async (job: string): Promise<void> => {
  const schedule = local.schedules().find(({ name }) => name.endsWith(`-${job}`))
  await local.runSchedule(schedule?.name ?? job)
  await local.idle()
}

const warningsOf = async (id: string): Promise<Warning[]> => (await manager.call<Page<Warning>>('GET', `/customers/${id}/warnings`)).items
const tasksOf = async (id: string): Promise<Task[]> => (await manager.call<Page<Task>>('GET', `/customers/${id}/tasks`)).items

describe('the loop, through the running product', () => {
  test('import, silence, warning, task, contact, purchase, cleared', async () => {
    const id = await silentCustomer('Weekly', 75)
    await run('warnings')
    const [warning, ...others] = await warningsOf(id)
    expect(others).toEqual([])
    expect(warning).toMatchObject({ customerId: id, state: 'open', explanation: expect.stringContaining('every 7 days, now 75') })
    const [task] = await tasksOf(id)
    expect(task).toMatchObject({ state: 'open', cause: 'warning', sourceId: warning?.id })
    const day = await manager.call<Page<{ id: string }>>('GET', '/me/day')
    // Once, as itself or, on the day its task is due, as that task.
    expect(day.items.filter((one) => one.id === warning?.id || one.id === task?.id)).toHaveLength(1)

    await manager.call('POST', `/customers/${id}/interactions`, {
      kind: 'call',
      direction: 'out',
      subject: 'How are you?',
      outcome: 'reached',
    })
    await local.idle()
    expect((await tasksOf(id)).filter(({ state, cause }) => state === 'open' && cause === 'warning')).toEqual([])

    await shop.call('POST', '/purchases', {
      customer: { system: 'shop', id: 'Weekly' },
      orderId: { id: 'back' },
      at: daysAgo(0),
      amount: { amount: 5_100, currency: 'USD' },
    })
    await local.idle()
    expect(await warningsOf(id)).toEqual([expect.objectContaining({ id: warning?.id, outcome: 'saved' })])
    await run('warnings')
    expect(await warningsOf(id)).toHaveLength(1)
  })

  test('a warning is raised once however often and however concurrently the schedule runs', async () => {
    const id = await silentCustomer('Repeated', 80)
    await Promise.all([run('warnings'), run('warnings'), run('warnings')])
    await run('warnings')
    expect(await warningsOf(id)).toHaveLength(1)
    expect(await tasksOf(id)).toHaveLength(1)
  })

  test('the API speaks as the cloud does: no token, no entry; its own page is public', async () => {
    expect((await fetch(`${local.url}/v1/customers`)).status).toBe(401)
    expect((await fetch(`${local.url}/v1/docs`)).status).toBe(200)
    const document = (await (await fetch(`${local.url}/v1/openapi.json`)).json()) as { openapi: string; paths: object }
    expect(document.openapi).toMatch(/^3\.1/)
    expect(Object.keys(document.paths).length).toBeGreaterThan(40)
  })

  test('every request it prints to begin with is answered, whatever the role', async () => {
    const printed = await banner(local)
    const requests = [...printed.matchAll(/curl -H 'authorization: (Bearer [^']+)' (?:--json '([^']+)' )?(http\S+)/g)]
    expect(requests.length).toBe(local.roles.length + 1)
    const statuses = await Promise.all(
      requests.map(async ([, authorization = '', body, url = '']) => {
        const headers = { authorization, 'content-type': 'application/json' }
        return (await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body })).status
      }),
    )
    expect(statuses).toEqual(requests.map(() => 200))
    const [, run = ''] = /curl -X POST (http\S+run)/.exec(printed) ?? []
    expect((await fetch(run, { method: 'POST' })).status).toBeLessThan(300)
  })

  test('its page asks for a machine’s token where this machine gives them out', async () => {
    const { components } = (await (await fetch(`${local.url}/v1/openapi.json`)).json()) as {
      components: { securitySchemes: { machine: { flows: { clientCredentials: { tokenUrl: string } } } } }
    }
    const { tokenUrl } = components.securitySchemes.machine.flows.clientCredentials
    const [, id = '', secret = ''] = /curl -u (\w+):(\S+) /.exec(await banner(local)) ?? []
    const asked = await fetch(tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    const { access_token: token } = (await asked.json()) as { access_token: string }
    expect((await fetch(`${local.url}/v1/customers`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
  })
})
