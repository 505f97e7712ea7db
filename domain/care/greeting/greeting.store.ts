import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import * as f from '../../kernel/fields.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { festivals, occasions } from './festival.ts'
import { greetingShape } from './greeting.ts'
import { newPolicy, policyShape, type Policy } from './policy.ts'
import { tongues } from './words.ts'

/** When a customer is greeted next for a day of their own: one each, beside the file. */
export const greeting = entity({
  noun: 'greeting',
  prefix: 'gre',
  home: 'customer',
  single: true,
  fields: () => z.object(greetingShape()),
  due: { on: ['timerAt'], key: ({ timerAt }) => (timerAt === undefined ? undefined : { job: 'greetings', at: timerAt }) },
  personal: ['birthday'],
})
export type GreetingRecord = RecordOf<typeof greeting>

/** The list of those that wait to be sent. */
export const READY = 'ready'
export const wishOutcomes = ['sent', 'not_sent'] as const

/** A greeting written for a customer, for whoever sends messages: one an occasion and year. */
export const wish = entity({
  noun: 'wish',
  prefix: 'wis',
  home: 'customer',
  fields: () =>
    z.object({
      customerId: z.string(),
      occasion: z.enum(occasions),
      day: f.day(),
      language: z.enum(tongues),
      channel: z.string().optional(),
      text: z.string(),
      /** What came of it, told once; absent while it waits to be sent. */
      outcome: z.enum(wishOutcomes).optional(),
      outcomeAt: f.instant().optional(),
      /** Why it was not sent, or how it was taken. */
      note: f.line(500).optional(),
    }),
  row: ['customerId', 'occasion', 'day', 'language', 'channel', 'text', 'outcome', 'outcomeAt'],
  list: { on: ['outcome', 'day'], key: ({ outcome, day }) => ({ facet: outcome ?? READY, order: day }) },
  personal: ['text', 'note'],
})
export type Wish = RecordOf<typeof wish>

/** A festival on its way through the customers of a tier, page after page. */
export const festivalRun = entity({
  noun: 'festival_run',
  prefix: 'fes',
  home: 'workspace',
  fields: () =>
    z.object({
      occasion: z.enum(festivals),
      day: f.day(),
      tier: z.string(),
      state: z.enum(['running', 'done']),
      shard: z.int(),
      /** Where the page before ended. */
      after: z.record(z.string(), z.string()).optional(),
      seen: z.int(),
      greeted: z.int(),
      timerAt: f.instant().optional(),
    }),
  due: { on: ['timerAt'], key: ({ timerAt }) => (timerAt === undefined ? undefined : { job: 'festival-pages', at: timerAt }) },
})
export type FestivalRun = RecordOf<typeof festivalRun>

/** Whom the workspace greets; it has one such policy. */
export const greetingPolicy = entity({
  noun: 'greeting_policy',
  prefix: 'gpo',
  home: 'workspace',
  single: true,
  fields: () => z.object(policyShape()),
})
export type PolicyRecord = RecordOf<typeof greetingPolicy>

export const greetingMoved = event('greeting.moved', 'A customer’s days to be greeted on were looked at', { published: false })
export const wishWritten = event('wish.written', 'A greeting is ready to be sent to a customer')
export const wishTold = event('wish.told', 'It was told what came of a greeting')
export const runBegun = event('festival_run.begun', 'The customers of a tier are about to be greeted for a festival')
export const runMoved = event('festival_run.moved', 'A page of a tier’s customers was looked at for a festival', { published: false })
export const runDone = event('festival_run.done', 'All customers of a tier were looked at for a festival')
export const policyChanged = event('greeting_policy.changed', 'The policy of greetings changed')

export const POLICY_KEY = '0'.repeat(KEY_LENGTH)
export const POLICY_MEMO = 'greeting policy'

/** The policy as it stands; version 0 is the product's own. */
export async function readPolicy(ctx: Ctx): Promise<PolicyRecord> {
  const id = greetingPolicy.id(POLICY_KEY)
  const item = await ctx.table.get(placeOf(greetingPolicy, id))
  if (item) return recordIn<'greeting_policy', Policy>(item)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...newPolicy, id, version: 0, createdAt: start, updatedAt: start }
}

/** The same, kept by a warm function for half a minute. */
export function policyOf(ctx: Ctx): Promise<Policy> {
  return ctx.memo.get(POLICY_MEMO, ctx.now, () => readPolicy(ctx))
}
