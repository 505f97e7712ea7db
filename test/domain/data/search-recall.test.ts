import { expect, test } from 'vitest'
import { measureSearch } from '../../bench/search.ts'

test('500 questions about 2,000 customers find what a plain scan finds, in one round of at most 12 read units each', async () => {
  const { rowsEach, scopes } = await measureSearch(2_000)
  for (const { scope, found } of scopes) {
    for (const { sort, recall, precision, readUnits, rounds } of found) {
      expect([rounds, readUnits.most <= 12], `${scope} ${sort}`).toEqual([1, true])
      expect(precision, `${scope} ${sort}`).toBeGreaterThanOrEqual(0.9)
      if (!['two insides', 'inside of a word', 'one word mistyped', 'name with a word mistyped'].includes(sort))
        expect(recall, `${scope} ${sort}`).toBeGreaterThanOrEqual(0.97)
    }
    const together = found.at(-1)
    expect(together?.queries).toBeGreaterThanOrEqual(500)
    expect(together?.recall, scope).toBeGreaterThanOrEqual(scope === 'all' ? 0.98 : 0.95)
    console.log(
      `${scope}: recall ${together?.recall.toFixed(3)}, read units ${together?.readUnits.mean.toFixed(2)}, p99 ${together?.readUnits.p99}`,
    )
  }
  expect(rowsEach).toBeLessThan(17)
}, 120_000)
