import * as z from 'zod'
import type { Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'

/** How one becomes a member: asked and accepting, by having a tier, or by hand alone. */
export const joinings = ['invitation', 'tier', 'manual'] as const

export const clubShape = () => ({
  name: f.line(120),
  description: f.prose(2_000).optional(),
  joining: z.enum(joinings),
  /** Of a club by tier: who has one of these is a member for as long as they have it. */
  tiers: z.array(f.slug()).min(1).max(12).optional(),
})
export type Club = z.output<z.ZodObject<ReturnType<typeof clubShape>>>

export const memberStates = ['invited', 'member', 'declined', 'left', 'ended'] as const
export type MemberState = (typeof memberStates)[number]

export const memberShape = () => ({
  clubId: z.string(),
  customerId: z.string(),
  state: z.enum(memberStates),
  via: z.enum(joinings),
  since: f.instant(),
  byId: z.string(),
})
export type Member = z.output<z.ZodObject<ReturnType<typeof memberShape>>>

export const answers = ['accept', 'decline', 'leave'] as const
export type Answer = (typeof answers)[number]

/** Where an answer leads from a state; undefined where it is none. */
export function afterAnswer(state: MemberState, answer: Answer): MemberState | undefined {
  switch (answer) {
    case 'accept':
      return state === 'invited' || state === 'declined' ? 'member' : undefined
    case 'decline':
      return state === 'invited' ? 'declined' : undefined
    case 'leave':
      return state === 'member' ? 'left' : undefined
  }
}

/** What becomes of a membership by tier: who left by themselves is not taken in again, who came another way stays. */
export function afterTier(before: Pick<Member, 'state' | 'via'> | undefined, has: boolean): MemberState | undefined {
  if (has) return before === undefined || before.state === 'ended' || before.state === 'invited' ? 'member' : undefined
  return before?.state === 'member' && before.via === 'tier' ? 'ended' : undefined
}

/** What is wrong with a club that its schema cannot say. @param known names of the workspace's tiers */
export function clubIssues({ joining, tiers = [] }: Pick<Club, 'joining' | 'tiers'>, known: readonly string[]): Issue[] {
  return [
    ...(joining === 'tier' && tiers.length === 0 ? [{ path: 'tiers', code: 'needed', message: 'Name the tiers of a club by tier.' }] : []),
    ...(joining !== 'tier' && tiers.length > 0 ? [{ path: 'tiers', code: 'not_by_tier', message: 'Only a club by tier has tiers.' }] : []),
    ...tiers.flatMap((tier, at) =>
      known.includes(tier) ? [] : [{ path: `tiers.${at}`, code: 'unknown', message: `The workspace’s tiers are ${known.join(', ')}.` }],
    ),
  ]
}
