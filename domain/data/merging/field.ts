import { isDeepStrictEqual } from 'node:util'
import { identitiesOf, MOST_ABSORBED, MOST_ALIASES, type CustomerRecord } from '../../customer/customer/index.ts'
import { fault } from '../../kernel/fault.ts'

/** What a file becomes that takes in another, field by field. Pure. */

/** Fields of which a file has one value. */
const ONE = [
  'name',
  'givenName',
  'familyName',
  'birthday',
  'birthdayCalendar',
  'familyStatus',
  'occupation',
  'incomeBand',
  'industry',
  'website',
  'employees',
  'source',
  'preferredChannel',
  'language',
  'country',
  'timeZone',
  'parentId',
  'ownerId',
] as const
/** Fields that hold several values, with how many, and by what two of them are the same. */
const MANY = {
  emails: { most: 10, keyOf: (one: CustomerRecord['emails'][number]) => one.address },
  phones: { most: 10, keyOf: (one: CustomerRecord['phones'][number]) => one.number },
  messaging: { most: 10, keyOf: (one: CustomerRecord['messaging'][number]) => `${one.system} ${one.handle.toLowerCase()}` },
  externalIds: { most: 10, keyOf: (one: CustomerRecord['externalIds'][number]) => `${one.system} ${one.id}` },
  addresses: {
    most: 10,
    keyOf: ({ street, city, postalCode, country }: CustomerRecord['addresses'][number]) =>
      [street, city, postalCode, country].map((part) => (part ?? '').toLowerCase().replace(/\W+/gu, ' ').trim()).join('|'),
  },
  interests: { most: 30, keyOf: (one: string) => one.toLowerCase() },
  tags: { most: 30, keyOf: (one: string) => one },
} as const

/** Fields that a merge decides. `lifecycle` goes along with its time and reason, `ownerId` with the team. */
export const mergedFields = [...ONE, 'lifecycle', 'notes', 'custom', ...(Object.keys(MANY) as (keyof typeof MANY)[])] as const
export type MergedField = (typeof mergedFields)[number]

/** Whose value is taken; `both` where a field can hold both. */
export const sides = ['survivor', 'absorbed', 'both'] as const
export type Side = (typeof sides)[number]
export type Choice = Readonly<Partial<Record<MergedField, Side | undefined>>>

/** One field of a merge as it is shown beforehand. */
export interface Line {
  field: MergedField
  survivor?: unknown
  absorbed?: unknown
  result?: unknown
  from: Side
  /** Both files say something, and not the same. */
  conflict: boolean
  why: string
}

type File = CustomerRecord

/** Every field in which a file says something, and what it becomes. */
export function linesOf(survivor: File, absorbed: File, choice: Choice): Line[] {
  return mergedFields.flatMap((field): Line[] => {
    const [mine, theirs] = [survivor[field], absorbed[field]]
    if (isEmpty(mine) && isEmpty(theirs)) return []
    const { from, why } = decided(field, survivor, absorbed, choice[field])
    const result = resultOf(field, survivor, absorbed, from)
    const conflict = !isEmpty(mine) && !isEmpty(theirs) && !isDeepStrictEqual(mine, theirs)
    const shown = { survivor: mine, absorbed: theirs, result }
    return [{ field, ...withoutEmpty(shown), from, conflict, why }]
  })
}

function withoutEmpty(shown: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => !isEmpty(value)))
}

const isMany = (field: MergedField): field is keyof typeof MANY => field in MANY
/** Whether a field can hold what both files say. */
export const holdsBoth = (field: MergedField): boolean => isMany(field) || field === 'notes' || field === 'custom'

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}

function decided(field: MergedField, survivor: File, absorbed: File, chosen: Side | undefined): { from: Side; why: string } {
  if (chosen !== undefined) return { from: chosen, why: 'So chosen.' }
  const [mine, theirs] = [survivor[field], absorbed[field]]
  if (isDeepStrictEqual(mine, theirs)) return { from: 'survivor', why: 'Both say the same.' }
  if (isEmpty(theirs)) return { from: 'survivor', why: 'Only the survivor’s file says something.' }
  if (isEmpty(mine)) return { from: 'absorbed', why: 'Only the absorbed file says something.' }
  if (field === 'lifecycle') {
    const further = standing[absorbed.lifecycle] > standing[survivor.lifecycle]
    return { from: further ? 'absorbed' : 'survivor', why: 'Who has come further stays so.' }
  }
  if (holdsBoth(field)) return { from: 'both', why: 'Both fit; where they contradict each other the survivor’s comes first.' }
  return { from: 'survivor', why: 'The survivor’s value stands unless the other is chosen.' }
}

