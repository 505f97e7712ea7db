import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { defaultPolicy, policyShape, type Policy } from './policy.ts'

/** `published` ones wait for their date; `blocked`: on their date they could not take effect, with the reason. */
export const policyStates = ['draft', 'published', 'active', 'retired', 'blocked'] as const

export const versionShape = () => ({
  ...policyShape(),
  /** What the change is about. */
  note: f.line(200).optional(),
  state: z.enum(policyStates),
  effectiveAt: f.instant().optional(),
  publishedBy: z.string().optional(),
  activeAt: f.instant().optional(),
  retiredAt: f.instant().optional(),
  blockedBecause: z.string().optional(),
})
export type PolicyVersion = z.output<z.ZodObject<ReturnType<typeof versionShape>>>

/** A version of the workspace's tiers, from its first draft to its retirement. All are kept. */
export const tierPolicy = entity({
  noun: 'tierpolicy',
  prefix: 'tpo',
  home: 'workspace',
  fields: () => z.object(versionShape()),
  row: ['state', 'note', 'effectiveAt', 'activeAt', 'retiredAt'],
  // Ids begin with their time: in a state, versions are in the order in which they were drafted.
  list: { on: ['state'], key: ({ state }) => ({ facet: state, order: '' }) },
  due: {
    on: ['state', 'effectiveAt'],
    key: ({ state, effectiveAt }) => (state === 'published' && effectiveAt ? { job: 'tiers', at: effectiveAt } : undefined),
  },
})
export type PolicyRecord = RecordOf<typeof tierPolicy>

const rulesShape = () => ({
  ...policyShape(),
  /** The version these are of; absent for the product's own. */
  policyId: z.string().optional(),
  since: f.instant(),
})
export type Rules = z.output<z.ZodObject<ReturnType<typeof rulesShape>>>

/** The tiers in force: one record, so that judging a customer takes one read that is kept. */
export const tierRules = entity({ noun: 'tierrules', prefix: 'tru', home: 'workspace', single: true, fields: () => z.object(rulesShape()) })
export type RulesRecord = RecordOf<typeof tierRules>

/** Own key of the one record. */
export const RULES_KEY = '0'.repeat(KEY_LENGTH)
export const RULES_MEMO = 'tier policy'

/** The tiers in force; version 0 is the product's own. */
export async function readRules(ctx: Ctx): Promise<RulesRecord> {
  const id = tierRules.id(RULES_KEY)
  const item = await ctx.table.get(placeOf(tierRules, id))
  if (item) return recordIn<'tierrules', Rules>(item)
  const { currency } = await workspaceOf(ctx)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...defaultPolicy(currency), since: start, id, version: 0, createdAt: start, updatedAt: start }
}

/** The same, kept by a warm function for half a minute. */
export function policyOf(ctx: Ctx): Promise<Policy> {
  return ctx.memo.get(RULES_MEMO, ctx.now, () => readRules(ctx))
}

/**
 * Holds that the tiers a setting names are those of the policy in force, so that a slip of the pen is no rule for nobody.
 * @param named each with the path of the input that names it
 * @throws Fault `invalid` with every one that is not
 */
export async function mustKnowTiers(ctx: Ctx, named: readonly { name: string; path: string }[]): Promise<void> {
  const known = (await policyOf(ctx)).tiers.map(({ name }) => name)
  const errors = named
    .filter(({ name }) => !known.includes(name))
    .map(({ name, path }) => ({
      path,
      code: 'unknown',
      message: `There is no tier ${name}; the workspace’s tiers are ${known.join(', ')}.`,
    }))
  if (errors.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors })
}

/** A version by id, whether it may be seen or not; undefined when there is none. */
export async function versionAt(ctx: Ctx, id: string): Promise<PolicyRecord | undefined> {
  const item = await ctx.table.get(placeOf(tierPolicy, id))
  return item && recordIn<'tierpolicy', PolicyVersion>(item)
}
