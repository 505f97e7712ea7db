import './quiet.ts'
import { describe, expect, test } from 'vitest'
import { runSeed } from './seed.ts'

/**
 * A few runs of the simulation beside the other tests, and every seed that once found something. What a seed meets depends on
 * all of the code, so those are kept for what they found, not because they find it still: `npm run faults` runs hundreds.
 */
describe('the product keeps its promises', () => {
  test.each([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])('seed %i', async (seed) => {
    const { findings } = await runSeed({ seed, steps: 120 })
    expect(findings).toEqual([])
  })
})

describe('what was found once is not found again', () => {
  test.each([
    [6, 'a task was reopened though its customer was in the bin'],
    [114, 'a lifecycle that a person had set was moved again when an old warning was told again'],
    [24, 'the timer of a person erased was stopped once more, since the index of what is due still named it'],
    [45, 'an import was ended for a person who was then not erased, and nobody was told that this can be'],
    [129, 'a visit that a person had taken up again was cancelled when the end of its warning was told again'],
    [83, 'an erasure stood still at a referral that had been emptied with its referrer'],
    [330, 'a webhook was held to be untold of what it was to be told of at the next attempt'],
    [143, 'a visit told of after the person was erased was booked as a cost of theirs, and planned the next'],
    [149, 'search still found someone by a name of before, written by a run that broke off and named by no register'],
    [337, 'what someone wrote who came again after being erased was taken for the erased person’s, by the check'],
    [233, 'the bound of a year’s spend was lowered to a sum of purchases read before the history it was written on'],
    [261, 'a webhook was told once more of an event whose delivery was so long over that it was forgotten'],
    [891, 'a note in a closed ticket was not booked as a cost until the past was told again'],
    [211, 'what came of referrals was counted for a referrer who had been erased a moment before'],
    [243, 'tasks of a merged file went to somebody by who its manager had been'],
    [274, 'a warning raised after its last purchase was taken back was of another silence than the timer'],
  ])('seed %i: %s', async (seed) => {
    const { findings } = await runSeed({ seed, steps: 300 })
    expect(findings).toEqual([])
  })
})
