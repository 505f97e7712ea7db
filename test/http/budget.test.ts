import fc from '../support/property.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { budgetsAsText, budgetsIn, newAccount, roll, untoldAtMost, used, waitSeconds, type Budgets } from '../../functions/budget.ts'
import { httpHandler, type Edge } from '../../functions/http.ts'
import { limiter } from '../../functions/limit.ts'
import { configOf } from '../../infra/config.ts'
import { startCrm, type Asking, type Crm } from '../support/crm.ts'
import { eventFor } from '../support/http-event.ts'

const budgets: Budgets = { windowSeconds: 10, person: 100, machine: 400, open: 20, workspace: 1_000 }
const start = Date.parse('2026-11-22T09:00:00.000Z')
const at = (ms: number): string => new Date(start + ms).toISOString()

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})

interface Heard {
  status: number
  headers: Record<string, string>
  body: Record<string, unknown>
}

/** An instance of the API on the test's table; instances share nothing but the table. */
function instance(more: Partial<Edge> = {}) {
  const handler = httpHandler(routes, () => ({ table: crm.table, now: () => crm.clock.now, budgets, ...more }))
  return async (asking: Asking = {}, path = '/workspace', sourceIp?: string): Promise<Heard> => {
    const event = eventFor(routes, 'GET', path, asking)
    if (sourceIp) Object.assign(event.requestContext.http, { sourceIp })
    const answer = await handler(event, {} as never)
    return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) as Record<string, unknown> }
  }
}
const units = (): number => crm.spent.splice(0).reduce((sum, one) => sum + one.writeUnits, 0)
let people = 0
/** Someone nobody has counted yet. */
const somebody = (): string => `usr_${String(++people).padStart(20, '0')}:admin`

describe('the estimate', () => {
  const windowMs = 10_000
  const steps = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 300 })

  /** Times let through when requests come after these pauses. */
  function through(pauses: readonly number[], requests: number): { let: number[]; refused: { at: number; wait: number }[] } {
    const account = newAccount(0)
    const out = { let: [] as number[], refused: [] as { at: number; wait: number }[] }
    let now = 0
    for (const pause of pauses) {
      now += pause
      roll(account, Math.floor(now / windowMs))
      if (used(account, now, windowMs) + 1 <= requests) {
        account.untold += 1
        out.let.push(now)
      } else out.refused.push({ at: now, wait: waitSeconds(account, requests, now, windowMs) })
    }
    return out
  }

  test('lets through at most the budget and what it is refilled by, in any stretch of time', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 40 }), (pauses, requests) => {
        const times = through(pauses, requests).let
        for (let from = 0; from < times.length; from++)
          for (let to = from; to < times.length; to++) {
            const stretch = (times[to] ?? 0) - (times[from] ?? 0)
            expect(to - from + 1).toBeLessThanOrEqual(requests + (requests * stretch) / windowMs + 1e-6)
          }
      }),
    )
  })

  test('refuses nobody who sends at most the budget in two windows, or at an even pace below it', () => {
    fc.assert(
      fc.property(steps, (pauses) => {
        expect(through(pauses, pauses.length).refused).toEqual([])
      }),
      { numRuns: 50 },
    )
    expect(
      through(
        Array.from({ length: 500 }, () => 102),
        100,
      ).refused,
    ).toEqual([])
  })

  test('says a wait after which one more is let through, and not a second more than needed', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (pauses, requests) => {
        const { refused } = through(pauses, requests)
        for (const { at: when, wait } of refused.slice(0, 5)) {
          const before = pauses.slice(0, countUntil(pauses, when))
          expect(through([...before, wait * 1000], requests).let.at(-1)).toBe(when + wait * 1000)
          if (wait > 1) expect(through([...before, (wait - 1) * 1000 - 1], requests).let.at(-1)).not.toBe(when + (wait - 1) * 1000 - 1)
        }
      }),
    )
  })

  /** How many pauses lead up to a time, that time's own request included. */
  function countUntil(pauses: readonly number[], when: number): number {
    let now = 0
    let upTo = 0
    for (const [nth, pause] of pauses.entries()) {
      now += pause
      if (now <= when) upTo = nth + 1
    }
    return upTo
  }

  test('is read from the environment as it was written, and nothing else is taken for it', () => {
    expect(budgetsIn(budgetsAsText(budgets))).toEqual(budgets)
    expect(() => budgetsIn('person=300')).toThrow('window')
    expect(() => budgetsIn(budgetsAsText({ ...budgets, open: 0.5 }))).toThrow('open')
  })
})

