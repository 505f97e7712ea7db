import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { viewOf } from '../../kernel/record.ts'
import { customerNamed, namedShape, openedOnce, recordNamed, whoseShape, withName } from '../customer/index.ts'
import { add } from './contact.actions.ts'
import { contactFileShape } from './contact.ts'
import { contact } from './contact.store.ts'

const putInput = () =>
  z.strictObject({
    ...namedShape(),
    ...whoseShape('company', 'companyId'),
    ...whoseShape('person', 'personId'),
    ...patchOf(contactFileShape()),
    primary: z.boolean().optional(),
  })

/** Names another system's contact, or changes what is given of it. Who is the company's contact already gets the name too. */
export const putBy = action(
  'contact.putBy',
  () => ({ input: putInput(), output: viewOf(contact) }),
  async (ctx, { system, externalId, role, title, externalIds, primary, ...given }) => {
    const name = { system, externalId }
    const [before, company, person] = await Promise.all([
      recordNamed(ctx, contact, name),
      customerNamed(ctx, given, 'company'),
      customerNamed(ctx, given, 'person'),
    ])
    const id = company ?? (before && customerIdIn(before.id))
    const personId = person ?? before?.personId
    if (id === undefined || personId === undefined)
      throw invalid(
        'contact.needs_both',
        id === undefined ? 'companyId' : 'personId',
        'There is no such contact yet: say of which company, and who.',
      )
    if (before && (id !== customerIdIn(before.id) || personId !== before.personId))
      throw invalid('contact.stands', 'personId', 'This contact is another person’s, or of another company.')
    const said = title === undefined ? before?.title : (title ?? undefined)
    const part = { role: role ?? before?.role ?? ('other' as const), primary: primary ?? before?.primary ?? false }
    const ids = withName(name, externalIds, before?.externalIds)
    return openedOnce(contact.noun, name, () =>
      add.run(ctx, { id, personId, ...part, ...(said !== undefined && { title: said }), externalIds: ids } as Parameters<
        typeof add.run
      >[1]),
    )
  },
)
