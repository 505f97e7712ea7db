import { customerIdIn, KEY_LENGTH, keysOf } from '../../kernel/id.ts'
import type { Item } from '../../kernel/table/table.ts'
import { fold } from './fold.ts'

/** What search finds. A word in a ticket's thread finds its ticket. */
export const nouns = ['customer', 'ticket', 'interaction', 'deal', 'purchase'] as const
export type Noun = (typeof nouns)[number]

/** By what else than its name a record is found. */
export type IdentityKind = 'email' | 'phone' | 'external' | 'messaging' | 'website' | 'order'

/** What an index is told of a record: all that it may be found by, shown with and hidden by. Personal throughout. */
export interface Doc {
  /** Of the record that holds the text; a message's leads to its ticket. */
  id: string
  title: string
  /** What it is called: any part of it finds it, and a mistyped word too. */
  names: readonly string[]
  identities: readonly { kind: IdentityKind; value: string }[]
  /** Texts whose words find it, the most telling first. */
  texts: readonly string[]
  /** Who sees it besides those whose scope is all: the customer's account manager and team, and who is responsible for it. */
  ownerId?: string
  teamId?: string
  responsibleId?: string
}

/** How a kind of record is told to an index. */
interface Source {
  noun: string
  finds: Noun
  prefix: string
  responsible?: string
  /** Fields that decide what a document says: a change of others is none to search. */
  on: readonly string[]
  /** Its words never change while the record lives. */
  fixed?: true
  tell(item: Item): Pick<Doc, 'title' | 'names' | 'identities' | 'texts'>
}

const SCOPE = ['deletedAt', 'erasedAt'] as const
/** Fields of a customer that decide who sees everything about them. */
export const CUSTOMERS_SCOPE = ['ownerId', 'teamId', 'mergedInto', 'absorbed', ...SCOPE] as const

const text = (item: Item, field: string): string => (typeof item[field] === 'string' ? item[field] : '')
const texts = (item: Item, ...fields: string[]): string[] => fields.map((field) => text(item, field)).filter((one) => one !== '')
const listIn = (item: Item, field: string): Item[] => (Array.isArray(item[field]) ? (item[field] as Item[]) : [])
const spoken = (slug: string): string => slug.charAt(0).toUpperCase() + slug.slice(1).replaceAll('_', ' ')

/** The name, and of a person's given and family name what it does not say already. */
function namesOf(item: Item): string[] {
  const name = text(item, 'name')
  const others = texts(item, 'givenName', 'familyName').filter((part) => !fold(name).includes(fold(part)))
  return others.length > 0 ? [name, others.join(' ')] : [name]
}

function identitiesOf(item: Item): Doc['identities'] {
  const website = text(item, 'website')
  return [
    ...listIn(item, 'emails').map((one) => ({ kind: 'email' as const, value: text(one, 'address') })),
    ...listIn(item, 'phones').map((one) => ({ kind: 'phone' as const, value: text(one, 'number') })),
    ...listIn(item, 'externalIds').map((one) => ({ kind: 'external' as const, value: text(one, 'id') })),
    ...listIn(item, 'messaging').map((one) => ({ kind: 'messaging' as const, value: text(one, 'handle') })),
    ...(website === '' ? [] : [{ kind: 'website' as const, value: hostOf(website) }]),
  ].filter(({ value }) => value !== '')
}

const hostOf = (website: string): string => (URL.canParse(website) ? new URL(website).hostname.replace(/^www\./, '') : '')

const orderOf = (item: Item): string => {
  const order = item['orderId']
  return typeof order === 'object' && order !== null && 'id' in order ? String(order.id) : ''
}

const told = (title: string, said: readonly string[]) => ({ title, names: [], identities: [], texts: said })

