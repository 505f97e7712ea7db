import { history, purchase, baseOf, returnedBase, type Purchase } from '../../customer/purchase/index.ts'
import { historyAt, meanRepeatSpend } from '../../customer/rhythm/index.ts'
import { interaction, type Interaction } from '../../customer/interaction/index.ts'
import { periodOf, pricingOf } from '../../insight/cost/index.ts'
import { pAlive } from '../../insight/model/btyd.ts'
import { expectedSpend } from '../../insight/model/gamma-gamma.ts'
import { lifetimeValue } from '../../insight/model/lifetime-value.ts'
import { readProfit } from '../../insight/profit/index.ts'
import { potentialBand, pyramidPolicyOf, strategyOf, valueBand } from '../../insight/pyramid/index.ts'
import { ALIVE, populationOf, potentialOf, scoreOf, scoresOf, type Population } from '../../insight/rfm/index.ts'
import { headOf, type Head } from '../../insight/rhythm/index.ts'
import { modelOf, rhythmOf, spendParams, valuePolicyOf, type CurrentModel } from '../../insight/statistics/index.ts'
import { tier } from '../../insight/tier/index.ts'
import { warning } from '../../insight/warning/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type Entity } from '../../kernel/entity.ts'
import { KEY_LENGTH, keysOf, timeKey } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { dayNumberIn, startOfDay } from '../../kernel/zone.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import { ticket } from '../../service/ticket/index.ts'
import type { Bought, Facts, Standing } from './facts.ts'
import type { Def } from './registry.ts'

/** Most records of a kind that one look at a customer reads, the newest: what lies further back does not count. */
export const MOST_READ = { purchases: 300, interactions: 100, tickets: 100, warnings: 10 } as const

/** What has to be read for some segments together. */
export function readsOf(defs: readonly Def[]): Def['reads'] {
  const all: Record<string, number> = {}
  for (const { reads } of defs) for (const [source, days] of Object.entries(reads)) all[source] = Math.max(all[source] ?? 0, days)
  return all
}

/** What was read of a customer: the head of their partition, and the facts by which rules are judged; no facts of who is gone. */
export interface Seen {
  head: Head
  facts: Facts | undefined
  /** Today in the workspace, in days since 1970-01-01. */
  today: number
}

/**
 * Reads what some segments ask of a customer, all in one round: one query for file, sums, tier and clock (1 unit while they
 * stay within 4 KB), and one more for each of purchases, interactions, tickets and warnings that a rule names.
 */
export async function readFacts(ctx: Ctx, customerId: string, reads: Def['reads']): Promise<Seen> {
  const workspace = await workspaceOf(ctx)
  const today = dayNumberIn(ctx.now, workspace.timeZone)
  const reading = headOf(ctx, customerId)
  const latest = (kind: Pick<Entity, 'noun'>, limit: number, days?: number): Promise<Item[]> =>
    newest(
      ctx,
      customerId,
      { noun: kind.noun, limit, ...(days !== undefined && { fromMs: startOfDay(today - days, workspace.timeZone) }) },
      reading,
    )
  const [head, purchases, interactions, tickets, warnings, model, population, standing] = await Promise.all([
    reading,
    reads.purchases === undefined ? undefined : latest(purchase, MOST_READ.purchases, reads.purchases),
    reads.interactions === undefined ? undefined : latest(interaction, MOST_READ.interactions),
    reads.tickets === undefined ? undefined : latest(ticket, MOST_READ.tickets),
    reads.warnings === undefined ? undefined : latest(warning, MOST_READ.warnings),
    reads.model === undefined && reads.profit === undefined ? undefined : modelOf(ctx),
    reads.population === undefined && reads.profit === undefined ? undefined : populationOf(ctx),
    reads.profit === undefined ? undefined : profitOf(ctx, customerId, workspace),
  ])
  const { customer: file } = head
  if (!file || file.deletedAt || file.erasedAt || file.mergedInto) return { head, facts: undefined, today }
  const membership = head.single(tier)
  const facts: Facts = {
    timeZone: workspace.timeZone,
    file,
    ...(head.history && { history: head.history }),
    ...(membership && !membership.deletedAt && { tier: membership }),
    ...(purchases && { purchases: purchases.map(boughtIn) }),
    ...(interactions && { contacts: contactsIn(interactions, workspace.timeZone) }),
    ...(tickets && { openTickets: tickets.filter(({ state }) => state === 'new' || state === 'open' || state === 'pending').length }),
    ...(warnings && { openWarnings: warnings.filter(({ state }) => state === 'open' || state === 'snoozed').length }),
    ...(model && reads.model !== undefined && head.history && { worth: worthOf(model, head) }),
    ...(population && reads.population !== undefined && head.history && { scores: scoresOf(population, head.history) }),
    ...(model && population && standing && head.history && { standing: placeOfHead(head, { model, population, today, ...standing }) }),
  }
  return { head, facts, today }
}

