import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { idOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { modelOf, riskScores, valuePolicyOf, type CurrentModel } from '../statistics/index.ts'
import { explainRhythm, formulasOf, recordsBehind, recordsShape, type Explanation } from './explain.ts'
import { visibleHead, type RhythmRecord, rhythm } from './rhythm.store.ts'

const chance = () => z.number().min(0).max(1)

const view = () =>
  z.object({
    customerId: z.string(),
    state: z.enum(['no_purchase', 'waiting', 'warned', 'idle']),
    words: z.string(),
    purchases: z
      .object({
        repeatDays: z.int(),
        firstPurchase: f.day(),
        lastPurchase: f.day(),
        daysSinceLast: z.int(),
        usualGapDays: z.number(),
        gapOf: z.enum(['customer', 'segment']),
      })
      .optional(),
    chances: z.object({ pAlive: chance(), pAny: chance(), horizonDays: z.int() }).optional(),
    risk: z
      .object({ value: chance(), score: z.enum(riskScores), why: z.string() })
      .optional()
      .describe('probability of no purchase within the horizon, by the score that the back-test chose: what ranks customers'),
    expected: z.object({ purchasesWithinHorizon: z.number(), purchasesWithin12Months: z.number(), spendPerPurchase: money() }).optional(),
    value: z.object({ next12Months: money(), atStake: money(), margin: z.number(), monthlyDiscount: z.number() }).optional(),
    warning: z.object({ line: chance(), day: f.day().optional(), nextLookAt: f.instant().optional() }).optional(),
    model: z.object({
      kind: z.string(),
      parameters: z.record(z.string(), z.number()),
      spendParameters: z.record(z.string(), z.number()).optional(),
      source: z.enum(['fitted', 'pooled']),
      why: z.string(),
      version: z.int(),
      segment: z.object({ by: z.string(), value: z.string(), customers: z.int(), why: z.string() }).optional(),
    }),
    formulas: z.record(z.string(), z.string()),
    records: recordsShape(),
  })

/** The model that spoke for a customer: everybody's, or their segment's. */
function sayModel({ rhythm: { kind, params }, spend, source, why, version, settings }: CurrentModel, segment?: Explanation['segment']) {
  return {
    kind,
    parameters: { ...(segment?.params ?? params) },
    ...(spend && { spendParameters: { ...spend } }),
    source,
    why,
    version,
    ...(segment && { segment: { by: settings.segmentBy, value: segment.value, customers: segment.customers, why: segment.why } }),
  }
}

function stateOf(timer: RhythmRecord | undefined): 'waiting' | 'warned' | 'idle' {
  return timer?.state ?? 'idle'
}

/** Explains a customer's rhythm, chances and value in words and numbers: one query of the head of the partition. */
export const show = action(
  'rhythm.show',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: view() }),
  async (ctx, { id }) => {
    const [head, model, workspace] = await Promise.all([visibleHead(ctx, id), modelOf(ctx), workspaceOf(ctx)])
    const formulas = formulasOf(valuePolicyOf(model))
    const records = recordsBehind(id, head.history?.id)
    if (!head.history) {
      return {
        customerId: id,
        model: sayModel(model),
        formulas,
        records,
        state: 'no_purchase' as const,
        words: 'No purchase is recorded yet.',
      }
    }
    const timer = head.single(rhythm)
    const told = explainRhythm({ model, history: head.history, file: head.customer, workspace, now: ctx.now })
    return {
      customerId: id,
      model: sayModel(model, told.segment),
      formulas,
      records,
      state: stateOf(timer),
      ...viewIn(told, workspace.currency, timer?.dueAt),
    }
  },
)

/** An explanation as it leaves. */
function viewIn(told: Explanation, currency: string, nextLookAt: string | undefined) {
  const worth = (amount: number) => ({ amount, currency })
  const { repeatDays, firstPurchase, lastPurchase, daysSinceLast, usualGapDays, gapOf, margin, monthlyDiscount } = told
  return {
    words: told.words,
    purchases: { repeatDays, firstPurchase, lastPurchase, daysSinceLast, usualGapDays, gapOf },
    chances: { pAlive: told.pAlive, pAny: told.pAny, horizonDays: told.horizonDays },
    risk: told.risk,
    expected: {
      purchasesWithinHorizon: told.expectedPurchases.withinHorizon,
      purchasesWithin12Months: told.expectedPurchases.within12Months,
      spendPerPurchase: worth(told.expectedSpendMinor),
    },
    value: { next12Months: worth(told.value12MonthsMinor), atStake: worth(told.valueAtStakeMinor), margin, monthlyDiscount },
    warning: {
      line: told.warningLine,
      ...(told.warnDay !== undefined && { day: told.warnDay }),
      ...(nextLookAt !== undefined && { nextLookAt }),
    },
  }
}
