import * as z from 'zod'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { customerShape, foldName, identitiesOf } from './customer.ts'

/** A person or company. Its item heads the partition in which everything about it lives. */
export const customer = entity({
  noun: 'customer',
  prefix: 'cus',
  home: 'workspace',
  fields: () => z.object(customerShape()),
  row: ['kind', 'name', 'lifecycle', 'ownerId', 'emails', 'phones', 'country', 'tags'],
  list: { on: ['name'], key: ({ name }) => ({ facet: 'name', order: foldName(name) }) },
  owner: {
    on: ['ownerId', 'lifecycle', 'name'],
    key: ({ ownerId, lifecycle, name }) => (ownerId ? { user: ownerId, state: lifecycle, at: foldName(name) } : undefined),
  },
  unique: { on: ['emails', 'phones', 'messaging', 'externalIds', 'aliases'], values: identitiesOf, fault: 'customer.identity_taken' },
  responsible: 'ownerId',
  personal: [
    'name',
    'givenName',
    'familyName',
    'emails',
    'phones',
    'messaging',
    'externalIds',
    'addresses',
    'birthday',
    'birthdayCalendar',
    'familyStatus',
    'occupation',
    'incomeBand',
    'website',
    'interests',
    'notes',
    'custom',
    'lifecycleReason',
    'aliases',
  ],
})
export type CustomerRecord = RecordOf<typeof customer>

/**
 * Holds that a customer is neither in the bin nor merged. For what is begun of them: whoever takes a file to the bin finds no
 * beginning to stop when it is written a moment later from what was read before.
 */
export function fileStands(customerId: string): Write {
  return { check: placeOf(customer, customerId), if: { present: true, equals: { deletedAt: undefined } } }
}

/** Holds the file as it was read: not in the bin meanwhile, nor given to someone else, who would then not get what is opened for it. */
export function fileUnmoved({ file, customerId }: { file?: Pick<CustomerRecord, 'ownerId'> | undefined; customerId: string }): Write {
  return { check: placeOf(customer, customerId), if: { present: true, equals: { deletedAt: undefined, ownerId: file?.ownerId } } }
}
