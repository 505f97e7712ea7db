/**
 * Edits between two words: a letter too many, missing, another one, or two neighbours swapped (optimal string alignment,
 * Boytsov 2011, "Indexing methods for approximate dictionary searching", §2.1).
 * @param most stops counting beyond it
 */
export function distance(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    if (Math.min(...row) > most) return most + 1
    before = last
    last = row
  }
  return Math.min(last[other.length] ?? 0, most + 1)
}

/** How many edits a word may be off and still be meant: none up to 3 letters, one up to 7, else two. */
export function tolerance(word: string): number {
  return word.length < 4 ? 0 : word.length < 8 ? 1 : 2
}

/** Whether a word is meant by another, one of them mistyped. */
export function similar(asked: string, word: string): boolean {
  const most = tolerance(asked)
  return most > 0 && asked !== word && distance(asked, word, most) <= most
}