/** Every kind of record that search knows. Another one is another entry, and its noun above. */
const sources: readonly Source[] = [
  {
    noun: 'customer',
    finds: 'customer',
    prefix: 'cus',
    on: ['name', 'givenName', 'familyName', 'emails', 'phones', 'externalIds', 'messaging', 'website', ...CUSTOMERS_SCOPE],
    tell: (item) => ({ title: text(item, 'name'), names: namesOf(item), identities: identitiesOf(item), texts: [] }),
  },
  {
    noun: 'ticket',
    finds: 'ticket',
    prefix: 'tic',
    responsible: 'assigneeId',
    on: ['subject', 'resolution', 'assigneeId', ...SCOPE],
    tell: (item) => told(text(item, 'subject'), texts(item, 'subject', 'resolution')),
  },
  {
    noun: 'message',
    finds: 'ticket',
    prefix: 'msg',
    on: ['body', ...SCOPE],
    tell: (item) => told(text(item, 'body'), texts(item, 'body')),
  },
  {
    noun: 'interaction',
    finds: 'interaction',
    prefix: 'int',
    responsible: 'byId',
    on: ['subject', 'body', 'kind', 'byId', ...SCOPE],
    tell: (item) => told(texts(item, 'subject', 'body')[0] ?? spoken(text(item, 'kind')), texts(item, 'subject', 'body')),
  },
  {
    noun: 'deal',
    finds: 'deal',
    prefix: 'dea',
    responsible: 'ownerId',
    on: ['name', 'ownerId', ...SCOPE],
    tell: (item) => told(text(item, 'name'), texts(item, 'name')),
  },
  {
    noun: 'purchase',
    finds: 'purchase',
    prefix: 'pur',
    on: ['orderId', ...SCOPE],
    fixed: true,
    tell: (item) => ({ title: orderOf(item), names: [], identities: [{ kind: 'order', value: orderOf(item) }], texts: [] }),
  },
]

const byNoun = new Map(sources.map((source) => [source.noun, source]))
const byPrefix = new Map(sources.map((source) => [source.prefix, source]))

/** Kinds of records kept in a customer's partition, by their sort keys' beginning. */
export const childNouns: readonly string[] = sources.filter(({ noun }) => noun !== 'customer').map(({ noun }) => noun)

/** Whether an item is a record that search knows. */
export function isKnown(item: Item): boolean {
  return byNoun.has(String(item['noun']))
}

/** Whether a record's words are the same as long as it lives, so that nothing need be kept to find them again. */
export function isFixed(id: string): boolean {
  return byPrefix.get(keysOf(id).prefix)?.fixed === true
}

/** What of a record search looks at, as text; '' for none. Two that are the same make the same document. */
export function gistOf(item: Item | undefined): string {
  const source = byNoun.get(String(item?.['noun']))
  return source && item ? JSON.stringify(source.on.map((field) => item[field])) : ''
}

/** Whether who may see a customer's records changed, or whether there is a customer to see. */
export function movesOthers(before: Item | undefined, after: Item | undefined): boolean {
  const fields = before?.['noun'] === 'customer' || after?.['noun'] === 'customer' ? CUSTOMERS_SCOPE : SCOPE
  return JSON.stringify(fields.map((field) => before?.[field])) !== JSON.stringify(fields.map((field) => after?.[field]))
}

const isGone = (item: Item | undefined): boolean => !item || item['deletedAt'] !== undefined || item['erasedAt'] !== undefined

/**
 * A record as an index is told of it; undefined for one that is not to be found: deleted, erased, or of a customer who is.
 * @param file the customer it belongs to, or who absorbed them
 * @param thread the ticket of a message
 */
export function docOf(item: Item | undefined, file: Item | undefined, thread?: Item): Doc | undefined {
  const source = byNoun.get(String(item?.['noun']))
  if (!source || !item || isGone(item) || isGone(file)) return undefined
  if (source.noun === 'message' && isGone(thread)) return undefined
  const doc = source.tell(item)
  const responsible = source.responsible === undefined ? '' : text(item, source.responsible)
  const [ownerId, teamId] = [text(file ?? {}, 'ownerId'), text(file ?? {}, 'teamId')]
  return {
    id: String(item['id']),
    ...doc,
    ...(ownerId !== '' && { ownerId }),
    ...(teamId !== '' && { teamId }),
    ...(responsible !== '' && { responsibleId: responsible }),
  }
}

/** What an id in the index leads to: the noun and id that are shown, and whose they are. */
export function shownAs(id: string): { noun: Noun; id: string; customerId: string } | undefined {
  const { prefix, first, second } = keysOf(id)
  const source = byPrefix.get(prefix)
  if (!source) return undefined
  const shown = source.noun === 'message' ? `tic_${first}${second.slice(0, KEY_LENGTH)}` : id
  return { noun: source.finds, id: shown, customerId: customerIdIn(id) }
}
