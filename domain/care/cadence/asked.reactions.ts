import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type Entity, type Stamp } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { baseOf, purchase, remaining, type Purchase } from '../../customer/purchase/index.ts'
import { ticket, type Ticket } from '../../service/ticket/index.ts'
import { want, withdraw } from './asked.ts'
import type { AfterSalesRule } from './policy.ts'
import { rulesOf } from './policy.store.ts'
import { cut } from './visit.ts'

/** Which records ask for a contact. Each reaction reads what is true now and takes the event only as a reason to look. */

const reaction = () => ({ input: happenedSchema(), output: z.object({}) })

/** A complaint that is solved asks whether it is; one that comes back no longer does. */
export const followTicket = action('cadence.follow_ticket', reaction, async (ctx, { recordId }) => {
  const { complaints } = (await rulesOf(ctx)).policy
  const told = await recordOf<'ticket', Ticket>(ctx, ticket, recordId)
  if (!told || told.category === undefined || !complaints.categories.includes(told.category)) return {}
  const customerId = customerIdIn(recordId)
  const solved = (told.state === 'resolved' || told.state === 'closed') && told.resolvedAt !== undefined && !told.deletedAt
  if (!solved) {
    await withdraw(ctx, customerId, 'complaint', recordId, 'The ticket is open again.')
    return {}
  }
  const asked = {
    cause: 'complaint' as const,
    sourceId: recordId,
    at: daysLater(told.resolvedAt ?? ctx.now, complaints.days),
    priority: 'high' as const,
    title: 'Ask whether the complaint is settled',
    reason: cut(`“${told.subject}” was solved on ${(told.resolvedAt ?? '').slice(0, 10)}; asked about ${sayDays(complaints.days)} later`),
  }
  await want(ctx, customerId, `complaint ${recordId} ${told.reopenedCount}`, asked, [unchanged(ticket, told)])
  return {}
})

/** A purchase that a rule fits asks for a check some days later; one taken back no longer does. Reads nothing without a rule. */
export const followPurchase = action('cadence.follow_purchase', reaction, async (ctx, { recordId }) => {
  const { afterSales } = (await rulesOf(ctx)).policy
  const told = afterSales.length > 0 ? await recordOf<'purchase', Purchase>(ctx, purchase, recordId) : undefined
  if (!told) return {}
  const customerId = customerIdIn(recordId)
  const rule = afterSales.find((one) => fits(one, told))
  if (!rule || told.deletedAt || (told.returned > 0 && remaining(told) === 0)) {
    await withdraw(ctx, customerId, 'after_sales', recordId, 'The purchase was taken back.')
    return {}
  }
  const asked = {
    cause: 'after_sales' as const,
    sourceId: recordId,
    at: daysLater(told.at, rule.days),
    priority: 'normal' as const,
    title: rule.title,
    reason: cut(`Bought ${sayItems(told)} on ${told.at.slice(0, 10)}; checked ${sayDays(rule.days)} later`),
  }
  await want(ctx, customerId, `after_sales ${recordId}`, asked, [unchanged(purchase, told)])
  return {}
})

async function recordOf<N extends string, F extends object>(ctx: Ctx, kind: Entity<N, F>, id: string): Promise<(F & Stamp<N>) | undefined> {
  const item = await ctx.table.get(placeOf(kind as unknown as Entity, id))
  return item && recordIn<N, F>(item)
}

/** Holds a record as it was read while what it asks for is written. */
function unchanged<N extends string, F extends object>(kind: Entity<N, F>, { id, version }: Stamp<N>): Write {
  return { check: placeOf(kind as unknown as Entity, id), if: { equals: { version } } }
}

function fits(rule: AfterSalesRule, sale: Purchase): boolean {
  const { skuBegins, channel, minAmount } = rule
  return (
    (skuBegins === undefined || (sale.items ?? []).some(({ sku }) => sku.startsWith(skuBegins))) &&
    (channel === undefined || sale.channel === channel) &&
    (minAmount === undefined || baseOf(sale) >= minAmount)
  )
}

function sayItems({ items = [] }: Purchase): string {
  const [first, ...rest] = items
  if (!first) return 'something'
  return `${first.name ?? first.sku}${rest.length > 0 ? ` and ${rest.length} more` : ''}`
}

const sayDays = (days: number): string => `${days} ${days === 1 ? 'day' : 'days'}`
