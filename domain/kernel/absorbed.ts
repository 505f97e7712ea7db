import type { Ctx, RequestFacts } from './context.ts'
import { placeOf } from './entity.ts'
import { Fault, missing } from './fault.ts'
import { keysOf } from './id.ts'
import type { Item } from './table/table.ts'

/**
 * Merging is a pointer: the absorbed file names its survivor (`mergedInto`), the survivor lists whom it absorbed (`absorbed`),
 * and no record moves. What follows the pointer is here, and costs nothing where no file ever merged: it rests on the file
 * that a request reads anyway.
 */

/** The customer asked for was absorbed by another. The action runs again, with the survivor's id in its input. */
export class Absorbed extends Error {
  readonly from: string
  readonly into: string
  constructor(from: string, into: string) {
    super(`${from} was merged into ${into}`)
    this.name = 'Absorbed'
    this.from = from
    this.into = into
  }
}

/** Whom a file was merged into; undefined for one that stands by itself. */
export function survivorIn(file: Item | undefined): string | undefined {
  const into = file?.['mergedInto']
  return typeof into === 'string' ? into : undefined
}

/** Holds that a file read by its place was not absorbed. @throws Absorbed */
export function mustStand(file: Item | undefined): void {
  const into = survivorIn(file)
  if (into !== undefined) throw new Absorbed(String(file?.['id']), into)
}

/** More than any chain of merges has: a survivor absorbs at most so many. */
const MOST_HOPS = 25

/** The file that an absorbed one leads to: a read for each merge on the way, none for a file that stands by itself. */
export async function survivorOf(ctx: Pick<Ctx, 'table'>, file: Item | undefined): Promise<Item | undefined> {
  let standing = file
  for (let hops = 0; hops < MOST_HOPS; hops++) {
    const into = survivorIn(standing)
    if (into === undefined) return standing
    standing = await ctx.table.get(placeOf({ noun: 'customer', home: 'workspace' }, into))
  }
  return standing
}

/** Runs an action; when it meets an absorbed customer, runs it for the survivor. @throws Fault `missing`, of the id that was asked for */
export async function following<I, T>(input: I, run: (input: I) => Promise<T>): Promise<T> {
  let said = input
  let asked: string | undefined
  for (let hops = 0; ; hops++) {
    try {
      return await run(said)
    } catch (error) {
      const from = asked ?? (error instanceof Absorbed ? error.from : undefined)
      if (from === undefined) throw error
      if (error instanceof Fault && error.code === 'customer.not_found') throw missing('customer', from)
      if (!(error instanceof Absorbed)) throw error
      const next = replaced(said, error.from, error.into) as I
      if (hops === MOST_HOPS || JSON.stringify(next) === JSON.stringify(said)) throw missing('customer', from)
      asked = from
      said = next
    }
  }
}

/** A value with one text in it replaced by another wherever it stands whole. */
function replaced(value: unknown, from: string, into: string): unknown {
  if (value === from) return into
  if (Array.isArray(value)) return value.map((one) => replaced(one, from, into))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, from, into)]))
}

/** Of the files that a request reads: whom each absorbed, by the customer's key. */
const noted = new WeakMap<RequestFacts, Map<string, Promise<readonly string[]>>>()

/** Tells readers of a customer's partition in the same request of the file that is being read beside them. */
export function noteFile(ctx: Ctx, customerId: string, reading: Promise<readonly (Item | undefined)[]>): void {
  const known = noted.get(ctx.request) ?? new Map<string, Promise<readonly string[]>>()
  noted.set(ctx.request, known)
  known.set(
    keysOf(customerId).first,
    reading.then(
      (items) => absorbedIn(items.find((item) => item?.['sk'] === '!customer')),
      () => [],
    ),
  )
}

function absorbedIn(file: Item | undefined): readonly string[] {
  const ids = file?.['absorbed']
  return Array.isArray(ids) ? ids.map(String) : []
}

/** Whom a customer absorbed, by the file that this request reads. */
export async function absorbedBy(ctx: Ctx, customerId: string): Promise<readonly string[]> {
  return (await noted.get(ctx.request)?.get(keysOf(customerId).first)) ?? []
}

/** The same partitions of those whom the customers named in them absorbed; none where the request read no such file. */
export async function beyond<S extends { pk: string; alone?: true }>(ctx: Ctx, stretches: readonly S[]): Promise<S[]> {
  const further: S[] = []
  for (const [key, absorbed] of noted.get(ctx.request) ?? []) {
    const named = stretches.filter((one) => !one.alone && one.pk.includes(key))
    if (named.length === 0) continue
    for (const id of await absorbed) further.push(...named.map((one) => ({ ...one, pk: one.pk.replace(key, keysOf(id).first) })))
  }
  return further
}
