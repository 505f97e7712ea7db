import { createHash } from 'node:crypto'
import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn, keyOf } from '../../kernel/id.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import { mayContact } from '../../customer/consent/index.ts'
import { channels, customer, type Channel, type CustomerRecord } from '../../customer/customer/index.ts'
import { interaction, interactionRecorded } from '../../customer/interaction/index.ts'
import { PURPOSE } from './greet.ts'
import { READY, wish, wishOutcomes, wishTold, type Wish } from './greeting.store.ts'

/** Greetings on their way out: what waits to be sent, whether it still may, and what came of it. */

const states = [READY, ...wishOutcomes] as const

const listInput = () =>
  z.strictObject({ ...pageInput(), state: z.enum(states).optional().describe('`ready`, the earliest day first, unless given') })

/** Greetings that wait to be sent, the earliest day first; those that were told of, the latest day first. */
export const list = action(
  'greeting_message.list',
  () => ({ input: listInput(), output: pageOf(rowView(wish)) }),
  (ctx, { state = READY, ...input }) => {
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may send to all customers sees this list.')
    return listPage(ctx, wish, facet(wish, state), input, { descending: state !== READY })
  },
)

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
    const channel = channelOf(found)
    const [file, permit] = await Promise.all([
      find(ctx, customer, found.customerId),
      channel && mayContact(ctx, found.customerId, PURPOSE, channel),
    ])
    const to = channel && addressOf(file, channel)
    const because = found.outcome !== undefined ? 'it was told what came of it' : permit?.allowed === false ? permit.because : undefined
    return { ...found, allowed: because === undefined, ...(because !== undefined && { because }), ...(to !== undefined && { to }) }
  },
)

const channelOf = ({ channel }: Pick<Wish, 'channel'>): Channel | undefined => channels.find((one) => one === channel)

function addressOf({ emails, phones }: CustomerRecord, channel: Channel): string | undefined {
  if (channel === 'email') return (emails.find(({ primary }) => primary) ?? emails[0])?.address
  if (channel === 'phone' || channel === 'sms') return (phones.find(({ primary }) => primary) ?? phones[0])?.number
  return undefined
}

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
  async (ctx, { id, outcome, at = ctx.now, note }) => {
    const before = await find(ctx, wish, id)
    if (before.outcome === outcome) return before
    if (before.outcome !== undefined)
      throw fault('conflict', 'greeting_message.told', `It was told before that this greeting was ${before.outcome.replace('_', ' ')}.`)
    if (at > ctx.now) throw invalid('in_the_future', 'at', 'This has not happened yet.')
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
