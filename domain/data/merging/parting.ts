import { isDeepStrictEqual } from 'node:util'
import { identitiesOf, type CustomerRecord } from '../../customer/customer/index.ts'
import type { Patch } from './field.ts'

/** What a survivor's file becomes when a merge is undone: as it was, plus what was said of it since. Pure. */

const LISTS = new Set(['emails', 'phones', 'messaging', 'externalIds', 'addresses', 'interests', 'tags', 'aliases', 'absorbed'])

/**
 * The change of the survivor's file that takes a merge back. A field that still says what the merge made it say goes back;
 * one that was changed since stays, and of lists only what the merge put in or left out goes back.
 * @param before values of the changed fields before the merge, those absent left out
 * @param after values the merge gave them, those cleared left out
 * @param freed identities that the absorbed file takes back
 */
export function partingPatch(
  now: CustomerRecord,
  { before, after, fields }: { before: Patch; after: Patch; fields: readonly string[] },
  freed: CustomerRecord,
): Patch {
  const patch: Patch = {}
  for (const field of fields) {
    const is = now[field as keyof CustomerRecord]
    const value = backTo(field, before[field], after[field], is)
    if (!isDeepStrictEqual(value, is)) patch[field] = value ?? null
  }
  return { ...patch, ...withoutTheirs({ ...now, ...patch } as CustomerRecord, freed) }
}

function backTo(field: string, before: unknown, after: unknown, now: unknown): unknown {
  if (isDeepStrictEqual(now, after)) return before
  if (LISTS.has(field)) return listBack(listOf(before), listOf(after), listOf(now))
  if (field === 'custom') return customBack(mapOf(before), mapOf(after), mapOf(now))
  return now
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const mapOf = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? { ...value } : {})
const has = (list: readonly unknown[], value: unknown): boolean => list.some((one) => isDeepStrictEqual(one, value))

function listBack(before: readonly unknown[], after: readonly unknown[], now: readonly unknown[]): unknown[] {
  const kept = now.filter((one) => has(before, one) || !has(after, one))
  return [...before.filter((one) => has(kept, one) || !has(after, one)), ...kept.filter((one) => !has(before, one))]
}

function customBack(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  now: Record<string, unknown>,
): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  const entries = [...names].map((name) => [name, isDeepStrictEqual(now[name], after[name]) ? before[name] : now[name]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** An identity belongs to one file: what the absorbed one takes back leaves the survivor's lists, whoever put it there. */
function withoutTheirs(after: CustomerRecord, freed: CustomerRecord): Patch {
  const theirs = new Set(identitiesOf(freed))
  const only = (emails: Partial<CustomerRecord>): CustomerRecord => ({
    ...after,
    emails: [],
    phones: [],
    messaging: [],
    externalIds: [],
    aliases: [],
    ...emails,
  })
  const keeps = (part: Partial<CustomerRecord>): boolean => !identitiesOf(only(part)).some((value) => theirs.has(value))
  const patch: Patch = {}
  const leave = <T>(field: string, list: readonly T[], partOf: (one: T) => Partial<CustomerRecord>): void => {
    const kept = list.filter((one) => keeps(partOf(one)))
    if (kept.length < list.length) patch[field] = kept
  }
  leave('emails', after.emails, (one) => ({ emails: [one] }))
  leave('phones', after.phones, (one) => ({ phones: [one] }))
  leave('messaging', after.messaging, (one) => ({ messaging: [one] }))
  leave('externalIds', after.externalIds, (one) => ({ externalIds: [one] }))
  leave('aliases', after.aliases ?? [], (one) => ({ aliases: [one] }))
  for (const field of ['aliases', 'absorbed'] as const)
    if (listOf(patch[field] ?? after[field]).length === 0 && after[field]) patch[field] = null
  return patch
}
