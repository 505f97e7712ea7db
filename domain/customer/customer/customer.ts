import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/** Where a customer stands with the company. */
export const lifecycles = ['lead', 'prospect', 'customer', 'dormant', 'lost', 'won_back'] as const
export type Lifecycle = (typeof lifecycles)[number]

export const birthdayCalendars = ['gregorian', 'lunar'] as const
export const familyStatuses = ['single', 'married', 'partnered', 'divorced', 'widowed', 'with_children'] as const
export const incomeBands = ['low', 'lower_middle', 'middle', 'upper_middle', 'high'] as const
export const channels = ['email', 'phone', 'sms', 'chat', 'visit', 'post'] as const
export type Channel = (typeof channels)[number]

const label = () => f.line(40).optional()
const primary = () => z.boolean().optional()

/** Ways to reach a customer; each of a kind has at most one primary, and each is one customer's only. */
export const email = () =>
  z.strictObject({
    address: z.string().max(254).trim().toLowerCase().pipe(z.email('an email address')),
    label: label(),
    primary: primary(),
  })
export const phone = () => z.strictObject({ number: z.string().min(3).max(40), label: label(), primary: primary() })
export const messaging = () => z.strictObject({ system: f.slug(), handle: f.line(120), primary: primary() })
export const externalId = () =>
  z.strictObject({
    system: f.slug(),
    id: z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]{1,120}$/, '1 to 120 visible ASCII characters'),
  })
export const address = () =>
  z.strictObject({
    street: f.line(200).optional(),
    city: f.line(100).optional(),
    region: f.line(100).optional(),
    postalCode: f.line(20).optional(),
    country: f.country(),
    label: label(),
    primary: primary(),
  })

/** The customer file: what people write. Persons and companies share it; what fits one kind only is refused for the other. */
export const fileShape = () => ({
  name: f.line(200),
  givenName: f.line(100).optional(),
  familyName: f.line(100).optional(),
  emails: z.array(email()).max(10),
  phones: z.array(phone()).max(10),
  messaging: z.array(messaging()).max(10),
  externalIds: z.array(externalId()).max(10),
  addresses: z.array(address()).max(10),
  birthday: f.day().optional(),
  /** By which calendar the birthday comes round: of the lunar one, the day that the date of birth was. Gregorian unless said. */
  birthdayCalendar: z.enum(birthdayCalendars).optional(),
  familyStatus: z.enum(familyStatuses).optional(),
  occupation: f.line(120).optional(),
  incomeBand: z.enum(incomeBands).optional(),
  industry: f.line(120).optional(),
  website: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  employees: z.int().min(0).max(10_000_000).optional(),
  source: f.line(80).optional(),
  preferredChannel: z.enum(channels).optional(),
  language: f.language().optional(),
  country: f.country().optional(),
  timeZone: f.timeZone().optional(),
  interests: z.array(f.line(60)).max(30),
  tags: z.array(f.slug()).max(30),
  notes: f.prose(4_000).optional(),
  custom: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

/** Files that one may absorb, theirs included: each is a partition more to read wherever the whole customer is read. */
export const MOST_ABSORBED = 20
/** Identities that lead to a file unseen. With those of another file they fit one transaction. */
export const MOST_ALIASES = 40

/** The whole record: the file, and what actions alone may change. */
export const customerShape = () => ({
  kind: z.enum(['person', 'company']),
  ...fileShape(),
  /** The company this company belongs to. */
  parentId: z.string().optional(),
  lifecycle: z.enum(lifecycles),
  lifecycleSince: f.instant(),
  lifecycleReason: z.string().optional(),
  ownerId: z.string().optional(),
  teamId: z.string().optional(),
  /** Files that were merged into this one, whose records count as its own, and theirs in turn. */
  absorbed: z.array(z.string()).max(MOST_ABSORBED).optional(),
  /** Identities of absorbed files that lead here though the lists above do not show them, as unique values. */
  aliases: z.array(z.string().max(200)).max(MOST_ALIASES).optional(),
  /** The file this one was merged into; who asks for this one gets that one. */
  mergedInto: z.string().optional(),
})
export type Customer = z.output<z.ZodObject<ReturnType<typeof customerShape>>>
/** Some fields of a customer, as input gives them. */
export type SomeFields = { [K in keyof Customer]?: Customer[K] | undefined }

const PERSON_ONLY = ['givenName', 'familyName', 'birthday', 'birthdayCalendar', 'familyStatus', 'occupation', 'incomeBand'] as const
const COMPANY_ONLY = ['industry', 'employees', 'parentId'] as const

/** Fields given that this kind of customer cannot have. */
export function misplacedFields(customer: SomeFields): string[] {
  const foreign: readonly (keyof Customer)[] = customer.kind === 'person' ? COMPANY_ONLY : PERSON_ONLY
  return foreign.filter((field) => customer[field] !== undefined)
}

/** The unique values a customer holds: what no second live customer may have. */
export function identitiesOf(customer: Pick<Customer, 'emails' | 'phones' | 'messaging' | 'externalIds' | 'aliases'>): string[] {
  return [
    ...customer.emails.map((one) => `email:${one.address}`),
    ...customer.phones.map((one) => `phone:${one.number}`),
    ...customer.messaging.map((one) => `messaging:${one.system}:${one.handle.toLowerCase()}`),
    ...customer.externalIds.map((one) => `external:${one.system}:${one.id}`),
    ...(customer.aliases ?? []),
  ]
}

/** Lists of identities with more than one primary, by field name. */
export function manyPrimaries(customer: SomeFields): string[] {
  const lists = ['emails', 'phones', 'messaging', 'addresses'] as const
  return lists.filter((field) => (customer[field] ?? []).filter((one: { primary?: boolean | undefined }) => one.primary).length > 1)
}

/** A name as lists sort it and as a prefix is looked up: composed letters apart, marks dropped, lower case. */
export function foldName(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim().slice(0, 60)
}

/** Which lifecycle may follow which; a purchase makes anyone a customer. */
const next: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  lead: ['prospect', 'customer', 'lost'],
  prospect: ['lead', 'customer', 'lost'],
  customer: ['dormant', 'lost'],
  dormant: ['customer', 'lost', 'won_back'],
  lost: ['prospect', 'won_back', 'customer'],
  won_back: ['customer', 'dormant', 'lost'],
}

/** Whether a customer may go from one lifecycle to another. */
export function mayBecome(from: Lifecycle, to: Lifecycle): boolean {
  return next[from].includes(to)
}

/** The lifecycle after a purchase: who had been dormant or lost is won back, everyone else a customer. */
export function afterPurchase(from: Lifecycle): Lifecycle {
  return from === 'dormant' || from === 'lost' ? 'won_back' : from === 'won_back' ? 'won_back' : 'customer'
}
