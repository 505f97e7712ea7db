import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { idOf, mustMatch } from '../../kernel/record.ts'
import { contact } from '../../customer/contact/index.ts'
import { customerNamed, differing, isOf, namedShape, openedOnce, recordNamed, whoseShape, withName } from '../../customer/customer/index.ts'
import { change, open, view } from './ticket.actions.ts'
import { ticketChannels, ticketShape } from './ticket.ts'
import { ticket } from './ticket.store.ts'

const OPENING = 'when it is opened; later it stands'

const putInput = () =>
  z.strictObject({
    ...namedShape(),
    ...whoseShape('customer', 'customerId'),
    ...f.patchOf(ticketShape()),
    body: f.prose(10_000).optional().describe(`the customer’s words, ${OPENING}; the subject unless given`),
    channel: z.enum(ticketChannels).optional().describe(OPENING),
    contactId: idOf(contact).optional().describe(OPENING),
  })

/** Opens another system's ticket, or changes what is given of it. What is the same already writes nothing. */
export const putBy = action(
  'ticket.putBy',
  () => ({ input: putInput(), output: view() }),
  async (ctx, { system, externalId, body, channel = 'api', contactId, ...given }) => {
    const name = { system, externalId }
    const { customerId: _, customer: __, ...patch } = given as typeof given & { customerId?: unknown; customer?: unknown }
    const [before, id] = await Promise.all([recordNamed(ctx, ticket, name), customerNamed(ctx, given, 'customer')])
    if (before) {
      ctx.request.existing = true
      if (!(await isOf(ctx, id, before.customerId)))
        throw invalid('ticket.customer_stands', 'customerId', `This ticket is ${before.customerId}’s.`)
      const wanted = { ...patch, ...(patch.externalIds !== undefined && { externalIds: withName(name, patch.externalIds) }) }
      const changes = differing(before, wanted)
      if (Object.keys(changes).length > 0) return change.run(ctx, { id: before.id, ...changes })
      await mustMatch(ctx, ticket, before, {})
      return before
    }
    if (id === undefined) throw invalid('ticket.needs_customer', 'customerId', 'There is no such ticket yet; to open it, say whose it is.')
    if (patch.subject === undefined)
      throw invalid('ticket.needs_subject', 'subject', 'There is no such ticket yet; to open it, give a subject.')
    const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null))
    const input = { ...said, id, channel, contactId, body: body ?? patch.subject, externalIds: withName(name, patch.externalIds) }
    return openedOnce(ticket.noun, name, () => open.run(ctx, open.schemas().input.parse(input)))
  },
)
