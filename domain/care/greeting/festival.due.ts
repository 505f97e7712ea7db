import { fileUnmoved } from '../../customer/customer/index.ts'
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Day } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { Fault } from '../../kernel/fault.ts'
import { keyOf } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { dayIn } from '../../kernel/zone.ts'
import { headOf } from '../../insight/rhythm/index.ts'
import { policyOf as tierPolicyOf, tier } from '../../insight/tier/index.ts'
import { dayAfter } from '../../platform/calendar/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { consent } from '../../customer/consent/index.ts'
import { isFestival, nextFestival, type Festival } from './festival.ts'
import { greetingFor } from './greet.ts'
import { festivalRun, policyOf, runBegun, runDone, runMoved, type FestivalRun } from './greeting.store.ts'
import type { Rule } from './policy.ts'

/** Festivals: the customers of each tier are gone through page by page of the tier's list, never by a walk over all customers. */

/** Begins the festivals that are to be prepared: one run for each tier, once a year. Costs a read for each run of these days. */
export const beginFestivals = action(
  'greeting.begin_festivals',
  () => ({ input: z.strictObject({}), output: z.object({}) }),
  async (ctx) => {
    const [{ occasions }, tiers, { timeZone }] = await Promise.all([policyOf(ctx), tierPolicyOf(ctx), workspaceOf(ctx)])
    const today = dayIn(ctx.now, timeZone)
    for (const rule of occasions) {
      if (!isFestival(rule.occasion)) continue
      const day = nextFestival(rule.occasion, today)
      if (day === undefined || dayAfter(day, -rule.daysAhead) > today) continue
      for (const name of rule.tiers ?? tiers.tiers.map((one) => one.name)) await begin(ctx, rule.occasion, day, name)
    }
    return {}
  },
)

async function begin(ctx: Ctx, occasion: Festival, day: Day, name: string): Promise<void> {
  const digest = createHash('sha256')
    .update(`${occasion} ${day.slice(0, 4)} ${name}`)
    .digest()
  const own = keyOf(Date.parse(`${day.slice(0, 4)}-01-01`), digest)
  if (await ctx.table.get(placeOf(festivalRun, festivalRun.id(own)))) return
  const fields = { occasion, day, tier: name, state: 'running' as const, shard: 0, seen: 0, greeted: 0, timerAt: ctx.now }
  try {
    await commit(ctx, [create(ctx, festivalRun, fields, runBegun, { own }).change])
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'festival_run.exists') throw error
  }
}

/** Customers of one page. */
const PAGE = 50

/**
 * One page of a festival's run: each customer is greeted once, who was greeted before is passed over, and the run notes where
 * it stands. Run twice, the second finds the greetings there. A customer costs two reads, and a write when greeted.
 */
export const greetPage = action(
  'greeting.greet_page',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const item = await ctx.table.get(placeOf(festivalRun, id))
    const run = item && recordIn<'festival_run', FestivalRun>(item)
    if (!run || run.state !== 'running') return {}
    const [{ occasions }, { timeZone }] = await Promise.all([policyOf(ctx), workspaceOf(ctx)])
    const rule = occasions.find((one) => one.occasion === run.occasion)
    const [stretch, ...more] = facet(tier, run.tier).slice(run.shard)
    if (!rule || !stretch || dayIn(ctx.now, timeZone) > run.day) {
      await commit(ctx, [alter(ctx, festivalRun, run, { state: 'done', timerAt: null, after: null }, runDone).change])
      return {}
    }
    const { items, last } = await ctx.table.query({ ...stretch, limit: PAGE, ...(run.after && { after: run.after }) })
    const ids = items.map((one) => String((one['row'] as { customerId: string }).customerId))
    const made = await Promise.all(ids.map((customerId) => untilFresh(() => greetOne(ctx, customerId, run, rule))))
    const counted = { seen: run.seen + ids.length, greeted: run.greeted + made.filter(Boolean).length }
    const next = last
      ? { after: keysIn(last) }
      : more.length > 0
        ? { shard: run.shard + 1, after: null }
        : { state: 'done' as const, timerAt: null, after: null }
    await commit(ctx, [alter(ctx, festivalRun, run, { ...counted, ...next }, 'state' in next ? runDone : runMoved).change])
    return {}
  },
)

/** A customer of the tier is greeted, unless they left it, the rule is not meant for them, or they were. */
async function greetOne(ctx: Ctx, customerId: string, run: FestivalRun, rule: Rule): Promise<boolean> {
  const head = await headOf(ctx, customerId)
  const file = head.customer
  const has = head.single(tier)?.tier
  if (!file || file.deletedAt || has !== run.tier) return false
  const made = await greetingFor(ctx, rule, file, has, { occasion: run.occasion, day: run.day }, head.single(consent))
  if (!made) return false
  try {
    await commit(ctx, [made.change], undefined, [fileUnmoved({ customerId, file }), ...(made.guard ? [made.guard] : [])])
    return true
  } catch (error) {
    if (error instanceof Fault && error.kind === 'conflict') return false
    throw error
  }
}

function keysIn(last: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(last).map(([name, value]) => [name, String(value)]))
}
