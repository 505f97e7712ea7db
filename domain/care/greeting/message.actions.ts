import { createHash } from 'node:crypto'
import * as z from 'zod'
import { survivorOf } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { dayNumber, later, type Day } from '../../kernel/clock.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn, keyOf } from '../../kernel/id.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { mayContact } from '../../customer/consent/index.ts'
import { channels, customer, type Channel, type CustomerRecord } from '../../customer/customer/index.ts'
import { interaction, interactionRecorded } from '../../customer/interaction/index.ts'
import { PURPOSE, wishIdFor } from './greet.ts'
import { READY, wish, wishOutcomes, wishTold, type Wish } from './greeting.store.ts'

/** Greetings on their way out: what waits to be sent, whether it still may, and what came of it. */

/** `expired`: nobody told what came of it before its day was over. */
const states = [READY, 'expired', ...wishOutcomes] as const

const listInput = () =>
  z.strictObject({ ...pageInput(), state: z.enum(states).optional().describe('`ready`, the earliest day first, unless given') })

/** Before the first and after the last of any order. */
const [FIRST, LAST] = ['0', '\u{10FFFF}'] as const

/** Greetings that wait to be sent, the earliest day first; those that were told of or are too late now, the latest day first. */
export const list = action(
  'greeting_message.list',
  () => ({ input: listInput(), output: pageOf(rowView(wish)) }),
  async (ctx, { state = READY, ...input }) => {
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may send to all customers sees this list.')
    const waits = state === READY || state === 'expired'
    if (!waits) return listPage(ctx, wish, facet(wish, state), input, { descending: true })
    const today = await todayOf(ctx)
    const between = state === READY ? { from: today, to: LAST } : { from: FIRST, to: today }
    const stretches = facet(wish, READY).map((one) => ({ ...one, between }))
    return listPage(ctx, wish, stretches, input, { descending: state !== READY })
  },
)

async function todayOf(ctx: Ctx): Promise<Day> {
  return dayIn(ctx.now, (await workspaceOf(ctx)).timeZone)
}

/** A greeting with where it goes, and whether the customer agrees to it now: to be read right before it is sent. Two rounds. */
export const show = action(
  'greeting_message.show',
  () => ({
    input: z.strictObject({ id: idOf(wish) }),
    output: z.intersection(
      viewOf(wish),
      z.object({
        allowed: z.boolean(),
        because: z.string().optional().describe('why it must not be sent'),
        to: z.string().optional().describe('address or number of the channel, where there is one'),
      }),
    ),
  }),
  async (ctx, { id }) => {
    const found = await find(ctx, wish, id)
    const file = await standing(ctx, found.customerId)
    const channel = channelOf(found)
    const to = channel && addressOf(file, channel)
    const because = await obstacle(ctx, found, file, to)
    return { ...found, allowed: because === undefined, ...(because !== undefined && { because }), ...(to !== undefined && { to }) }
  },
)

/** The file of who is to be greeted, or whom it was merged into. @throws Fault `missing` */
async function standing(ctx: Ctx, customerId: string): Promise<CustomerRecord> {
  const item = await survivorOf(ctx, await ctx.table.get(placeOf(customer, customerId)))
  if (!item || item['deletedAt'] || item['erasedAt']) throw missing(customer.noun, customerId)
  return recordIn<'customer', CustomerRecord>(item)
}

/** Why a greeting must not be sent now; undefined when it may be. */
async function obstacle(ctx: Ctx, found: Wish, file: CustomerRecord, to: string | undefined): Promise<string | undefined> {
  const channel = channelOf(found)
  if (found.outcome !== undefined) return 'it was told what came of it'
  if (found.day < (await todayOf(ctx))) return 'its day has passed'
  if (channel && ADDRESSED.has(channel) && to === undefined) return `the customer has nothing to be reached at by ${channel}`
  const merged = file.id !== found.customerId
  const year = Number(found.day.slice(0, 4))
  // A lunar birthday in January or February belongs to the lunar year before.
  const twins = [year, year - 1].map((turn) => placeOf(wish, wishIdFor(file.id, { ...found, turn })))
  const [permit, others] = await Promise.all([channel && mayContact(ctx, file.id, PURPOSE, channel), merged ? ctx.table.getAll(twins) : []])
  if (permit?.allowed === false) return permit.because
  return others.some((twin) => twin !== undefined && nearBy(String(twin['day']), found.day))
    ? `the file was merged into ${file.id}, who has this greeting of their own`
    : undefined
}

/** How far apart the same occasion of two files may be. Days. */
const NEAR_DAYS = 60
const nearBy = (one: Day, other: Day): boolean => Math.abs(dayNumber(one) - dayNumber(other)) <= NEAR_DAYS

const channelOf = ({ channel }: Pick<Wish, 'channel'>): Channel | undefined => channels.find((one) => one === channel)

/** Channels by which somebody is reached at an address or a number of their file. */
const ADDRESSED: ReadonlySet<Channel> = new Set(['email', 'phone', 'sms'])

function addressOf({ emails, phones }: CustomerRecord, channel: Channel): string | undefined {
  if (channel === 'email') return (emails.find(({ primary }) => primary) ?? emails[0])?.address
  if (channel === 'phone' || channel === 'sms') return (phones.find(({ primary }) => primary) ?? phones[0])?.number
  return undefined
}

/** How far clocks may differ. Milliseconds. */
const CLOCKS_DIFFER = 5 * 60_000

/**
 * Says what came of a greeting, once: of one that was sent the timeline tells. The same again answers what is there.
 * Two writes, an index write as the list moves.
 */
export const tell = action(
  'greeting_message.tell',
  () => ({
    input: z.strictObject({ id: idOf(wish), outcome: z.enum(wishOutcomes), at: f.instant().optional(), note: f.line(500).optional() }),
    output: viewOf(wish),
  }),
  async (ctx, { id, outcome, at: said = ctx.now, note }) => {
    const before = await find(ctx, wish, id)
    if (before.outcome === outcome) return before
    if (before.outcome !== undefined)
      throw fault('conflict', 'greeting_message.told', `It was told before that this greeting was ${before.outcome.replace('_', ' ')}.`)
    const at = new Date(said).toISOString()
    if (at > later(ctx.now, CLOCKS_DIFFER)) throw invalid('in_the_future', 'at', 'This has not happened yet.')
    if (at < later(before.createdAt, -CLOCKS_DIFFER)) throw invalid('too_early', 'at', 'The greeting was not written yet.')
    const { record, change } = alter(ctx, wish, before, { outcome, outcomeAt: at, ...(note !== undefined && { note }) }, wishTold)
    return commit(ctx, [change, ...(outcome === 'sent' ? [onTimeline(ctx, record, at)] : [])], record)
  },
)

/** The entry of a greeting that was sent: a message, which no one answered to yet, so it puts off no visit. */
function onTimeline(ctx: Ctx, { id, occasion, text, channel }: Wish, at: string): Change {
  const fields = {
    kind: 'message' as const,
    direction: 'out' as const,
    subject: `Greeting: ${occasion.replaceAll('_', ' ')}`,
    body: text,
    ...(channel !== undefined && { channel }),
    occurredAt: at,
    contact: false,
    byId: ctx.actor.id,
  }
  const own = keyOf(Date.parse(at), createHash('sha256').update(`greeting ${id}`).digest())
  return create(ctx, interaction, fields, interactionRecorded, { customer: customerIdIn(id), own }).change
}