/** How much each lifecycle says of a customer: of two, the greater is true of the person. */
const standing = { lead: 0, prospect: 1, lost: 2, dormant: 3, won_back: 4, customer: 5 } as const

function resultOf(field: MergedField, survivor: File, absorbed: File, from: Side): unknown {
  if (from !== 'both') return (from === 'survivor' ? survivor : absorbed)[field]
  if (field === 'custom') return { ...absorbed.custom, ...survivor.custom }
  if (field === 'notes') return [...new Set([survivor.notes, absorbed.notes])].filter(Boolean).join('\n\n').slice(0, 4_000)
  return isMany(field) ? united(field, survivor, absorbed) : survivor[field]
}

/** The values of both files, the survivor's first, each once, as many as there is room for; the survivor's primary stays the one. */
function united(field: keyof typeof MANY, survivor: File, absorbed: File): unknown[] {
  const { most, keyOf } = MANY[field] as { most: number; keyOf: (one: unknown) => string }
  const [mine, theirs]: readonly [readonly unknown[], readonly unknown[]] = [survivor[field], absorbed[field]]
  const known = new Set(mine.map(keyOf))
  const more = theirs.filter((one) => !known.has(keyOf(one)))
  const hasPrimary = mine.some((one) => typeof one === 'object' && one !== null && 'primary' in one && one.primary === true)
  return [...mine, ...(hasPrimary ? more.map(withoutPrimary) : more)].slice(0, most)
}

function withoutPrimary(one: unknown): unknown {
  if (typeof one !== 'object' || one === null) return one
  const { primary: _, ...rest } = one as { primary?: unknown }
  return rest
}

/** The fields of the survivor's file that change: a field gone is `null`. */
export type Patch = Record<string, unknown>

/**
 * What the survivor's file becomes: the merged fields, whom it absorbed, and the identities of both that its lists do not
 * show, so that each goes on leading to it.
 * @throws Fault `conflict` when it absorbed too many, or too many identities are left over
 */
export function patchOf(survivor: File, absorbed: File, choice: Choice): Patch {
  const patch: Patch = {}
  for (const { field, from } of linesOf(survivor, absorbed, choice)) {
    const result = resultOf(field, survivor, absorbed, from)
    if (!isDeepStrictEqual(result, survivor[field])) patch[field] = result ?? null
    if (from !== 'absorbed') continue
    if (field === 'lifecycle')
      Object.assign(patch, { lifecycleSince: absorbed.lifecycleSince, lifecycleReason: absorbed.lifecycleReason ?? null })
    if (field === 'ownerId') patch['teamId'] = absorbed.teamId ?? null
  }
  const parentId = 'parentId' in patch ? patch['parentId'] : survivor.parentId
  if (parentId === survivor.id || parentId === absorbed.id) patch['parentId'] = null
  const ids = [...(survivor.absorbed ?? []), absorbed.id, ...(absorbed.absorbed ?? [])]
  if (ids.length > MOST_ABSORBED)
    throw fault('conflict', 'merge.too_many', `A file absorbs ${MOST_ABSORBED} others at most.`, { most: MOST_ABSORBED })
  return { ...patch, absorbed: ids, ...aliasesAfter({ ...survivor, ...patch, aliases: [] } as File, survivor, absorbed) }
}

function aliasesAfter(after: File, survivor: File, absorbed: File): { aliases?: string[] | null } {
  const shown = new Set(identitiesOf(after))
  const left = [...new Set([...identitiesOf(survivor), ...identitiesOf(absorbed)])].filter((value) => !shown.has(value))
  if (left.length > MOST_ALIASES) {
    const detail = `${left.length} identities would not be shown by any list; ${MOST_ALIASES} may be. Remove some first.`
    throw fault('conflict', 'merge.too_many_identities', detail, { most: MOST_ALIASES })
  }
  if (left.length > 0) return { aliases: left }
  return survivor.aliases ? { aliases: null } : {}
}
