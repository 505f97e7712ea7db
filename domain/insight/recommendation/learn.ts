import { createHash } from 'node:crypto'
import { MS_PER_DAY } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Change, Projection } from '../../kernel/event.ts'
import type { Item } from '../../kernel/table/table.ts'
import type { Purchase } from '../../customer/purchase/index.ts'
import type { Sighting } from './sketch.ts'
import { addSightings } from './sketch.store.ts'

/** Products of a basket that are looked at; of more, those that come first by a hash, so each has its turn. */
const MOST_SKUS = 20
/** A purchase this long after another does not follow from it. Days. */
const FOLLOWS_DAYS = 365
/** Customers looked up at once. */
const ABREAST = 10

/**
 * Keeps what is bought together and what next, from the table's stream. A purchase is told to one product: to one of its
 * own, that the others were bought with it, or to one of the purchase before, that these came next. Which one follows from
 * a hash of the purchase, so each product hears of an even sample, and shares come out as if it heard of all.
 *
 * Cost: a purchase without items nothing; with items one read for those before it of the same batch, then a read for the product told
 * and a write while that product is young; none for a first purchase of one product. From 32 purchases of a product on a
 * quarter of that, from 512 on a sixteenth. Purchases put in the bin later stay counted.
 */
export const learnTogether: Projection = {
  name: 'recommendation.learn',
  async project(ctx: Ctx, changes: readonly Change[]): Promise<void> {
    const bought = changes.flatMap(({ before, after }) =>
      after && !before && after['noun'] === 'purchase' && !after['deletedAt'] ? [after] : [],
    )
    const baskets = bought.map((item) => ({ item, skus: skusOf(item) })).filter(({ skus }) => skus.length > 0)
    const seen = new Map<string, Sighting[]>()
    const buyers = [...Map.groupBy(baskets, ({ item }) => String(item['pk'])).values()]
    for (let from = 0; from < buyers.length; from += ABREAST) {
      const some = buyers.slice(from, from + ABREAST)
      const earlier = await Promise.all(
        some.map((theirs) =>
          before(
            ctx,
            theirs.map(({ item }) => item),
          ),
        ),
      )
      for (const [at, theirs] of some.entries()) for (const { item, skus } of theirs) note(seen, item, skus, earlier[at]?.get(item) ?? [])
    }
    if (seen.size > 0) await addSightings(ctx, seen)
  },
}

function note(seen: Map<string, Sighting[]>, item: Item, skus: readonly string[], earlier: readonly string[]): void {
  const id = String(item['id'])
  const at = Date.parse(String(item['createdAt']))
  const fresh = skus.filter((one) => !earlier.includes(one))
  const [together] = skus.length > 1 ? skus : []
  const [next] = fresh.length > 0 ? inTurn(earlier, id) : []
  // Of the two kinds of news the one whose turn it is, where there are both.
  const first = hashOf(`kind ${id}`) % 2 === 0
  const told = together !== undefined && (first || next === undefined) ? together : next
  if (told === undefined) return
  const kind = told === together && (first || next === undefined) ? 'together' : 'next'
  const partners = kind === 'together' ? skus.filter((one) => one !== told) : fresh
  seen.set(told, [...(seen.get(told) ?? []), { at, hash: hashOf(`${kind} ${id}`), kind, partners }])
}

/** Different products of a purchase. */
function skusOf(item: Item): string[] {
  const skus = [...new Set(((item['items'] ?? []) as NonNullable<Purchase['items']>).map(({ sku }) => sku))]
  return inTurn(skus, String(item['id'])).slice(0, MOST_SKUS)
}

/** In an order that differs from purchase to purchase and is always the same for one. */
function inTurn(skus: readonly string[], id: string): string[] {
  const weight = new Map(skus.map((sku) => [sku, hashOf(`${id} ${sku}`)]))
  return [...skus].sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0) || (a < b ? -1 : 1))
}

const hashOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0)

/**
 * For each of a customer's purchases the products of the one before it, by the time of buying; none when that is a year back.
 * One read for all of them, and one more for each that others, told of at another time, lie between.
 */
async function before(ctx: Ctx, purchases: readonly Item[]): Promise<ReadonlyMap<Item, readonly string[]>> {
  const pk = String(purchases[0]?.['pk'])
  const sorted = purchases.toSorted((a, b) => (String(a['sk']) < String(b['sk']) ? 1 : -1))
  const upTo = (item: Item | undefined, limit: number) =>
    ctx.table.query({ pk, from: 'purchase#', to: String(item?.['sk']), limit, descending: true })
  const { items: latest, last } = await upTo(sorted[0], sorted.length + 1)
  const found = sorted.map(async (item): Promise<[Item, readonly string[]]> => {
    const known = latest.findIndex((one) => one['sk'] === item['sk'])
    const earlier =
      known >= 0 && (known + 1 < latest.length || !last)
        ? latest[known + 1]
        : (await upTo(item, 2)).items.find((one) => one['sk'] !== item['sk'])
    return [item, productsBefore(item, earlier)]
  })
  return new Map(await Promise.all(found))
}

function productsBefore(item: Item, earlier: Item | undefined): readonly string[] {
  if (!earlier || earlier['deletedAt']) return []
  const apart = Date.parse(String(item['at'])) - Date.parse(String(earlier['at']))
  return apart <= FOLLOWS_DAYS * MS_PER_DAY ? skusOf(earlier) : []
}
