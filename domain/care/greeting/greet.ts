import { create, type Change } from '../../kernel/commit.ts'
import type { Day } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { mayContact, type ConsentRecord } from '../../customer/consent/index.ts'
import type { Channel, CustomerRecord } from '../../customer/customer/index.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { workStart, workStartBefore, workTimeFor } from '../../platform/calendar/index.ts'
import { roomFrom, rulesOf } from '../cadence/index.ts'
import { task, taskKeyFor, taskOpened, type Task } from '../task/index.ts'
import type { Occasion } from './festival.ts'
import { wish, wishWritten } from './greeting.store.ts'
import { exclusion, type Rule } from './policy.ts'
import { names, tongueOf, wordsFor, type Tongue } from './words.ts'

/** A greeting as it is prepared. */
export interface Greeted {
  occasion: Occasion
  day: Day
  /** The year it is counted by, where that is not the day's own: of a lunar birthday the lunar year. */
  turn?: number
  /** Of an anniversary: how many years. */
  years?: number
}

/** What is said to a customer, in their language. */
export function wordsOf(
  rule: Rule,
  { name, language }: Pick<CustomerRecord, 'name' | 'language'>,
  given: Greeted,
  fallback: string,
): { tongue: Tongue; text: string } {
  const tongue = tongueOf(language ?? fallback)
  return { tongue, text: wordsFor(rule.occasion, tongue, { name, years: given.years }, textsOf(rule)) }
}

function textsOf({ texts }: Rule): Partial<Record<Tongue, string>> {
  return Object.fromEntries(Object.entries(texts ?? {}).filter(([, text]) => text !== undefined)) as Partial<Record<Tongue, string>>
}

/** How a customer likes to be reached, as far as it is known. */
export function channelOf({
  preferredChannel,
  phones,
  emails,
}: Pick<CustomerRecord, 'preferredChannel' | 'phones' | 'emails'>): Channel | undefined {
  return preferredChannel ?? (phones.length > 0 ? 'phone' : emails.length > 0 ? 'email' : undefined)
}

/** The purpose that a customer must have agreed to before a greeting is sent. A task for a person is no message. */
export const PURPOSE = 'greeting'

/** A greeting on its way into the table. */
export interface Made {
  change: Change
  /** Of a message: the condition that the customer still agrees, once a transaction. */
  guard?: Write
}

/** The own key of what a customer's greeting for an occasion of a year becomes. */
function greetingKey(customerId: string, { occasion, day, turn }: Pick<Greeted, 'occasion' | 'day' | 'turn'>): string {
  const year = turn ?? day.slice(0, 4)
  return taskKeyFor(`greeting ${occasion} ${year} ${customerId}`, `${year}-01-01T00:00:00.000Z`)
}

/** The id that a customer's message for an occasion of a year always has. */
export const wishIdFor = (customerId: string, given: Pick<Greeted, 'occasion' | 'day' | 'turn'>): string =>
  wish.id(greetingKey(customerId, given), customerId)

/**
 * The task or message of a greeting; undefined when the rule is not meant for this customer, it was made before, or it is a
 * message and the customer has not agreed to any on their channel. Its key is made from the occasion and the year, so there is
 * one however often it is asked for.
 * @param said what the customer agreed to, as it was read with the file
 */
export async function greetingFor(
  ctx: Ctx,
  rule: Rule,
  file: CustomerRecord,
  tier: string | undefined,
  given: Greeted,
  said: ConsentRecord | undefined,
): Promise<Made | undefined> {
  const { language } = await workspaceOf(ctx)
  if (exclusion(rule, tier, file.language ?? language) !== undefined) return undefined
  const own = greetingKey(file.id, given)
  const kind = rule.as === 'task' ? task : wish
  if (await ctx.table.get(placeOf(kind, kind.id(own, file.id)))) return undefined
  const { tongue, text } = wordsOf(rule, file, given, language)
  const channel = channelOf(file)
  if (rule.as === 'message') {
    if (channel === undefined) return undefined
    const { allowed, guard } = await mayContact(ctx, file.id, PURPOSE, channel, { seen: said })
    if (!allowed) return undefined
    const fields = {
      customerId: file.id,
      occasion: given.occasion,
      day: given.day,
      language: tongue,
      text,
      channel,
    }
    return { change: create(ctx, wish, fields, wishWritten, { customer: file.id, own }).change, guard }
  }
  const fields: Task = {
    title: `${names[given.occasion][tongueOf(language)]} ${given.day}`,
    cause: 'greeting',
    reason: `${channel === undefined ? '' : `By ${channel}, `}in ${tongue}: “${text}”`.slice(0, 500),
    priority: 'normal',
    state: 'open',
    dueAt: await dueFor(ctx, file.ownerId, given.day),
    ...(file.ownerId !== undefined && { ownerId: file.ownerId }),
  }
  return { change: create(ctx, task, fields, taskOpened, { customer: file.id, own }).change }
}

/** A working morning with room, at the latest the last one up to the day itself. */
async function dueFor(ctx: Ctx, ownerId: string | undefined, day: Day): Promise<string> {
  const work = await workTimeFor(ctx, ownerId)
  const [soonest, last] = [workStart(ctx.now, work), workStartBefore(day, work)]
  if (last <= soonest) return soonest
  const room = await roomFrom(ctx, ownerId, ctx.now, await rulesOf(ctx))
  return room < last ? room : last
}
