import fc from '../../support/property.ts'
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { action, type Action } from '../../../domain/kernel/action.ts'
import { happenedSchema } from '../../../domain/kernel/event.ts'
import { daysLater } from '../../../domain/kernel/clock.ts'
import { alter, commit, create } from '../../../domain/kernel/commit.ts'
import { placeOf } from '../../../domain/kernel/entity.ts'
import { timeKey } from '../../../domain/kernel/id.ts'
import { invoke } from '../../../domain/kernel/invoke.ts'
import { recordIn } from '../../../domain/kernel/place.ts'
import { dayIn } from '../../../domain/kernel/zone.ts'
import {
  cadence,
  calm,
  comeDue,
  contact,
  reconsider,
  settle,
  want,
  warn,
  withdraw,
  type CadenceRecord,
} from '../../../domain/care/cadence/index.ts'
import { cancelAll, followOwner, task, taskDone, type Task, type TaskRecord } from '../../../domain/care/task/index.ts'
import { customer } from '../../../domain/customer/customer/index.ts'
import { interaction, interactionRecorded, type Interaction } from '../../../domain/customer/interaction/index.ts'
import { warning, warningClosed, warningIdOf, warningRaised, type Warning } from '../../../domain/insight/warning/index.ts'
import { isWorkingDay, newCalendar, workTimeOf } from '../../../domain/platform/calendar/index.ts'
import { startCrm, type Crm } from '../../support/crm.ts'

/** One customer's story in steps, each telling events that are delivered in any order, more than once, some at the same time. */

let crm: Crm
beforeAll(async () => {
  crm = await startCrm({ now: '2026-11-18T09:00:00.000Z' })
})

interface Told {
  does: readonly Action[]
  recordId: string
  type: string
}
interface World {
  customerId: string
  warnings: string[]
  /** Contracts that ask for a contact: by id, whether they still do. */
  contracts: Map<string, boolean>
  told: Told[]
}

const tell = (world: World, told: Told) => void world.told.push(told)

function eventOf({ customerId }: World, { recordId, type }: Told) {
  const by = { actor: 'test', action: 'test', request: 'test' }
  return { id: `${recordId}.1`, type, at: crm.clock.now, ...by, noun: 'x', recordId, version: 1, customerId, changed: {} }
}

async function deliver(world: World, told: Told): Promise<void> {
  const event = eventOf(world, told)
  for (const does of told.does) await invoke(does, crm.ctx(does.name), event)
}

async function begin(): Promise<World> {
  const { body } = await crm.call('POST', '/customers', { as: 'sales', body: { name: `C ${randomUUID()}` } })
  const customerId = String(body['id'])
  await crm.call('POST', `/customers/${customerId}/tier/override`, { body: { tier: 'black-gold', reason: 'Test', until: '2027-12-30' } })
  const world: World = { customerId, warnings: [], contracts: new Map(), told: [] }
  tell(world, { does: [reconsider], recordId: customerId, type: 'tier.overridden' })
  return world
}

async function raiseWarning(world: World): Promise<void> {
  const ctx = crm.ctx()
  const silenceDay = 20_000 + world.warnings.length
  const money = { amount: 90_000, currency: 'USD' }
  const fields: Warning = {
    customerId: world.customerId,
    state: 'open',
    severity: 'high',
    valueAtStake: money,
    explanation: 'Silent for long.',
    raisedAt: ctx.now,
    lastPurchaseAt: ctx.now,
    silenceDay,
    reason: {
      usualGapDays: 31,
      gapOf: 'customer',
      daysSinceLast: 54,
      pAlive: 0.5,
      pAny: 0.2,
      horizonDays: 90,
      line: 0.25,
      expectedSpendMinor: 1,
      typicalValueMinor: 1,
      modelVersion: 0,
    },
  }
  const id = warningIdOf(world.customerId, silenceDay)
  await endWarnings(world)
  await commit(ctx, [create(ctx, warning, fields, warningRaised, { customer: world.customerId, own: id.slice(-20) }).change])
  world.warnings.push(id)
  tell(world, { does: [warn], recordId: id, type: 'warning.raised' })
}

/** Ends the warning that stands: a customer has one at a time. */
async function endWarnings(world: World): Promise<void> {
  const ctx = crm.ctx()
  const id = world.warnings.at(-1)
  const item = id === undefined ? undefined : await crm.table.get(placeOf(warning, id))
  const before = item && recordIn<'warning', Warning>(item)
  if (!before || before.state !== 'open') return
  await commit(ctx, [alter(ctx, warning, before, { state: 'closed', outcome: 'saved', endedAt: ctx.now }, warningClosed).change])
  tell(world, { does: [calm], recordId: before.id, type: 'warning.closed' })
}

