import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { amend, find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { effect, homeless } from './effect.ts'
import { policyChanged, policyDrafted, policyPublished } from './events.ts'
import { labelOf, policyIssues, policyShape, type Policy } from './policy.ts'
import { policyStates, readRules, RULES_MEMO, tierPolicy, tierRules, versionShape, type PolicyRecord } from './policy.store.ts'

const view = () => viewOf(tierPolicy)
const byId = () => ({ id: idOf(tierPolicy) })

/** The tiers in force, from the lowest to the highest. */
export const showRules = action('tier.show_policy', () => ({ input: z.strictObject({}), output: viewOf(tierRules) }), readRules)

export const show = action(
  'tier_policy.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, tierPolicy, id),
)

/** The versions of the workspace's tiers, the latest first; pages over all states may be short. */
export const list = action(
  'tier_policy.list',
  () => ({ input: z.strictObject({ ...pageInput(), state: z.enum(policyStates).optional() }), output: pageOf(rowView(tierPolicy)) }),
  (ctx, { state, ...input }) => {
    const states = state ? [state] : policyStates
    return listPage(
      ctx,
      tierPolicy,
      states.flatMap((one) => facet(tierPolicy, one)),
      input,
      { descending: true },
    )
  },
)

/** @throws Fault `invalid` with everything that is wrong with a policy */
async function refuseBad(ctx: Ctx, policy: Policy): Promise<void> {
  const { currency } = await workspaceOf(ctx)
  const issues = policyIssues(policy, currency)
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
}

const draftInput = () => z.strictObject({ ...policyShape(), note: versionShape().note })

/** Drafts a version of the workspace's tiers. It changes nothing until it is published. */
export const draft = action(
  'tier_policy.draft',
  () => ({ input: draftInput(), output: view() }),
  async (ctx, policy) => {
    await refuseBad(ctx, policy)
    const { record, change } = create(ctx, tierPolicy, { ...policy, state: 'draft' }, policyDrafted)
    return commit(ctx, [change], record)
  },
)

/** Changes a draft. What was published stands as it is: draft another. */
export const change = action(
  'tier_policy.change',
  () => ({ input: z.strictObject({ ...byId(), ...f.patchOf({ ...policyShape(), note: versionShape().note }) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const { currency } = await workspaceOf(ctx)
    return amend(ctx, tierPolicy, id, patch, policyChanged, (after) => {
      if (after.state !== 'draft') throw notDraft(after)
      const issues = policyIssues(after, currency)
      if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
    })
  },
)

function notDraft({ state, id }: PolicyRecord) {
  return fault('conflict', 'tier_policy.not_a_draft', `${id} is ${state}: draft another version.`, { state })
}

/** Longest a policy can be published ahead. Days. */
const LONGEST_AHEAD = 730

const publishInput = () => z.strictObject({ ...byId(), effectiveAt: f.instant().optional().describe('now, unless given') })

/**
 * Publishes a version: it takes effect at once, or at a date to come. Again, while it waits, moves the date. From then on
 * promotions go by it at once, found by a walk over the customers; nobody drops before their tier expires.
 */
export const publish = action(
  'tier_policy.publish',
  () => ({ input: publishInput(), output: view() }),
  async (ctx, { id, effectiveAt: said }) => {
    const before = await find(ctx, tierPolicy, id)
    await mustMatch(ctx, tierPolicy, before, {})
    if (before.state === 'active' || before.state === 'retired') throw notDraft(before)
    const effectiveAt = said === undefined ? ctx.now : new Date(said).toISOString()
    if (effectiveAt < ctx.now) throw invalid('effective_at.past', 'effectiveAt', 'A policy takes effect now or later, never in the past.')
    if (effectiveAt > daysLater(ctx.now, LONGEST_AHEAD)) {
      throw invalid('effective_at.too_late', 'effectiveAt', `A policy is published ${LONGEST_AHEAD} days ahead at most.`)
    }
    const [rules] = await Promise.all([readRules(ctx), refuseBad(ctx, before)])
    const [left] = await homeless(ctx, rules, before)
    if (left !== undefined) {
      throw fault('conflict', 'tier.in_use', `Customers still have the tier ${labelOf(rules, left)}, which this policy leaves out.`, {
        tier: left,
      })
    }
    const patch = { state: 'published', effectiveAt, publishedBy: ctx.actor.id, blockedBecause: null } as const
    const published = alter(ctx, tierPolicy, before, patch, policyPublished)
    if (effectiveAt > ctx.now) return commit(ctx, [published.change], published.record)
    const { record, changes } = await effect(ctx, { ...before, effectiveAt, publishedBy: ctx.actor.id }, rules)
    await commit(ctx, changes, record)
    ctx.memo.drop(RULES_MEMO)
    return record
  },
)
