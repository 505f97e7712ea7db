import type { Local } from './local.ts'
import { bar, caller, inParallel, type Caller } from './demo/caller.ts'
import { demoHistory, type DemoPurchase } from './demo/history.ts'
import { nameOf } from './demo/names.ts'
import { tell } from './demo/outcome.ts'

/** How many requests are under way at once: enough to keep two cores busy. */
const WIDTH = 8
/** A slow machine may take some minutes for what follows from ten thousand events. */
const LONGEST_MS = 900_000
/** Purchases in one call, as the API allows. */
const BATCH = 100

interface Person {
  id: string
}

/**
 * Loads a real shop's history through the public API. Run again, it finds everything there: customers and orders have ids of
 * their own.
 * @returns what waits for the automations and tells what came of it
 */
export async function loadDemo(local: Local): Promise<() => Promise<void>> {
  const admin = caller(local.url, () => local.token('admin'))
  const shop = caller(local.url, () => local.token('integration'))
  const managers = await staff(admin)
  const history = demoHistory(new Date().toISOString().slice(0, 10))
  const customers = [...Map.groupBy(history, (purchase) => purchase.customer)]
  console.log(
    `Loading ${customers.length} customers and ${history.length} purchases of a real shop (CDNOW, by Fader & Hardie), dates moved so that they end today.`,
  )
  const began = Date.now()
  const ids = await openFiles(
    shop,
    customers.map(([number]) => number),
    managers,
  )
  await recordPurchases(shop, customers, ids)
  console.log(`Loaded in ${((Date.now() - began) / 1000).toFixed(1)} s.`)
  return async () => {
    console.log('Working out rhythms, values, tiers and the search index meanwhile; what comes of it follows here.')
    await local.idle(LONGEST_MS)
    await tell(local, admin, managers)
  }
}

/** Three account managers and their team, who own the customers in turn. */
async function staff(admin: Caller): Promise<Person[]> {
  const known = await admin.call<{ items: (Person & { email: string })[] }>('GET', '/users?limit=100&fields=email')
  const team = known.items.length > 0 ? undefined : await admin.call<Person>('POST', '/teams', { name: 'Account managers' })
  const wanted = ['Grace Hopper', 'Katherine Johnson', '陳 美玲'].map((name, at) => ({ name, email: `manager${at + 1}@example.com` }))
  return Promise.all(
    wanted.map(async ({ name, email }) => {
      const there = known.items.find((person) => person.email === email)
      return there ?? admin.call<Person>('POST', '/users', { name, email, roles: ['sales'], ...(team && { teamId: team.id }) })
    }),
  )
}

async function openFiles(shop: Caller, numbers: readonly string[], managers: readonly Person[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  await inParallel(
    numbers,
    WIDTH,
    async (number) => {
      const owner = managers[Number(number) % managers.length]
      const { id } = await shop.call<{ id: string }>('POST', '/customers', {
        ...nameOf(Number(number)),
        emails: [{ address: `customer${number}@example.com`, primary: true }],
        externalIds: [{ system: 'cdnow', id: number }],
        source: 'shop',
        ...(owner && { ownerId: owner.id }),
      })
      ids.set(number, id)
    },
    bar('Customers', numbers.length),
  )
  return ids
}

async function recordPurchases(
  shop: Caller,
  customers: readonly [string, DemoPurchase[]][],
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = customers.flatMap(([number, purchases]) => purchases.map((purchase) => rowOf(purchase, ids.get(number) ?? '')))
  const batches = Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, at) => rows.slice(at * BATCH, (at + 1) * BATCH))
  let loaded = 0
  const progress = bar('Purchases', rows.length)
  await inParallel(
    batches,
    WIDTH / 2,
    async (purchases) => {
      const { results } = await shop.call<{ results: { index: number; status: number; detail?: string }[] }>('POST', '/purchases/batch', {
        purchases,
      })
      const refused = results.find(({ status }) => status >= 300)
      if (refused) throw new Error(`Purchase ${purchases[refused.index]?.orderId.id} was refused: ${refused.detail ?? refused.status}`)
      loaded += purchases.length
    },
    () => progress(loaded),
  )
}

function rowOf(purchase: DemoPurchase, customerId: string) {
  return {
    customerId,
    orderId: { system: 'cdnow', id: purchase.order },
    at: purchase.at,
    amount: { amount: purchase.amount, currency: 'USD' },
    channel: 'web',
    items: [
      {
        sku: 'cd',
        name: 'Compact disc',
        quantity: purchase.quantity,
        unitAmount: Math.round(purchase.amount / Math.max(1, purchase.quantity)),
      },
    ],
  }
}