/** As a contract module would: looks whether the contract still asks, and when. */
const contracts = new Map<string, { asks: boolean; at: string; world: World }>()
const followContract = action(
  'test.follow_contract',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { recordId }) => {
    const told = contracts.get(recordId)
    if (!told) return {}
    const { asks, at, world } = told
    const facts = { cause: 'contract', sourceId: recordId, at, title: 'Renewal', reason: 'Ends soon', priority: 'high' } as const
    if (asks) await want(ctx, world.customerId, `contract ${recordId}`, facts)
    else await withdraw(ctx, world.customerId, 'contract', recordId, 'Renewed.')
    return {}
  },
)

function ask(world: World, days: number): void {
  const id = `con_${randomUUID()}`
  contracts.set(id, { asks: true, at: daysLater(crm.clock.now, days), world })
  world.contracts.set(id, true)
  tell(world, { does: [followContract], recordId: id, type: 'contract.noticed' })
}

/** The last contract that asks no longer does. */
function renew(world: World): void {
  const id = [...world.contracts].findLast(([, asks]) => asks)?.[0]
  const told = id === undefined ? undefined : contracts.get(id)
  if (id === undefined || !told) return
  contracts.set(id, { ...told, asks: false })
  world.contracts.set(id, false)
  tell(world, { does: [followContract], recordId: id, type: 'contract.renewed' })
}

async function talk(world: World): Promise<void> {
  const ctx = crm.ctx()
  const fields: Interaction = { kind: 'call', direction: 'out', contact: true, occurredAt: ctx.now, byId: 'usr_sales000000000000000' }
  const own = timeKey(Date.parse(ctx.now)) + randomUUID().replace(/-/g, '').slice(0, 12)
  const { record, change } = create(ctx, interaction, fields, interactionRecorded, { customer: world.customerId, own })
  await commit(ctx, [change])
  tell(world, { does: [contact], recordId: record.id, type: 'interaction.recorded' })
}

async function close(world: World, outcome: 'reached' | 'no_answer'): Promise<void> {
  const [one] = (await tasksOf(world)).filter(({ state }) => state === 'open')
  if (!one) return
  const ctx = crm.ctx()
  await commit(ctx, [alter(ctx, task, one, { state: 'done', outcome, closedAt: ctx.now }, taskDone).change])
  tell(world, { does: [settle], recordId: one.id, type: 'task.done' })
}

async function tasksOf(world: World): Promise<TaskRecord[]> {
  const { items } = await crm.table.query({ pk: placeOf(customer, world.customerId).pk, begins: 'task#', limit: 200 })
  return items.map((item) => recordIn<'task', Task>(item))
}

async function planOf(world: World): Promise<CadenceRecord | undefined> {
  const item = await crm.table.get(placeOf(cadence, cadence.id('', world.customerId)))
  return item && recordIn<'cadence', CadenceRecord>(item)
}

const sweep = (world: World) => invoke(comeDue, crm.ctx('cadence.come_due'), { id: cadence.id('', world.customerId), at: crm.clock.now })

const step = fc.record({
  act: fc.constantFrom('raise', 'end', 'ask', 'renew', 'talk', 'reached', 'no_answer', 'sweep', 'move', 'later' as const),
  days: fc.integer({ min: 0, max: 9 }),
  /** Which of the events told so far are delivered after it, in which order, some again. */
  deliver: fc.array(fc.nat(50), { maxLength: 4 }),
  atOnce: fc.boolean(),
})

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function take(world: World, { act, days, deliver: picks, atOnce }: Step): Promise<void> {
  crm.clock.now = daysLater(crm.clock.now, days)
  if (act === 'raise') await raiseWarning(world)
  if (act === 'end') await endWarnings(world)
  if (act === 'ask') ask(world, days % 4)
  if (act === 'renew') renew(world)
  if (act === 'talk') await talk(world)
  if (act === 'reached' || act === 'no_answer') await close(world, act)
  const jobs = [
    ...picks.map((pick) => () => deliver(world, world.told[pick % world.told.length] as Told)),
    ...(act === 'sweep' ? [() => sweep(world), () => sweep(world)] : []),
    ...(act === 'move'
      ? [() => deliver(world, { does: [followOwner, cancelAll], recordId: world.customerId, type: 'customer.assigned' })]
      : []),
  ]
  if (atOnce) await Promise.all(jobs.map((job) => job()))
  else for (const job of jobs) await job()
}

