import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
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
