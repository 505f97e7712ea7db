import { familyStatuses, incomeBands, lifecycles } from '../../customer/customer/index.ts'
import { strategies } from '../../insight/pyramid/index.ts'
import type { Op } from './op.ts'
import { opsOf } from './op.ts'

/**
 * What a field holds. `share`: a number from 0 to 1.
 * `birthday`: a day of which only the year’s return matters.
 */
export type FieldType = 'text' | 'choice' | 'list' | 'number' | 'money' | 'share' | 'boolean' | 'date' | 'birthday'

/** What has to be read to know a field: the head of the customer's partition is always read. */
export type Source = 'head' | 'purchases' | 'interactions' | 'tickets' | 'warnings' | 'model' | 'population' | 'profit'

export interface Field {
  type: FieldType
  /** For people, in a sentence. */
  label: string
  source: Source
  /** Changes that can change it, `noun:field` or `noun:*`. */
  on: readonly string[]
  choices?: readonly string[]
  /** May be counted over the last days only (`optional`), or only so (`required`). */
  window?: 'optional' | 'required'
  /** May be narrowed to one product. */
  product?: true
  /** Moves with other customers (`daily`) or with the fitted model (`model`), so members are looked at again as a whole. */
  shifts?: 'daily' | 'model'
}

const ofFile = (type: FieldType, label: string, name: string, choices?: readonly string[]): Field => ({
  type,
  label,
  source: 'head',
  on: [`customer:${name}`],
  ...(choices && { choices }),
})
const ofHistory = (type: FieldType, label: string, more: Partial<Field> = {}): Field => ({
  type,
  label,
  source: 'head',
  on: ['history:*'],
  ...more,
})
const ofTier = (type: FieldType, label: string, name: string): Field => ({ type, label, source: 'head', on: [`tier:${name}`] })

const bands = ['low', 'middle', 'high'] as const

/** Everything a rule can name, but for the tiers' names and the custom fields, which the workspace decides. */
export const fields: Readonly<Record<string, Field>> = {
  kind: ofFile('choice', 'kind', 'kind', ['person', 'company']),
  name: ofFile('text', 'name', 'name'),
  country: ofFile('text', 'country', 'country'),
  language: ofFile('text', 'language', 'language'),
  lifecycle: ofFile('choice', 'lifecycle', 'lifecycle', lifecycles),
  lifecycleSince: ofFile('date', 'day of the lifecycle’s beginning', 'lifecycleSince'),
  createdAt: ofFile('date', 'day the file was opened', 'createdAt'),
  ownerId: ofFile('text', 'account manager', 'ownerId'),
  teamId: ofFile('text', 'team', 'teamId'),
  parentId: ofFile('text', 'parent company', 'parentId'),
  source: ofFile('text', 'source', 'source'),
  occupation: ofFile('text', 'occupation', 'occupation'),
  industry: ofFile('text', 'industry', 'industry'),
  employees: ofFile('number', 'employees', 'employees'),
  familyStatus: ofFile('choice', 'family status', 'familyStatus', familyStatuses),
  incomeBand: ofFile('choice', 'income band', 'incomeBand', incomeBands),
  preferredChannel: ofFile('text', 'preferred channel', 'preferredChannel'),
  birthday: ofFile('birthday', 'birthday', 'birthday'),
  tags: ofFile('list', 'tags', 'tags'),
  interests: ofFile('list', 'interests', 'interests'),
  cities: { ...ofFile('list', 'cities', 'addresses') },
  hasEmail: ofFile('boolean', 'an email address', 'emails'),
  hasPhone: ofFile('boolean', 'a phone number', 'phones'),
  'purchases.count': ofHistory('number', 'purchases', { source: 'purchases', window: 'optional', product: true }),
  'purchases.net': ofHistory('money', 'net spend', { source: 'purchases', window: 'optional' }),
  'purchases.days': ofHistory('number', 'days with a purchase'),
  'purchases.first': ofHistory('date', 'first purchase'),
  'purchases.last': ofHistory('date', 'last purchase'),
  tier: ofTier('choice', 'tier', 'tier'),
  'tier.since': ofTier('date', 'day of the tier’s beginning', 'since'),
  'tier.validUntil': ofTier('date', 'last day of the tier', 'validUntil'),
  'tier.atRisk': ofTier('boolean', 'a tier at risk', 'atRisk'),
  'value.clv12m': ofHistory('money', 'lifetime value of 12 months', { source: 'model', shifts: 'model' }),
  'value.pAlive': ofHistory('share', 'chance of still being a customer', { source: 'model', shifts: 'model' }),
  'rfm.recency': ofHistory('number', 'recency score', { source: 'population', shifts: 'daily' }),
  'rfm.frequency': ofHistory('number', 'frequency score', { source: 'population', shifts: 'daily' }),
  'rfm.monetary': ofHistory('number', 'money score', { source: 'population', shifts: 'daily' }),
  'pyramid.strategy': ofHistory('choice', 'strategy', { source: 'profit', shifts: 'daily', choices: strategies }),
  'pyramid.value': ofHistory('choice', 'value now', { source: 'profit', shifts: 'daily', choices: bands }),
  'pyramid.potential': ofHistory('choice', 'potential', { source: 'profit', shifts: 'daily', choices: bands }),
  'interactions.last': { type: 'date', label: 'last contact', source: 'interactions', on: ['interaction:*'] },
  'interactions.count': {
    type: 'number',
    label: 'contacts',
    source: 'interactions',
    on: ['interaction:*'],
    window: 'required',
  },
  'tickets.open': { type: 'number', label: 'open tickets', source: 'tickets', on: ['ticket:state'] },
  'warnings.open': { type: 'number', label: 'open churn warnings', source: 'warnings', on: ['warning:state'] },
}

/** Field names of the two numbers that fall by themselves. */
export const FALLING: ReadonlySet<string> = new Set(['value.clv12m', 'value.pAlive'])

/** What of the workspace decides which fields there are. */
export interface Vocabulary {
  currency: string
  timeZone: string
  customFields: readonly {
    name: string
    label: string
    type: 'text' | 'number' | 'boolean' | 'date' | 'choice'
    choices?: string[] | undefined
  }[]
  /** Names of the tiers there are. */
  tiers: readonly string[]
}

/** A field by name; undefined when there is none. */
export function fieldOf(name: string, { customFields, tiers }: Vocabulary): Field | undefined {
  if (name === 'tier') return { ...ofTier('choice', 'tier', 'tier'), choices: tiers }
  if (!name.startsWith('custom.')) return Object.hasOwn(fields, name) ? fields[name] : undefined
  const own = customFields.find((one) => `custom.${one.name}` === name)
  return own && { ...ofFile(own.type, own.label, name, own.choices), label: own.label }
}

/** All names a rule of this workspace can use. */
export function fieldNames({ customFields }: Vocabulary): string[] {
  return [...Object.keys(fields), ...customFields.map(({ name }) => `custom.${name}`)]
}

/** What may be asked of a field. */
export function operatorsOf(name: string, field: Field): readonly Op[] {
  const falls = FALLING.has(name)
  return opsOf(field.type).filter((op) => !falls || op !== 'is')
}
