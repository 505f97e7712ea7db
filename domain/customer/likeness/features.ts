import type { SomeFields } from '../customer/index.ts'

/** What of a file tells whether two are of one customer, in a form in which alike is equal. Pure. */
export interface Features {
  kind: 'person' | 'company'
  /** Words of the name in order of the alphabet, without titles and legal forms, folded. */
  name: string
  /** First letters of those words. */
  initials: string
  birthday?: string
  /** Parts before the @ that are a person's own: no `info`, no tags behind a plus sign, no dots. */
  locals: readonly string[]
  /** Last eight digits of phone numbers: country codes and trunk prefixes are written in many ways. */
  phones: readonly string[]
  /** Country, postal code and first number of the street. */
  addresses: readonly string[]
  cities: readonly string[]
  /** Host of the website, and of emails that are not at a public provider. */
  hosts: readonly string[]
}

const TITLES = new Set(['mr', 'mrs', 'ms', 'miss', 'dr', 'prof', 'sir', 'herr', 'frau', 'mme', 'sr', 'jr'])
const LEGAL_FORMS = new Set(
  'ltd limited inc incorporated llc llp lp plc corp corporation co company gmbh ag kg ohg ug sa sas sarl srl spa bv nv ab oy as aps pty kk group holding holdings the'.split(
    ' ',
  ),
)
const CHINESE_FORMS = /(股份)?有限(责任|責任)?公司$|集团$|集團$|公司$/u
/** Parts before the @ that belong to a desk, not to a person. */
const DESKS = new Set(
  'info contact office sales support service hello admin mail email team billing accounts marketing hr jobs noreply no-reply webmaster enquiries enquiry post'.split(
    ' ',
  ),
)
/** Providers whose name says nothing of the one who has an address there. */
const PROVIDERS =
  /^(gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|icloud|me|mac|aol|gmx|web|mail|protonmail|proton|qq|163|126|sina|sohu|foxmail|yandex|naver|daum)\.[a-z.]+$/

/** Letters and digits of any script, marks dropped, lower case, words apart. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/['’.]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

export function featuresOf(file: SomeFields): Features {
  const kind = file.kind ?? 'person'
  const words = wordsOf(file, kind)
  const emails = (file.emails ?? []).map((one) => one.address.split('@'))
  return {
    kind,
    name: words.join(' '),
    initials: words.map((word) => [...word][0] ?? '').join(''),
    ...(file.birthday !== undefined && { birthday: file.birthday }),
    locals: unique(emails.flatMap(([local = '']) => localOf(local) ?? [])),
    phones: unique((file.phones ?? []).flatMap((one) => digitsOf(one.number) ?? [])),
    addresses: unique((file.addresses ?? []).flatMap((one) => addressOf(one) ?? [])),
    cities: unique((file.addresses ?? []).flatMap((one) => (one.city ? [folded(one.city)] : []))),
    hosts: unique([...hostsOf(file.website), ...emails.flatMap(([, host = '']) => (host === '' || PROVIDERS.test(host) ? [] : [host]))]),
  }
}

function wordsOf({ name = '' }: SomeFields, kind: Features['kind']): string[] {
  const dropped = kind === 'company' ? LEGAL_FORMS : TITLES
  const words = folded(kind === 'company' ? name.replace(CHINESE_FORMS, '') : name).split(' ')
  const kept = words.filter((word) => word !== '' && !dropped.has(word))
  return (kept.length > 0 ? kept : words.filter(Boolean)).sort()
}

function localOf(local: string): string | undefined {
  const own = (local.split('+')[0] ?? '').replaceAll('.', '').toLowerCase()
  return own.length < 3 || DESKS.has(own) ? undefined : own
}

/** Digits that tell a number from others wherever it is dialled from. */
const TELLING_DIGITS = 8
function digitsOf(number: string): string | undefined {
  const digits = number.replace(/\D/g, '')
  return digits.length < TELLING_DIGITS ? undefined : digits.slice(-TELLING_DIGITS)
}

function addressOf({ street, postalCode, country }: NonNullable<SomeFields['addresses']>[number]): string | undefined {
  const house = /\d+/.exec(street ?? '')?.[0]
  if (!postalCode || house === undefined) return undefined
  return `${country ?? ''} ${folded(postalCode).replaceAll(' ', '')} ${house}`
}

function hostsOf(website: string | undefined): string[] {
  if (website === undefined) return []
  return [URL.parse(website)?.hostname.replace(/^www\./, '') ?? ''].filter((host) => host !== '')
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]