interface Stretch {
  noun: string
  limit: number
  fromMs?: number
}

/** The newest records of a kind, those of files merged into this one too: a further round where there are such. */
async function newest(ctx: Ctx, customerId: string, stretch: Stretch, reading: Promise<Head>): Promise<Item[]> {
  const own = await recent(ctx, customerId, stretch)
  const absorbed = (await reading).customer?.absorbed ?? []
  if (absorbed.length === 0) return own
  const others = await Promise.all(absorbed.map((id) => recent(ctx, id, stretch)))
  const keyOf = ({ id }: Item): string => keysOf(String(id)).second
  return [...own, ...others.flat()].sort((a, b) => (keyOf(a) > keyOf(b) ? -1 : 1)).slice(0, stretch.limit)
}

async function recent(ctx: Ctx, customerId: string, { noun, limit, fromMs }: Stretch): Promise<Item[]> {
  const { pk } = placeOf(history, history.id('', customerId))
  const range = { from: `${noun}#${fromMs === undefined ? '' : timeKey(fromMs)}`, to: `${noun}#${'z'.repeat(KEY_LENGTH)}` }
  const { items } = await ctx.table.query({ pk, ...range, limit, descending: true })
  return items.filter((item) => !item['deletedAt'] && !item['erasedAt'])
}

function boughtIn(item: Item): Bought {
  const one = recordIn<'purchase', Purchase>(item)
  return { day: one.day, net: baseOf(one) - returnedBase(one), skus: (one.items ?? []).map(({ sku }) => sku) }
}

function contactsIn(items: readonly Item[], timeZone: string): number[] {
  const records = items.map((item) => recordIn<'interaction', Interaction>(item)).filter(({ contact }) => contact)
  return records.map(({ occurredAt }) => dayNumberIn(occurredAt, timeZone))
}

/** Chance and value of a customer as days go by without a purchase. */
function worthOf(model: CurrentModel, { customer: file, history: past }: Head): NonNullable<Facts['worth']> {
  const state = past ?? { firstDay: 0, lastDay: 0, x: 0, repeatSpend: 0 }
  const rhythm = rhythmOf(model, file)
  const spend = past ? expectedSpend(spendParams(model, past), { x: past.x, mean: meanRepeatSpend(past) }) : 0
  return {
    pAlive: (day) => pAlive(rhythm, historyAt(state, day)),
    clv12m: (day) => Math.round(lifetimeValue(rhythm, historyAt(state, day), spend, valuePolicyOf(model))),
  }
}

/** The profit of the last 365 days and the thresholds of the pyramid: two queries of what lies in them. */
async function profitOf(ctx: Ctx, customerId: string, { timeZone }: Workspace) {
  const [rates, policy] = await Promise.all([pricingOf(ctx), pyramidPolicyOf(ctx)])
  const { now } = await readProfit(ctx, customerId, periodOf(undefined, ctx.now, timeZone), rates, timeZone)
  return { loss: now.profit < 0, policy }
}

type PlaceIn = { model: CurrentModel; population: Population; today: number } & Awaited<ReturnType<typeof profitOf>>

/** A customer's place in the pyramid, as `GET /customers/{id}/pyramid` tells it. */
function placeOfHead({ customer: file, history: past }: Head, { model, population, today, loss, policy }: PlaceIn): Standing {
  const state = past ?? { firstDay: 0, lastDay: 0, x: 0, repeatSpend: 0 }
  const promise = potentialOf(rhythmOf(model, file), state, today)
  const value = valueBand(policy, past ? scoresOf(population, past).monetary : 1, loss)
  const potential = potentialBand(policy, scoreOf(population.potential.cuts, promise.expected), promise.pAlive >= ALIVE)
  return { value, potential, strategy: strategyOf(value, potential) }
}
