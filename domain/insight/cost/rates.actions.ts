import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { event } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import { find, mustMatch, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { creating } from '../statistics/index.ts'
import { costRates, IN_FORCE, readRates, versionKey } from './rates.store.ts'
import { ratesIssues, ratesShape } from './rates.ts'

export const ratesChanged = event('cost.rates_changed', 'What serving customers costs was set anew')
export const ratesKept = event('cost.rates_kept', 'A version of the rates was kept', { published: false })

const view = () => viewOf(costRates)

/** The rates in force; version 0 is the product's own. */
export const showRates = action('cost.show_rates', () => ({ input: z.strictObject({}), output: view() }), readRates)

/** The rates as a version had them. */
export const showVersion = action(
  'cost.show_rates_version',
  () => ({ input: z.strictObject({ version: z.coerce.number().int().min(1).max(1e9) }), output: view() }),
  async (ctx, { version }) => ({ ...(await find(ctx, costRates, costRates.id(versionKey(version)))), version }),
)

/** Sets the rates as a whole. What is booked stands as it is; the version before stays readable for whoever asks why. */
export const setRates = action(
  'cost.set_rates',
  () => ({ input: z.strictObject(ratesShape()), output: view() }),
  async (ctx, rates) => {
    const [before, { currency }] = await Promise.all([readRates(ctx), workspaceOf(ctx)])
    await mustMatch(ctx, costRates, before, rates)
    const issues = ratesIssues(rates, currency)
    if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
    const { record, change } =
      before.version === 0
        ? create(ctx, costRates, rates, ratesChanged, { own: IN_FORCE })
        : alter(ctx, costRates, before, rates, ratesChanged)
    const { change: keeping } = create(ctx, costRates, rates, ratesKept, { own: versionKey(record.version) })
    await creating('costrates.exists', () => commit(ctx, [change, keeping], record))
    ctx.memo.drop('cost rates')
    return record
  },
)
