import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { find, idOf } from '../../kernel/record.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { dayIn } from '../../kernel/zone.ts'
import { customer } from '../../customer/customer/index.ts'
import { dayAfter, instantAt } from '../../platform/calendar/index.ts'
import { priorities } from '../task/index.ts'
import { markOf, marksUntil, withdraw } from './asked.ts'
import { planShape, planView } from './cadence.actions.ts'
import { standingOf } from './cadence.store.ts'
import { rulesOf } from './policy.store.ts'
import { cut } from './visit.ts'
import { isPast, MOST, wantCauses, type Want, type WantCause } from './want.ts'

/** Contacts that the company's own systems and people ask for: a contract that ends, a machine to look after, a complaint kept elsewhere. */

const TITLES: Readonly<Record<WantCause, string>> = {
  contract: 'Talk about the contract before it ends',
  complaint: 'Ask whether the complaint is settled',
  after_sales: 'Ask how it goes with what was bought',
}
const SAYS: Readonly<Record<WantCause, string>> = { contract: 'ends on', complaint: 'to be asked about on', after_sales: 'due on' }

/** How long before a day a contact may be wanted, and how far ahead that day may lie. Days. */
const [LONGEST_BEFORE, LONGEST_AHEAD] = [730, 3_660]

const about = () => ({
  id: idOf(customer),
  cause: z.enum(wantCauses),
  reference: f.line(120).describe('what your own records call it, such as the number of a contract; asked for once each'),
})

const askInput = () =>
  z.strictObject({
    ...about(),
    day: f.day().describe('the day it is about: the end of the contract, the day of the check'),
    daysBefore: z.int().min(0).max(LONGEST_BEFORE).default(0).describe('how long before that day the contact falls due'),
    title: f.line(200).optional(),
    priority: z.enum(priorities).default('normal'),
    valueAtStake: money().optional(),
  })
type Asked = z.output<ReturnType<typeof askInput>>

const view = () => z.object(planShape())

/**
 * Asks for a contact: when its time comes it becomes a visit on a working day, or joins the one that is open. The same again changes
 * nothing, also when the visit was made meanwhile; with another day it moves, as of a contract that was prolonged.
 */
export const ask = action(
  'cadence.ask',
  () => ({ input: askInput(), output: view() }),
  async (ctx, asked) => {
    const { id, cause, reference } = asked
    await find(ctx, customer, id)
    const mark = markOf(id, `outside ${cause} ${reference}`)
    const [standing, rules, marked] = await Promise.all([standingOf(ctx, id), rulesOf(ctx), ctx.table.get(mark)])
    const said = `${asked.day} ${asked.daysBefore}`
    if (marked?.['said'] === said) return planView(ctx, standing, rules)
    const wanted = wantOf(asked, ctx.now, rules.timeZone)
    const others = (standing.plan?.wanted ?? []).filter((one) => one.cause !== cause || one.sourceId !== reference)
    if (others.length >= MOST)
      throw fault('conflict', 'cadence.too_many', `${MOST} contacts are asked for already. Withdraw one, or plan a task.`, { most: MOST })
    const marking: Write = {
      put: { ...mark, said, expires: marksUntil(wanted.at) },
      if: marked ? { equals: { said: marked['said'] } } : { absent: true },
    }
    await withdraw(ctx, id, cause, reference, `It is now about ${asked.day}.`, { instead: wanted, guards: [marking] })
    return seen(ctx, id)
  },
)

/** Takes back what was asked for: off the plan, or off the visit that is open for it. Answers the same when there is nothing. */
export const takeBack = action(
  'cadence.take_back',
  () => ({ input: z.strictObject({ ...about(), reason: f.line(300) }), output: view() }),
  async (ctx, { id, cause, reference, reason }) => {
    await find(ctx, customer, id)
    await withdraw(ctx, id, cause, reference, reason, { guards: [{ delete: markOf(id, `outside ${cause} ${reference}`) }] })
    return seen(ctx, id)
  },
)

async function seen(ctx: Ctx, id: string) {
  const [standing, rules] = await Promise.all([standingOf(ctx, id), rulesOf(ctx)])
  return planView(ctx, standing, rules)
}

/** A contact as a plan keeps it. Told late it falls due at once, while the day it is about lies ahead. */
function wantOf({ cause, reference, day, daysBefore, title, priority, valueAtStake }: Asked, now: Instant, timeZone: string): Want {
  const today = dayIn(now, timeZone)
  const due = instantAt(dayAfter(day, -daysBefore), '00:00', timeZone)
  const at = due < now && day >= today ? now : due
  if (isPast({ at }, now)) throw invalid('too_late', 'day', 'This is more than two weeks ago: no contact is planned for it any more.')
  if (day > dayAfter(today, LONGEST_AHEAD)) throw invalid('too_far', 'day', `A contact is asked for within ${LONGEST_AHEAD} days.`)
  const before = daysBefore === 0 ? '' : `; contacted ${daysBefore} ${daysBefore === 1 ? 'day' : 'days'} before`
  const words = cause === 'contract' ? `Contract ${reference}` : reference
  return {
    cause,
    sourceId: reference,
    at,
    title: title ?? TITLES[cause],
    reason: cut(`${words} ${SAYS[cause]} ${day}${before}`),
    priority,
    ...(valueAtStake && { valueAtStake }),
  }
}
