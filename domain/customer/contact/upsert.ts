import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { mustMatch, viewOf } from '../../kernel/record.ts'
import { customerNamed, differing, isOf, namedShape, openedOnce, recordNamed, whoseShape, withName } from '../customer/index.ts'
import { change, join } from './contact.actions.ts'
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
    const [before, companyId, personId] = await Promise.all([
      recordNamed(ctx, contact, name),
      customerNamed(ctx, given, 'company'),
      customerNamed(ctx, given, 'person'),
    ])
    if (before) {
      const [theirs, same] = await Promise.all([isOf(ctx, companyId, customerIdIn(before.id)), isOf(ctx, personId, before.personId)])
      if (!theirs || !same) throw invalid('contact.stands', 'personId', 'This contact is another person’s, or of another company.')
      ctx.request.existing = true
      const ids = externalIds === undefined ? undefined : withName(name, externalIds)
      const changes = differing(before, { role, title, primary, externalIds: ids })
      if (Object.keys(changes).length > 0) return change.run(ctx, { id: before.id, ...changes })
      await mustMatch(ctx, contact, before, {})
      return before
    }
    if (companyId === undefined || personId === undefined)
      throw invalid(
        'contact.needs_both',
        companyId === undefined ? 'companyId' : 'personId',
        'There is no such contact yet: say of which company, and who.',
      )
    return openedOnce(contact.noun, name, () =>
      join(ctx, companyId, personId, (there) => ({
        role: role ?? there?.role ?? 'other',
        primary: primary ?? there?.primary ?? false,
        title: title === undefined ? there?.title : (title ?? undefined),
        externalIds: withName(name, externalIds, there?.externalIds),
      })),
    )
  },
)
