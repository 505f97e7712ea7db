import type { CustomerRecord } from '../../customer/customer/index.ts'
import type { HistoryRecord } from '../../customer/purchase/index.ts'
import { daysLater } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import type { Workspace } from '../../platform/workspace/index.ts'
import { warningReason } from '../model/warning-line.ts'
import { lineOf, rhythmOf, riskFor, spendParams, stakeWhenWarned, valuePolicyOf, type CurrentModel } from '../statistics/index.ts'
import { keptReason, sayWarning, severityOf, type Warning } from './warning.ts'

/** What a warning is made from. */
export interface Facts {
  model: CurrentModel
  workspace: Workspace
  owner: CustomerRecord
  past: HistoryRecord
}

/** The warning about a silence as it is seen now. @param state what it becomes: work, a place in the line, or merely listed */
export function found(ctx: Ctx, { model, workspace, owner, past }: Facts, state: 'open' | 'ranked' | 'late'): Warning {
  const line = lineOf(workspace)
  const rhythm = rhythmOf(model, owner)
  const spend = spendParams(model, past)
  const policy = valuePolicyOf(model)
  const today = dayNumberIn(ctx.now, workspace.timeZone)
  const numbers = warningReason(rhythm, spend, past, line, today, policy)
  const beginner = { firstDay: past.lastDay, lastDay: past.lastDay, x: 0, repeatSpend: 0 }
  const typicalRevenue = model.typicalValueMinor ?? stakeWhenWarned(model.rhythm, spend, beginner, line)
  const typical = Math.round(typicalRevenue * policy.margin)
  const valueAtStake = { amount: Math.round(numbers.valueAtStake), currency: workspace.currency }
  const reason = keptReason(numbers, typical, model.version)
  return {
    customerId: owner.id,
    state,
    severity: severityOf(valueAtStake.amount, typical),
    valueAtStake,
    ...(owner.ownerId !== undefined && { ownerId: owner.ownerId }),
    reason,
    risk: Math.round(riskFor(model, owner, past, today, workspace.horizonDays).value * 10_000) / 10_000,
    explanation: sayWarning(reason, past.lastDay, valueAtStake),
    raisedAt: ctx.now,
    ...(state === 'ranked' && { rankedUntil: daysLater(ctx.now, workspace.horizonDays) }),
    lastPurchaseAt: past.lastAt,
    silenceDay: past.lastDay,
  }
}
