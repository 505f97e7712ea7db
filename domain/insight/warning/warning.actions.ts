import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { history } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list as listPage, pageInput, pageOf, rowView, work, type Stretch } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { formulasOf, recordsBehind, recordsShape } from '../rhythm/index.ts'
import { modelOf, valuePolicyOf } from '../statistics/index.ts'
import { warningClosed, warningSnoozed } from './events.ts'
import { tallyEnded } from './tally.ts'
import { isStanding, isUnended, outcomes, warningStates } from './warning.ts'
import { warning, type WarningRecord } from './warning.store.ts'

const view = () => viewOf(warning)
const byId = () => ({ id: idOf(warning) })

/** Where the numbers of a warning come from. */
const why = () => z.object({ formulas: z.record(z.string(), z.string()), records: recordsShape() })

/** A warning with its reason, the formulas of its numbers and the records they come from. */
export const show = action(
  'warning.show',
  () => ({ input: z.strictObject(byId()), output: z.intersection(view(), z.object({ why: why() })) }),
  async (ctx, { id }) => {
    const [told, model] = await Promise.all([find(ctx, warning, id), modelOf(ctx)])
    const records = recordsBehind(told.customerId, history.id('', told.customerId))
    return { ...told, why: { formulas: { ...formulasOf(valuePolicyOf(model)), ...WARNING_FORMULAS }, records } }
  },
)

const WARNING_FORMULAS = {
  usualGapDays: 'days from the first to the last purchase day ÷ repeat purchase days; of who bought on one day, 7 α ÷ r of the model',
  line: 'the workspace’s warning line, at most 0.75 of the chance on the day of the last purchase',
  severity: 'value at stake ÷ that of a typical customer of the workspace: from 5 critical, 2 high, 0.5 medium',
} as const

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    ownerId: z.string().max(64).optional().describe('an account manager’s; `me` for one’s own'),
    state: z.enum(warningStates).default('open'),
  })

/**
 * Warnings in a state: everyone's, or one account manager's. Those that have not ended come by value at stake, the largest
 * first, the others latest first.
 */
export const list = action(
  'warning.list',
  () => ({ input: listInput(), output: pageOf(rowView(warning)) }),
  (ctx, input) => listPage(ctx, warning, stretchesOf(ctx, input), input, { descending: true }),
)

function stretchesOf(ctx: Ctx, { ownerId, state }: z.output<ReturnType<typeof listInput>>): Stretch[] {
  if (ctx.scope === 'all' && ownerId === undefined) return facet(warning, state)
  return work(ctx, warning, `${state}#`, ownerId === 'me' ? ctx.actor.id : ownerId)
}

/** A customer's warnings, the latest silence first. */
export const ofCustomer = action(
  'warning.of_customer',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput() }), output: pageOf(partialView(warning)) }),
  async (ctx, { id, ...input }) => {
    await find(ctx, customer, id)
    return records(ctx, warning, collection(warning, id), input)
  },
)

/** Longest a warning can be put off. Days. */
const LONGEST_SNOOZE = 365

/** Puts a warning off: it opens again by itself. Putting off again moves the day. */
export const snooze = action(
  'warning.snooze',
  () => ({ input: z.strictObject({ ...byId(), until: f.instant(), reason: f.line(300) }), output: view() }),
  async (ctx, { id, until, reason }) => {
    const snoozedUntil = new Date(until).toISOString()
    if (snoozedUntil <= ctx.now) throw invalid('until.past', 'until', 'A warning is put off to a moment in the future.')
    if (snoozedUntil > daysLater(ctx.now, LONGEST_SNOOZE)) {
      throw invalid('until.too_late', 'until', `A warning is put off for ${LONGEST_SNOOZE} days at most.`)
    }
    const before = await unended(ctx, id)
    if (!isStanding(before)) {
      throw fault('conflict', 'warning.not_open', `This warning is ${before.state}: it is nobody’s work that could be put off.`, {
        state: before.state,
      })
    }
    const { record, change } = alter(ctx, warning, before, { state: 'snoozed', snoozedUntil, snoozeReason: reason }, warningSnoozed)
    return commit(ctx, [change], record)
  },
)

/** Ends a warning with what came of it. The same silence is not warned of again. */
export const close = action(
  'warning.close',
  () => ({ input: z.strictObject({ ...byId(), outcome: z.enum(outcomes), note: f.prose(2_000).optional() }), output: view() }),
  async (ctx, { id, outcome, note }) => {
    const before = await unended(ctx, id)
    const patch = {
      state: 'closed',
      outcome,
      endedAt: ctx.now,
      endedBy: ctx.actor.id,
      snoozedUntil: null,
      snoozeReason: null,
      rankedUntil: null,
    } as const
    const { record, change } = alter(ctx, warning, before, { ...patch, ...(note !== undefined && { note }) }, warningClosed)
    return commit(ctx, [change], record, [tallyEnded(before, outcome)])
  },
)

/** @throws Fault `conflict` for a warning that ended */
async function unended(ctx: Ctx, id: string): Promise<WarningRecord> {
  const before = await find(ctx, warning, id)
  await mustMatch(ctx, warning, before, {})
  if (isUnended(before)) return before
  throw fault('conflict', 'warning.already_ended', `This warning was ${before.state} at ${before.endedAt ?? 'an unknown time'}.`, {
    state: before.state,
    outcome: before.outcome,
  })
}