describe('visits of a customer', () => {
  test('are one at a time and never made twice, however events are repeated, reordered and told at once; all on working days', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        crm.clock.now = '2026-11-18T09:00:00.000Z'
        crm.forget()
        const world = await begin()
        for (const one of steps) {
          await take(world, one)
          const open = (await tasksOf(world)).filter(({ state }) => state === 'open')
          expect(open.length).toBeLessThanOrEqual(1)
        }
        for (const told of [...world.told, ...world.told]) await deliver(world, told)
        const before = await tasksOf(world)
        const plan = await planOf(world)
        for (const told of world.told) await deliver(world, told)
        expect(await tasksOf(world)).toEqual(before)
        expect(await planOf(world)).toEqual(plan)
        const open = before.filter(({ state }) => state === 'open')
        expect(open.length).toBeLessThanOrEqual(1)
        expect(plan?.taskId).toBe(open[0]?.id)
        for (const one of before) expect(isWorkingDay(dayIn(one.dueAt, 'UTC'), workTimeOf('UTC', newCalendar))).toBe(true)
        for (const [id, asks] of world.contracts) {
          const carrying = before.filter((one) => [one, ...(one.also ?? [])].some((cause) => cause.sourceId === id))
          const waits = (plan?.wanted ?? []).filter((one) => one.sourceId === id)
          // A contract is a visit once, unless it reached nobody, or waits its time; one that no longer asks has no open visit of its own.
          expect(carrying.filter((one) => one.outcome !== 'no_answer').length + waits.length).toBeLessThanOrEqual(1)
          if (!asks) expect([...carrying.filter(({ state }) => state === 'open'), ...waits]).toEqual([])
        }
        const standing = world.warnings.at(-1) ?? ''
        const stands = world.warnings.length > 0 && (await crm.table.get(placeOf(warning, standing)))?.['state'] === 'open'
        // A warning that stands has its visit: open, done, or to be tried again. One that ended has no open visit of its own.
        const carrying = before.filter((one) => [one, ...(one.also ?? [])].some((cause) => cause.sourceId === standing))
        expect(!stands || carrying.length > 0).toBe(true)
        expect(carrying.filter((one) => one.outcome !== 'no_answer').length).toBeLessThanOrEqual(1)
        const ended = world.warnings.filter((id) => id !== standing || !stands)
        expect(open.filter((one) => ended.includes(one.sourceId ?? ''))).toEqual([])
      }),
      { numRuns: 12 },
    )
  }, 120_000)

  test('are not opened for a warning that ends, or a customer who is given away or goes to the bin, at that very moment', async () => {
    crm.clock.now = '2026-11-18T09:00:00.000Z'
    const meanwhile: ((world: World) => Promise<unknown>)[] = [
      endWarnings,
      (world) => crm.call('DELETE', `/customers/${world.customerId}`, { headers: { 'if-match': '"1"' } }),
    ]
    for (const happens of meanwhile) {
      const world = await begin()
      for (const one of world.told.splice(0)) await deliver(world, one)
      await raiseWarning(world)
      await racing(world, world.told.shift() as Told, async () => {
        await happens(world)
        for (const one of world.told) await deliver(world, one)
      })
      expect((await tasksOf(world)).filter(({ state }) => state === 'open')).toEqual([])
    }
    const world = await begin()
    await raiseWarning(world)
    const given = { ownerId: null }
    await racing(world, world.told.at(-1) as Told, () => crm.call('POST', `/customers/${world.customerId}/assign`, { body: given }))
    expect((await tasksOf(world)).map(({ state, ownerId }) => ({ state, ownerId }))).toEqual([{ state: 'open', ownerId: undefined }])
  })
})

/** Delivers an event; just before its first write, something else happens. */
async function racing(world: World, told: Told, happens: () => Promise<unknown>): Promise<void> {
  let happened = false
  const { table } = crm
  const slow = {
    ...table,
    writeAll: async (...writes: Parameters<typeof table.writeAll>) => {
      if (!happened) {
        happened = true
        await happens()
      }
      return table.writeAll(...writes)
    },
  }
  const event = eventOf(world, told)
  for (const does of told.does) await invoke(does, { ...crm.ctx(does.name), table: slow }, event)
  expect(happened).toBe(true)
}
