import type { CustomerRecord } from '../../customer/customer/index.ts'

/** How complete a file is: what of it is there, by what each thing counts. Pure. */

type File = Pick<CustomerRecord, 'kind' | 'name'> & Partial<CustomerRecord>

/** What counts, and how much unless the workspace says otherwise. A way to reach the customer counts most. */
export const defaultWeights = {
  person: {
    emails: 20,
    phones: 20,
    addresses: 10,
    birthday: 10,
    ownerId: 10,
    givenName: 5,
    familyName: 5,
    language: 5,
    preferredChannel: 5,
    country: 5,
    source: 5,
  },
  company: {
    emails: 20,
    phones: 20,
    addresses: 15,
    website: 10,
    industry: 10,
    ownerId: 10,
    employees: 5,
    country: 5,
    source: 5,
  },
} as const satisfies Record<File['kind'], Partial<Record<keyof CustomerRecord, number>>>

/** Fields a workspace may weigh. */
export const weighable = [
  ...new Set([
    ...Object.keys(defaultWeights.person),
    ...Object.keys(defaultWeights.company),
    'messaging',
    'interests',
    'occupation',
    'familyStatus',
    'incomeBand',
    'notes',
    'timeZone',
  ]),
]

/** Share in percent below which a file is to be mended, unless the workspace says otherwise. */
export const DEFAULT_LINE = 60

/** What a workspace says of completeness. */
export interface Policy {
  weights?: Readonly<Record<string, number>> | undefined
  line?: number | undefined
}

export interface Completeness {
  /** Share of all weights that is there, in whole percent. */
  score: number
  /** Fields that are missing, those that count most first. */
  missing: string[]
  /** Fields whose value cannot be right, with what is wrong. */
  invalid: { field: string; words: string }[]
}

/** Fields that only one kind has count for that kind alone. */
const PERSON = new Set(['givenName', 'familyName', 'birthday', 'familyStatus', 'occupation', 'incomeBand'])
const COMPANY = new Set(['industry', 'employees', 'website'])

/** `score = Σ weights of fields that say something ÷ Σ weights × 100`, rounded down; 100 where nothing counts. */
export function completenessOf(file: File, policy: Policy | undefined, today: string): Completeness {
  const foreign = file.kind === 'person' ? COMPANY : PERSON
  const weights = Object.entries<number>(policy?.weights ?? defaultWeights[file.kind]).filter(
    ([field, weight]) => weight > 0 && !foreign.has(field),
  )
  const all = weights.reduce((sum, [, weight]) => sum + weight, 0)
  const missing = weights.filter(([field]) => isEmpty(file[field as keyof File]))
  const lacking = missing.reduce((sum, [, weight]) => sum + weight, 0)
  return {
    score: all === 0 ? 100 : Math.floor(((all - lacking) / all) * 100),
    missing: missing.sort(([a, heavy], [b, light]) => light - heavy || (a < b ? -1 : 1)).map(([field]) => field),
    invalid: wrongIn(file, today),
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** Values that no rule of entry refuses and that are wrong all the same: placeholders, impossible dates. */
function wrongIn(file: File, today: string): Completeness['invalid'] {
  const wrong: Completeness['invalid'] = []
  const say = (field: string, words: string): void => void wrong.push({ field, words })
  if (/^(\W|test|asdf|xxx+|n\/?a|none|unknown|tbd|\?+|unbekannt|未知|测试|測試)+$/iu.test(file.name))
    say('name', 'A placeholder, not a name.')
  if (file.birthday !== undefined && file.birthday > today) say('birthday', 'Lies in the future.')
  if (file.birthday !== undefined && file.birthday < '1900-01-01') say('birthday', 'Lies before 1900.')
  if ((file.emails ?? []).some(({ address }) => PLACEHOLDER_EMAIL.test(address)))
    say('emails', 'An address at a domain that receives no mail.')
  if ((file.phones ?? []).some(({ number }) => /(\d)\1{6}/.test(number))) say('phones', 'One digit seven times over: a placeholder.')
  return wrong
}
/** Domains that RFC 2606 and RFC 6761 keep for examples and tests, and what people write instead of an address. */
const PLACEHOLDER_EMAIL =
  /@([^@]+\.)?(example|invalid|test|localhost)$|@(.+\.)?example\.(com|net|org)$|@(none|noemail|nomail|test|asdf)\.[a-z]+$/

/** Whether a file belongs on the list of those to mend. */
export function isToFix({ score, invalid }: Pick<Completeness, 'score' | 'invalid'>, policy: Policy | undefined): boolean {
  return score < (policy?.line ?? DEFAULT_LINE) || invalid.length > 0
}
