import type { CustomerRecord } from '../../../customer/customer/index.ts'
import type { Workspace } from '../../../platform/workspace/index.ts'

/** Columns of a customer's row in an export, in the order they come when none are chosen. */
const COLUMNS = [
  'id',
  'kind',
  'name',
  'givenName',
  'familyName',
  'emails',
  'phones',
  'messaging',
  'externalIds',
  'addresses',
  'country',
  'birthday',
  'birthdayCalendar',
  'familyStatus',
  'occupation',
  'incomeBand',
  'industry',
  'website',
  'employees',
  'parentId',
  'lifecycle',
  'lifecycleSince',
  'ownerId',
  'teamId',
  'source',
  'preferredChannel',
  'language',
  'timeZone',
  'interests',
  'tags',
  'notes',
  'createdAt',
  'updatedAt',
] as const

/** What columns an export of customers can have. */
export function columnsOf({ customFields }: Pick<Workspace, 'customFields'>): string[] {
  return [...COLUMNS, ...customFields.map(({ name }) => `custom.${name}`)]
}

/** A customer's cells. Lists are joined by semicolons, which an import takes apart again. */
export function cellsOf(record: CustomerRecord, columns: readonly string[]): string[] {
  return columns.map((column) =>
    column.startsWith('custom.') ? textOf(record.custom[column.slice('custom.'.length)]) : textOf(record[column as keyof CustomerRecord]),
  )
}

/** A value as a cell shows it; lists joined by semicolons. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(entryOf).join('; ')
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value)
}

/** One of a list in a word: an email's address, a phone's number, `system:id`, an address's lines. */
function entryOf(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null) return textOf(entry)
  const { address, number, system, handle, id, street, city, region, postalCode, country } = entry as Record<string, unknown>
  if (address !== undefined || number !== undefined) return textOf(address ?? number)
  if (system !== undefined) return `${textOf(system)}:${textOf(handle ?? id)}`
  return [street, city, region, postalCode, country]
    .filter((part) => part !== undefined)
    .map(textOf)
    .join(', ')
}
