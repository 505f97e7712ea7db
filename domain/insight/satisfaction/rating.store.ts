import * as z from 'zod'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { keysOf } from '../../kernel/id.ts'
import type { Key } from '../../kernel/table/table.ts'
import { ratingShape } from './rating.ts'

/** A customer's answer to how it was, in their partition by when it was given. */
export const rating = entity({
  noun: 'rating',
  prefix: 'rat',
  home: 'customer',
  fields: () => z.object(ratingShape()),
  unique: {
    on: ['responseId'],
    values: ({ responseId }) => (responseId === undefined ? [] : [responseValue(responseId)]),
    fault: 'rating.response_taken',
  },
  personal: ['comment'],
})
export type RatingRecord = RecordOf<typeof rating>

/** The unique value that a survey's name of an answer is. */
export const responseValue = (responseId: string): string => `rating#${responseId}`

export const ratingRecorded = event('rating.recorded', 'A customer said how satisfied they are')
export const ratingDeleted = event('rating.deleted', 'A rating was put in the bin: it no longer counts')
export const ratingRestored = event('rating.restored', 'A rating was taken out of the bin: it counts again')

/** What was counted of a rating: beside it in its customer's partition. */
export function markPlace(ratingId: string): Key {
  return { pk: placeOf(rating, ratingId).pk, sk: `rated#${keysOf(ratingId).second}` }
}

/** The counters of a month; one item for all ratings and one for each group. */
export const counterPartition = (month: string): string => `satisfaction#${month}`
