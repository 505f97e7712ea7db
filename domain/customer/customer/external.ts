import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { survivorOf } from '../../kernel/absorbed.ts'
import { Stale } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type Entity } from '../../kernel/entity.ts'
import { Fault, fault, invalid } from '../../kernel/fault.ts'
import { sentinelKey } from '../../kernel/place.ts'
import { find, idOf } from '../../kernel/record.ts'
import { externalId } from './customer.ts'
import { customer } from './customer.store.ts'

/**
 * Records that belong to customers, as another system names them: a deal of another CRM, a ticket of a help desk. A name leads to
 * one live record of a kind; what holds that is the sentinel, written with the record.
 */

export type ExternalId = z.output<ReturnType<typeof externalId>>
/** A name as a path has it. */
export interface Named {
  system: string
  externalId: string
}

export const namedShape = () => ({ system: externalId().shape.system, externalId: externalId().shape.id })

/** The names of one record. */
export const externalIdsShape = () => z.array(externalId()).max(10)

const valueOf = (noun: string, { system, id }: ExternalId): string => `external:${noun}:${system}:${id}`

/** The unique values that such a record holds. */
export const namesOf = (noun: string, { externalIds = [] }: { externalIds?: readonly ExternalId[] | undefined }): string[] =>
  externalIds.map((one) => valueOf(noun, one))

/** Whose a record is: by our id, or by an id in another system. */
export const whoseShape = (of: string, id: `${string}Id`) => ({
  [id]: idOf(customer).optional(),
  [of]: externalId().optional().describe('instead of the id: an id in another system'),
})

/** @returns the customer that an input names; undefined when it names none. @throws Fault `invalid` when there is no such customer */
export async function customerNamed(ctx: Ctx, input: Readonly<Record<string, unknown>>, of: string): Promise<string | undefined> {
  const id = input[`${of}Id`]
  if (typeof id === 'string') return id
  const name = input[of] as ExternalId | undefined
  if (!name) return undefined
  const item = await ctx.table.get(sentinelKey(`external:${name.system}:${name.id}`))
  const found = typeof item?.['id'] === 'string' ? await seen(ctx, customer, item['id']) : undefined
  if (found) return found.id
  throw invalid('customer.unknown', of, 'There is no such customer.')
}

/**
 * Whether an input means the customer whom a record belongs to, or whom that one was merged into: a merged file's records stay where
 * they are. Reads nothing where it names the same id, or none.
 */
export async function isOf(ctx: Ctx, given: string | undefined, customerId: string): Promise<boolean> {
  if (given === undefined || given === customerId) return true
  const files = await ctx.table.getAll([given, customerId].map((id) => placeOf(customer, id)))
  const [mine, theirs] = await Promise.all(files.map((file) => survivorOf(ctx, file)))
  return mine !== undefined && mine['id'] === theirs?.['id']
}

/** A record, unless it is not the caller's to know: then neither is our id of it. */
async function seen<N extends string, F extends object>(ctx: Ctx, kind: Entity<N, F>, id: string) {
  try {
    return await find(ctx, kind, id)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'missing') return undefined
    throw error
  }
}

/** The record of a kind with this name. @throws Fault `missing` when it is there and not the caller's to know */
export async function recordNamed<N extends string, F extends object>(ctx: Ctx, kind: Entity<N, F>, name: Named) {
  const item = await ctx.table.get(sentinelKey(valueOf(kind.noun, { system: name.system, id: name.externalId })))
  if (typeof item?.['id'] !== 'string') return undefined
  const found = await seen(ctx, kind, item['id'])
  if (found) return found
  throw fault('missing', `${kind.noun}.not_found`, `There is no ${kind.noun} ${name.externalId} of ${name.system}.`)
}

/** The names a record is to have: those given, or those it has, and the one it was asked for by. */
export function withName(name: Named, given: readonly ExternalId[] | null | undefined, there: readonly ExternalId[] = []): ExternalId[] {
  const ids = [...(given ?? there)]
  const listed = ids.some((one) => one.system === name.system && one.id === name.externalId)
  return listed ? ids : [...ids, { system: name.system, id: name.externalId }]
}

/** Opens a record; when someone else opened it between our read and our write, the action runs again and changes it. */
export async function openedOnce<T>(noun: string, name: Named, open: () => Promise<T>): Promise<T> {
  const value = valueOf(noun, { system: name.system, id: name.externalId })
  try {
    return await open()
  } catch (error) {
    const theirs = error instanceof Fault && (error.facts['value'] === value || error.code === `${noun}.exists`)
    throw theirs ? new Stale(value) : error
  }
}

/** What of a patch is not so already; `null` clears. */
export function differing<P extends object>(before: object, patch: P): Partial<P> {
  const there = before as Record<string, unknown>
  const changes = Object.entries(patch).filter(
    ([field, value]) => value !== undefined && !isDeepStrictEqual(value ?? undefined, there[field]),
  )
  return Object.fromEntries(changes) as Partial<P>
}
