/**
 * What is bought together with a product, and what next, in one small item: the most frequent partners by the space-saving
 * algorithm (Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data streams", 2005),
 * which never counts a partner too low, and says how much too high at most.
 */

export interface Partner {
  sku: string
  count: number
  /** How much of the count may belong to partners that had to go for this one. */
  error: number
}

export interface Sketch {
  /** Baskets with this product and another that were counted, and purchases after one with this product. */
  baskets: number
  follows: number
  together: Partner[]
  next: Partner[]
  /** Marks of what was counted last, oldest first: time and a hash. */
  marks: string[]
  /** Whatever is as old as this counts as counted: the time of the newest mark that had to go. Milliseconds since 1970. */
  since: number
}

export const emptySketch: Sketch = { baskets: 0, follows: 0, together: [], next: [], marks: [], since: 0 }

/** Partners kept: twenty pairs of usual skus and the marks stay within one write unit. */
export const MOST_TOGETHER = 12
export const MOST_NEXT = 8
const MOST_MARKS = 24

/** What one purchase tells of one product. */
export interface Sighting {
  /** When the purchase was recorded, milliseconds since 1970. */
  at: number
  /** Of the purchase and of what it tells: the same however often it is told. 32 bits. */
  hash: number
  kind: 'together' | 'next'
  partners: readonly string[]
}

/**
 * Of a product that is known well only a part of its purchases is counted, so that what sells much costs little: all of the
 * first 32, then one in 4, one in 16 from 512 on. Shares stay what they are; counts are of what was counted.
 */
function oneIn(counted: number): number {
  return counted < 32 ? 1 : counted < 512 ? 4 : 16
}

/**
 * A sketch with what some purchases tell, each once: what has its mark, or is older than every mark that is kept, changes
 * nothing. So a purchase told again never counts twice; one that is told after two dozen later ones of the same product may
 * not count at all. Undefined when nothing changes.
 */
export function withSightings(before: Sketch, sightings: readonly Sighting[]): Sketch | undefined {
  const sorted = [...sightings].sort((a, b) => a.at - b.at || a.hash - b.hash)
  let sketch = before
  for (const one of sorted) sketch = withSighting(sketch, one)
  return sketch === before ? undefined : sketch
}

function withSighting(sketch: Sketch, { at, hash, kind, partners }: Sighting): Sketch {
  const mark = markOf(at, hash)
  if (at <= sketch.since || sketch.marks.includes(mark)) return sketch
  if (hash % oneIn(sketch.baskets + sketch.follows) !== 0) return sketch
  const marks = [...sketch.marks, mark].sort()
  const gone = marks.splice(0, Math.max(0, marks.length - MOST_MARKS)).map(timeOf)
  return {
    ...sketch,
    marks,
    since: Math.max(sketch.since, ...gone),
    ...(kind === 'together'
      ? { baskets: sketch.baskets + 1, together: counted(sketch.together, partners, MOST_TOGETHER) }
      : { follows: sketch.follows + 1, next: counted(sketch.next, partners, MOST_NEXT) }),
  }
}

/** Nine digits of base 36 hold milliseconds until the year 5188; padded, marks sort by time. */
const markOf = (at: number, hash: number): string => at.toString(36).padStart(9, '0') + (hash % 1_679_616).toString(36).padStart(4, '0')
const timeOf = (mark: string): number => Number.parseInt(mark.slice(0, 9), 36)

/** Partners with some more, the most frequent first: a new one takes the place of the least when there is no room. */
function counted(partners: readonly Partner[], more: readonly string[], most: number): Partner[] {
  const kept = partners.map((one) => ({ ...one }))
  for (const sku of more) {
    const known = kept.find((one) => one.sku === sku)
    const least = kept.at(-1)
    if (known) known.count += 1
    else if (kept.length < most || !least) kept.push({ sku, count: 1, error: 0 })
    else kept[kept.length - 1] = { sku, count: least.count + 1, error: least.count }
    kept.sort((a, b) => b.count - a.count || (a.sku < b.sku ? -1 : 1))
  }
  return kept
}

/** How often at least a partner goes along, of all that was counted. */
export function shareOf({ count, error }: Partner, total: number): number {
  return total === 0 ? 0 : (count - error) / total
}
