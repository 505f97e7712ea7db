import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dueSchema, happenedSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { dayIn } from '../../kernel/zone.ts'
import { headOf, type Head } from '../../insight/rhythm/index.ts'
import { tier } from '../../insight/tier/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { fileUnmoved, fileStands } from '../../customer/customer/index.ts'
import { consent } from '../../customer/consent/index.ts'
import { greetingFor, type Made } from './greet.ts'
import { firstDayOf, look, turnOf, type Greeting, type OwnOccasion } from './greeting.ts'
import { greeting, greetingMoved, policyOf } from './greeting.store.ts'

/** The days of a customer's own: birthday and the anniversary of the first purchase. */

/**
 * A birthday or a first purchase became known, or the file went to the bin or came back: the customer's timer follows. Reads
 * what is true now, one unit; writes only when something differs.
 */
export const follow = action(
  'greeting.follow',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { type, changed, customerId }) => {
    const concerns = type !== 'customer.changed' || 'birthday' in changed || 'birthdayCalendar' in changed
    if (customerId === undefined || !concerns) return {}
    const head = await headOf(ctx, customerId)
    const change = await retimed(ctx, customerId, head)
    if (change) await commit(ctx, [change], undefined, change.before ? [] : [fileStands(customerId)])
    return {}
  },
)

/** What a customer's greeting is to be by the file and the history; undefined when it is so already. */
async function retimed(ctx: Ctx, customerId: string, head: Head): Promise<Change | undefined> {
  const before = head.single(greeting)
  if (head.customer?.erasedAt !== undefined) return undefined
  const file = head.customer && !head.customer.deletedAt ? head.customer : undefined
  const known = knownOf(head, before?.settled ?? {})
  const same = before?.birthday === known.birthday && before?.lunar === known.lunar && before?.firstDay === known.firstDay
  if (before && same && (before.timerAt !== undefined) === (file !== undefined && hasDay(known))) return undefined
  // Who is gone meanwhile gets nothing new; who comes back is looked at then.
  if (!before && (!file || !hasDay(known))) return undefined
  const timerAt = file && hasDay(known) ? await timerOf(ctx, known) : undefined
  if (before) {
    const patch = { ...daysIn(known), timerAt: timerAt ?? null }
    return alter(ctx, greeting, before, patch, greetingMoved).change
  }
  return create(ctx, greeting, { ...known, ...(timerAt !== undefined && { timerAt }) }, greetingMoved, { customer: customerId, own: '' })
    .change
}

const hasDay = ({ birthday, firstDay }: Greeting): boolean => birthday !== undefined || firstDay !== undefined

/** The days of a greeting as a patch of its record. */
function daysIn({ birthday, lunar, firstDay }: Greeting) {
  return { birthday: birthday ?? null, lunar: lunar ?? null, firstDay: firstDay ?? null }
}

/** A customer's own days, as the file and the history tell them. */
export function knownOf({ customer: file, history }: Pick<Head, 'customer' | 'history'>, settled: Greeting['settled']): Greeting {
  return {
    settled,
    ...(file?.birthday !== undefined && { birthday: file.birthday }),
    ...(file?.birthday !== undefined && file.birthdayCalendar === 'lunar' && { lunar: true as const }),
    ...(history && { firstDay: firstDayOf(history.firstDay) }),
  }
}

/** When to look at a greeting: now, when one is to be prepared already. */
async function timerOf(ctx: Ctx, known: Greeting): Promise<string | undefined> {
  const [policy, { timeZone }] = await Promise.all([policyOf(ctx), workspaceOf(ctx)])
  const { due, timerAt } = look(known, policy, dayIn(ctx.now, timeZone), timeZone)
  return due.length > 0 ? ctx.now : timerAt
}

/**
 * A customer's timer has gone off: what is to be greeted becomes a task or a message, and the timer moves to the next, all in
 * one transaction, so once a year for each occasion. Reads two units, one more for each greeting.
 */
export const comeDue = action(
  'greeting.come_due',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const customerId = customerIdIn(id)
    const head = await headOf(ctx, customerId)
    const before = head.single(greeting)
    if (before?.timerAt === undefined || before.timerAt > ctx.now || before.erasedAt !== undefined) return {}
    const { customer: file } = head
    if (!file || file.deletedAt) {
      await commit(ctx, [alter(ctx, greeting, before, { timerAt: null }, greetingMoved).change])
      return {}
    }
    const [policy, { timeZone }] = await Promise.all([policyOf(ctx), workspaceOf(ctx)])
    const known = knownOf(head, before.settled)
    const { due, settled, timerAt } = look(known, policy, dayIn(ctx.now, timeZone), timeZone)
    const greeted: Made[] = []
    for (const { occasion, day } of due) {
      const rule = policy.occasions.find((one) => one.occasion === occasion)
      const given = { occasion, day, turn: turnOf(occasion, known, day), ...yearsOf(occasion, known, day) }
      const made = rule && (await greetingFor(ctx, rule, file, head.single(tier)?.tier, given, head.single(consent)))
      if (made) greeted.push(made)
    }
    const patch = { settled, timerAt: timerAt ?? null, ...daysIn(known) }
    const agreed = greeted.find(({ guard }) => guard)?.guard
    const guards = greeted.length > 0 ? [fileUnmoved({ customerId, file }), ...(agreed ? [agreed] : [])] : []
    // The timer first: who was overtaken sees that, and looks again.
    await commit(
      ctx,
      [alter(ctx, greeting, before, patch, greetingMoved).change, ...greeted.map(({ change }) => change)],
      undefined,
      guards,
    )
    return {}
  },
)

/** How many years an anniversary is. */
export function yearsOf(occasion: OwnOccasion, { firstDay }: Greeting, day: string): { years?: number } {
  return occasion === 'anniversary' && firstDay !== undefined ? { years: Number(day.slice(0, 4)) - Number(firstDay.slice(0, 4)) } : {}
}