describe('a caller', () => {
  test('is told what is left with every answer, refusals included', async () => {
    crm.clock.now = at(0)
    const [ask, as] = [instance(), somebody()]
    const first = await ask({ as })
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"person";q=100;w=10, "workspace";q=1000;w=10',
      ratelimit: '"person";r=99;t=10',
    })
    const refused = await ask({ as: `${as.split(':')[0]}:nobody` })
    expect([refused.status, refused.headers['ratelimit']]).toEqual([403, '"person";r=98;t=10'])
  })

  test('beyond the budget gets a 429 with the time to wait, then is let through again; nothing is read or written for it', async () => {
    crm.clock.now = at(20_000)
    const [ask, as] = [instance(), somebody()]
    for (let n = 0; n < 100; n++) expect((await ask({ as })).status).toBe(200)
    crm.spent.length = 0
    const refused = await ask({ as })
    expect(crm.spent).toEqual([])
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: 'request.over_budget', title: 'Too many requests', requestId: expect.any(String) })
    expect(refused.body).not.toHaveProperty('retryAfter')
    const wait = Number(refused.headers['retry-after'])
    expect(refused.headers['ratelimit']).toBe(`"person";r=0;t=${wait}`)
    crm.clock.now = at(20_000 + wait * 1000)
    expect((await ask({ as })).status).toBe(200)
  })

  test('has a budget of its own: the others are let through, and a machine has another', async () => {
    crm.clock.now = at(40_000)
    const [ask, noisy] = [instance(), somebody()]
    for (let n = 0; n < 120; n++) await ask({ as: noisy })
    expect((await ask({ as: noisy })).status).toBe(429)
    expect((await ask({ as: somebody() })).status).toBe(200)
    expect((await ask({ as: 'integration' })).headers['ratelimit-policy']).toContain('"machine";q=400;w=10')
  })

  test('without a token is counted by address, which is kept as a hash', async () => {
    crm.clock.now = at(60_000)
    const ask = instance()
    const path = '/calendar/nothing.ics'
    for (let n = 0; n < 20; n++) expect((await ask({}, path, '203.0.113.9')).status).toBe(404)
    expect((await ask({}, path, '203.0.113.9')).status).toBe(429)
    expect((await ask({}, path, '203.0.113.10')).status).toBe(404)
    const { items } = await crm.table.scan({ limit: 1_000 })
    expect(JSON.stringify(items)).toContain('limit#open#')
    expect(JSON.stringify(items)).not.toContain('203.0.113')
  })

  test('meets the budget of all together, which refused requests do not use up', async () => {
    crm.clock.now = at(80_000)
    const ask = instance({ budgets: { ...budgets, workspace: 150 } })
    const [one, two] = [somebody(), somebody()]
    for (let n = 0; n < 300; n++) await ask({ as: one })
    for (let n = 0; n < 50; n++) expect((await ask({ as: two })).status).toBe(200)
    expect((await ask({ as: two })).body['code']).toBe('workspace.over_budget')
  })
})

describe('several instances', () => {
  test('let through no more than the budget and what each keeps to itself, at a fraction of a unit a request', async () => {
    crm.clock.now = at(120_000)
    const [fleet, as] = [Array.from({ length: 5 }, () => instance()), somebody()]
    crm.spent.length = 0
    let through = 0
    for (let n = 0; n < 600; n++) if ((await fleet[n % 5]?.({ as }))?.status === 200) through += 1
    expect(through).toBeGreaterThanOrEqual(100)
    expect(through).toBeLessThanOrEqual(100 + 5 * untoldAtMost(100))
    expect(units()).toBeLessThanOrEqual(through / 2)
  })

  test.each([
    [5, 1.25],
    [15, 1.7],
  ])('%i of them together hold who sends ten times the budget to it, after the first moment', async (many, times) => {
    const production = configOf('prod').api.budgets
    const [route, event] = [routes.find(({ path }) => path === '/workspace'), eventFor(routes, 'GET', '/workspace', { as: somebody() })]
    if (!route) throw new Error('There is no such route.')
    const fleet = Array.from({ length: many }, () => limiter(production))
    const [seconds, rate] = [20, (10 * production.person) / production.windowSeconds]
    let through = 0
    for (let n = 0; n < seconds * rate; n++) {
      const passage = fleet[(n * 7_919 + (n >> 3)) % many]?.admit(route, event, crm.table, start + Math.floor((n * 1_000) / rate))
      await passage?.telling
      if (passage && !passage.refused) through += 1
    }
    const budget = (production.person / production.windowSeconds) * seconds
    expect(through).toBeGreaterThan(budget * 0.9)
    expect(through).toBeLessThan(budget * times)
  })

  test('hear of the window before, too, when they come new into the next', async () => {
    crm.clock.now = at(140_000)
    const [old, as] = [instance(), somebody()]
    for (let n = 0; n < 100; n++) await old({ as })
    crm.clock.now = at(151_000)
    const fresh = instance()
    let through = 0
    for (let n = 0; n < 100; n++) if ((await fresh({ as })).status === 200) through += 1
    // A tenth of the window before has passed out of sight.
    expect(through).toBeLessThanOrEqual(10 + untoldAtMost(100))
  })

  test('who sends little costs the table nothing', async () => {
    crm.clock.now = at(200_000)
    const [ask, as] = [instance(), somebody()]
    await ask({ as })
    units()
    for (let second = 1; second < 60; second++) {
      crm.clock.now = at(200_000 + second * 5_000)
      await ask({ as })
    }
    expect(units()).toBe(0)
  })

  test('go on by themselves when the table cannot be told', async () => {
    crm.clock.now = at(600_000)
    const deaf = { ...crm.table, write: () => Promise.reject(new Error('no')) }
    const [ask, as] = [instance({ table: deaf }), somebody()]
    let through = 0
    for (let n = 0; n < 150; n++) if ((await ask({ as })).status === 200) through += 1
    expect(through).toBe(100)
  })
})
