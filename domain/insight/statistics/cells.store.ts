import type { Ctx } from '../../kernel/context.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { rhythmCellChanges, type RhythmCell } from '../model/cells.ts'
import type { RhythmState } from '../../customer/rhythm/index.ts'
import { spendCellChanges, type SpendSums } from '../model/spend-cells.ts'
import { tallyAdds, tallyIn, type Tally } from './tally.ts'

/**
 * Sufficient statistics of the models: one item per cell of customers who share the week of their first purchase, their
 * number of repeat days and the week of their last purchase. The item also carries the spend sums of its customers by
 * band of mean spend, so a purchase that moves a customer from one cell to another writes two items and no more.
 */

/** Partitions of a generation of cells, by first week: a fit reads them all, purchases of a day spread over them. */
const SHARDS = 8

/** What a customer's change adds to the attributes of one cell's item. */
export interface CellAdds {
  key: { pk: string; sk: string }
  add: Record<string, number>
}

const cellPartition = (generation: number, shard: number): string => `cells#${generation}#${shard}`

/** Attributes of a spend band: `s12n` customers, `s12m` Σ mean, `s12l` Σ ln mean of band 12; `s-3n` of band −3. */
const BAND = /^s(-?\d+)n$/

/** A customer's state as it is counted; `net` is absent in marks made before it was. */
export type CountedState = RhythmState & { readonly net?: number }

/** What one customer alone adds to the cells (sign 1) or takes from them (−1). */
function sideOf(generation: number, state: CountedState, sign: 1 | -1): CellAdds | undefined {
  const [before, after] = sign === 1 ? [undefined, state] : [state, undefined]
  const [cell] = rhythmCellChanges(before, after)
  if (!cell) return undefined
  const { key, firstWeek, n, f, l, ff, fl, ll } = cell
  const add: Record<string, number> = { n, f, l, ff, fl, ll }
  for (const { key: spendKey, n: customers, meanMilli, lnMeanMicro } of spendCellChanges(before, after)) {
    const band = spendKey.slice(spendKey.indexOf('.') + 1)
    add[`s${band}n`] = customers
    add[`s${band}m`] = meanMilli
    add[`s${band}l`] = lnMeanMicro
  }
  if (state.net !== undefined) Object.assign(add, tallyAdds({ ...state, net: state.net }, sign))
  const shard = ((firstWeek % SHARDS) + SHARDS) % SHARDS
  return { key: { pk: cellPartition(generation, shard), sk: key }, add }
}

/** What a change of customers does to the cells, each cell once, nothing that cancels out. */
export function cellAdds(
  generation: number,
  moves: readonly { from?: CountedState | undefined; to?: CountedState | undefined }[],
): CellAdds[] {
  const cells = new Map<string, CellAdds>()
  for (const { from, to } of moves) {
    for (const side of [from && sideOf(generation, from, -1), to && sideOf(generation, to, 1)]) {
      if (!side) continue
      const name = `${side.key.pk} ${side.key.sk}`
      const cell = cells.get(name) ?? { key: side.key, add: {} }
      for (const [attribute, by] of Object.entries(side.add)) cell.add[attribute] = (cell.add[attribute] ?? 0) + by
      cells.set(name, cell)
    }
  }
  const whole = [...cells.values()].map(({ key, add }) => ({
    key,
    add: Object.fromEntries(Object.entries(add).filter(([, by]) => by !== 0)),
  }))
  return whole.filter(({ add }) => Object.keys(add).length > 0)
}

/** Adds to one cell. A cell that empties stays until the next fit meets it. */
export async function addToCell(ctx: Ctx, { key, add }: CellAdds): Promise<void> {
  await ctx.table.write({ update: key, add })
}

/** Cells of a generation as the fits read them. */
export interface Cells {
  rhythm: RhythmCell[]
  spend: SpendSums[]
  /** Cells that hold nobody any more. */
  empty: Key[]
}

const numberIn = (item: Item, name: string): number => Number(item[name] ?? 0)

/** Cells of one read. */
const PAGE = 5_000

/** All cells of a generation: eventual reads, 0.5 unit for about 40 cells; cells of many spend bands take more. */
export async function readCells(ctx: Ctx, generation: number): Promise<Cells> {
  const rhythm: RhythmCell[] = []
  const spend = new Map<string, SpendSums>()
  const empty: Key[] = []
  for (let shard = 0; shard < SHARDS; shard++) {
    for await (const item of cellItems(ctx, generation, shard, { eventual: true })) {
      if (item['n'] === 0) {
        empty.push({ pk: String(item['pk']), sk: String(item['sk']) })
        continue
      }
      const [firstWeek = 0, x = 0, lastWeek = 0] = String(item['sk']).split('.').map(Number)
      const sums = { n: numberIn(item, 'n'), f: numberIn(item, 'f'), l: numberIn(item, 'l') }
      rhythm.push({ firstWeek, x, lastWeek, ...sums, ff: numberIn(item, 'ff'), fl: numberIn(item, 'fl'), ll: numberIn(item, 'll') })
      addSpend(spend, x, item)
    }
  }
  return { rhythm, spend: [...spend.values()].filter(({ n, meanMilli }) => n !== 0 || meanMilli !== 0), empty }
}

/** Cells removed at once. */
const ABREAST = 25

/** Removes cells that are empty still. One unit each, once for each cell that ever empties. */
export async function dropEmpty(ctx: Ctx, empty: readonly Key[]): Promise<void> {
  for (let from = 0; from < empty.length; from += ABREAST) {
    await Promise.all(empty.slice(from, from + ABREAST).map((key) => ctx.table.write({ delete: key, if: { equals: { n: 0 } } })))
  }
}

function addSpend(spend: Map<string, SpendSums>, x: number, item: Item): void {
  for (const attribute of Object.keys(item)) {
    const band = BAND.exec(attribute)?.[1]
    if (band === undefined) continue
    const key = `${x}.${band}`
    const sums = spend.get(key) ?? { x, n: 0, meanMilli: 0, lnMeanMicro: 0 }
    spend.set(key, {
      x,
      n: sums.n + numberIn(item, `s${band}n`),
      meanMilli: sums.meanMilli + numberIn(item, `s${band}m`),
      lnMeanMicro: sums.lnMeanMicro + numberIn(item, `s${band}l`),
    })
  }
}

/** The tallies of a generation: who bought last when, how often and for how much. Read with the cells, at the same cost. */
export async function readTallies(ctx: Ctx, generation: number): Promise<Tally[]> {
  const shards = Array.from({ length: SHARDS }, async (_, shard) => {
    const tallies: Tally[] = []
    for await (const item of cellItems(ctx, generation, shard, { eventual: true })) tallies.push(tallyIn(item))
    return tallies
  })
  return (await Promise.all(shards)).flat().filter(({ n }) => n > 0)
}

async function* cellItems(ctx: Ctx, generation: number, shard: number, how: { eventual?: boolean } = {}): AsyncGenerator<Item> {
  let after: Item | undefined
  do {
    const { items, last } = await ctx.table.query({ pk: cellPartition(generation, shard), limit: PAGE, ...how, ...(after && { after }) })
    yield* items
    after = last
  } while (after)
}

/** Removes a generation of cells that nothing reads any more. */
export async function dropCells(ctx: Ctx, generation: number): Promise<void> {
  for (let shard = 0; shard < SHARDS; shard++) {
    for await (const { pk, sk } of cellItems(ctx, generation, shard)) await ctx.table.write({ delete: { pk: String(pk), sk: String(sk) } })
  }
}
