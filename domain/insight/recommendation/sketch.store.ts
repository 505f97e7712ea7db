import type { Ctx } from '../../kernel/context.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { emptySketch, withSightings, type Partner, type Sighting, type Sketch } from './sketch.ts'

/** One item a product, beside no record: it is made from purchases and can be made again. */
const keyOf = (sku: string): Key => ({ pk: `sku#${sku}`, sk: 'together' })

/** Partners as they are kept: `count error sku`, half the size of three attributes. */
const partnersIn = (stored: unknown): Partner[] =>
  (Array.isArray(stored) ? stored : []).map((text) => {
    const [count, error, ...sku] = String(text).split(' ')
    return { sku: sku.join(' '), count: Number(count), error: Number(error) }
  })
const partnersOf = (partners: readonly Partner[]): string[] => partners.map(({ sku, count, error }) => `${count} ${error} ${sku}`)

function sketchIn(item: Item | undefined): Sketch {
  if (!item) return emptySketch
  return {
    baskets: Number(item['b']),
    follows: Number(item['f']),
    together: partnersIn(item['w']),
    next: partnersIn(item['x']),
    marks: (item['m'] ?? []) as string[],
    since: Number(item['s'] ?? 0),
  }
}

/** Items of one call. */
const AT_ONCE = 100

/** The sketches of some products, in the order asked; half a unit each, or one when they must be what was written last. */
export async function sketchesOf(ctx: Ctx, skus: readonly string[], how: { eventual?: boolean } = {}): Promise<Sketch[]> {
  return (await itemsOf(ctx, skus, how)).map(sketchIn)
}

async function itemsOf(ctx: Ctx, skus: readonly string[], how: { eventual?: boolean } = {}): Promise<(Item | undefined)[]> {
  const items: (Item | undefined)[] = []
  for (let from = 0; from < skus.length; from += AT_ONCE)
    items.push(...(await ctx.table.getAll(skus.slice(from, from + AT_ONCE).map(keyOf), how)))
  return items
}

/** Tries of one item that others write too; beyond them the batch comes again. */
const TRIES = 8
/** Items written at once. */
const ABREAST = 10

/** Adds what was seen of products to their sketches: one read and at most one write each, whatever the number of purchases. */
export async function addSightings(ctx: Ctx, seen: ReadonlyMap<string, readonly Sighting[]>): Promise<void> {
  const skus = [...seen.keys()]
  const items = await itemsOf(ctx, skus)
  for (let from = 0; from < skus.length; from += ABREAST) {
    await Promise.all(skus.slice(from, from + ABREAST).map((sku, at) => add(ctx, sku, seen.get(sku) ?? [], items[from + at])))
  }
}

async function add(ctx: Ctx, sku: string, sightings: readonly Sighting[], first: Item | undefined): Promise<void> {
  let there = first
  for (let tries = 0; tries < TRIES; tries++) {
    const after = withSightings(sketchIn(there), sightings)
    if (!after) return
    const version = Number(there?.['v'] ?? 0)
    const item = {
      ...keyOf(sku),
      v: version + 1,
      b: after.baskets,
      f: after.follows,
      w: partnersOf(after.together),
      x: partnersOf(after.next),
      m: after.marks,
      s: after.since,
    }
    const outcome = await ctx.table.write({ put: item, if: there ? { equals: { v: version } } : { absent: true } })
    if (outcome.ok) return
    there = outcome.refused[0]?.item
  }
  throw new Error('a product’s partners are being counted by many at once')
}
