/**
 * How alike two short texts are, 0 to 1: the Jaro comparator with Winkler's bonus for a common beginning (Winkler 1990, "String
 * comparator metrics and enhanced decision rules in the Fellegi–Sunter model of record linkage"). Made for names: it forgives
 * swapped and missing letters. Characters are code points, so a Chinese name of three compares as three.
 */
export function jaroWinkler(one: string, other: string): number {
  const jaro = jaroOf(one, other)
  const [a, b] = [[...one], [...other]]
  let common = 0
  while (common < LONGEST_PREFIX && common < Math.min(a.length, b.length) && a[common] === b[common]) common++
  return jaro + common * PREFIX_SCALE * (1 - jaro)
}

/** Winkler's own: the bonus of a common character, and for how many of them. */
const PREFIX_SCALE = 0.1
const LONGEST_PREFIX = 4

/** The comparator of Jaro (1989): characters in common near each other, less half of those out of order. */
export function jaroOf(one: string, other: string): number {
  if (one === other) return 1
  // Which text is matched against which can tell in rare cases: always the same one, so that the answer is the same both ways.
  const [a, b] = one.length < other.length || (one.length === other.length && one < other) ? [[...one], [...other]] : [[...other], [...one]]
  if (a.length === 0 || b.length === 0) return 0
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1)
  const taken = new Set<number>()
  const matched = a.filter((letter, at) => {
    for (let near = Math.max(0, at - reach); near <= Math.min(b.length - 1, at + reach); near++) {
      if (taken.has(near) || b[near] !== letter) continue
      taken.add(near)
      return true
    }
    return false
  })
  const common = matched.length
  if (common === 0) return 0
  const theirs = b.filter((_, at) => taken.has(at))
  const swapped = matched.filter((letter, at) => letter !== theirs[at]).length / 2
  return (common / a.length + common / b.length + (common - swapped) / common) / 3
}
