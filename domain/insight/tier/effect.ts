import { alter, commit, create, Stale, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { facet, page } from '../../kernel/page.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { policyBlocked, policyRetired, policyTookEffect, rulesChanged } from './events.ts'
import { changesAtOnce, goneFrom, labelOf, policyIssues, type Policy } from './policy.ts'
import { readRules, RULES_KEY, RULES_MEMO, tierPolicy, tierRules, versionAt, type PolicyRecord, type RulesRecord } from './policy.store.ts'
import { tier } from './tier.store.ts'
import { walkStarted } from './walk.store.ts'

/** Tiers in force that a policy would leave out although they have members. One read of one row for each. */
export async function homeless(ctx: Ctx, before: Policy, after: Policy): Promise<string[]> {
  const gone = goneFrom(before, after)
  const pages = await Promise.all(gone.map((name) => page(ctx, facet(tier, name), { limit: 1 })))
  return gone.filter((_, at) => (pages[at]?.items.length ?? 0) > 0)
}

/**
 * The changes by which a version takes effect: it becomes the rules in force, the one before retires, and where somebody may
 * be promoted by it at once, the walk begins that finds them. One transaction, so a version takes effect once.
 */
export async function effect(ctx: Ctx, before: PolicyRecord, rules: RulesRecord): Promise<{ record: PolicyRecord; changes: Change[] }> {
  // Another run brought it into force between our reads of the two.
  if (rules.policyId === before.id) throw new Stale(before.id)
  const { tiers, holdDays, warnDays, wordOfMouthPercent = 0 } = before
  const patch = { state: 'active', activeAt: ctx.now, effectiveAt: before.effectiveAt ?? ctx.now, blockedBecause: null } as const
  const { record, change } = alter(ctx, tierPolicy, before, patch, policyTookEffect)
  const inForce = { tiers, holdDays, warnDays, wordOfMouthPercent, policyId: before.id, since: ctx.now }
  const replaced =
    rules.version === 0
      ? create(ctx, tierRules, inForce, rulesChanged, { own: RULES_KEY })
      : alter(ctx, tierRules, rules, inForce, rulesChanged)
  const former = rules.policyId === undefined ? undefined : await versionAt(ctx, rules.policyId)
  const retired = former && alter(ctx, tierPolicy, former, { state: 'retired', retiredAt: ctx.now }, policyRetired)
  const walk = changesAtOnce(rules, before) ? [await walkStarted(ctx, 'rejudge', record)] : []
  return { record, changes: [change, replaced.change, ...(retired ? [retired.change] : []), ...walk] }
}

/** A published version whose date has come: takes effect, or is blocked with the reason when it no longer can. */
export async function comeIntoForce(ctx: Ctx, id: string): Promise<'not_due' | 'in_force' | 'blocked'> {
  const before = await versionAt(ctx, id)
  if (!before || before.state !== 'published' || !before.effectiveAt || before.effectiveAt > ctx.now) return 'not_due'
  const [rules, { currency }] = await Promise.all([readRules(ctx), workspaceOf(ctx)])
  const [issue] = policyIssues(before, currency)
  const left = await homeless(ctx, rules, before)
  const why = issue
    ? `${issue.path}: ${issue.message}`
    : left.length > 0
      ? `Customers still have ${left.map((name) => labelOf(rules, name)).join(', ')}, which it leaves out.`
      : undefined
  if (why !== undefined) {
    await commit(ctx, [alter(ctx, tierPolicy, before, { state: 'blocked', blockedBecause: why }, policyBlocked).change])
    return 'blocked'
  }
  const { changes } = await effect(ctx, before, rules)
  await commit(ctx, changes)
  ctx.memo.drop(RULES_MEMO)
  return 'in_force'
}
