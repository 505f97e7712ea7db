import { event, type EventType } from '../../kernel/event.ts'
import type { EntryKind } from './account.ts'

export const pointsEarned = event('points.earned', 'A customer earned points')
export const pointsSpent = event('points.spent', 'A customer spent points')
export const pointsExpired = event('points.expired', 'Points of a customer expired')
export const pointsReversed = event('points.reversed', 'Points were taken back, or given back, with what they came from')
export const pointsAdjusted = event('points.adjusted', 'A person gave or took points by hand')
export const programmeChanged = event('points.programme_changed', 'The points programme changed')

/** Housekeeping: the entries tell it all. */
export const pointsPosted = event('points.posted', 'A customer’s points changed', { published: false })
export const pointsReckoned = event('points.reckoned', 'What a purchase earned was reckoned', { published: false })
export const programmeKept = event('points.programme_kept', 'A version of the points programme was kept', { published: false })

/** The event of an entry. */
export const eventOf: Readonly<Record<EntryKind, EventType>> = {
  earn: pointsEarned,
  spend: pointsSpent,
  expire: pointsExpired,
  reverse: pointsReversed,
  adjust: pointsAdjusted,
}
