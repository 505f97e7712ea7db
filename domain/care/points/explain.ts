import type { PurchaseRecord } from '../../customer/purchase/index.ts'
import { after, lapse, type Sums } from './account.ts'
import { earningOf, sayEarning } from './earning.ts'
import type { Accrual, Entry } from './points.store.ts'
import { lastDayOf, type Programme } from './programme.ts'

/** Why a number of points is what it is: in words, with the records and the formula behind it. */
export interface Why {
  words: string
  formula: string
  /** The records behind it. */
  records: string[]
}

const count = (points: number): string => `${points} ${points === 1 ? 'point' : 'points'}`

/** The balance as the sum of all that was posted. */
export function sayBalance({ balance, owed, totals }: Sums): string {
  const sums = [
    `earned ${totals.earn}`,
    `spent ${-totals.spend}`,
    `expired ${-totals.expire}`,
    `reversed ${signed(totals.reverse)}`,
    `adjusted ${signed(totals.adjust)}`,
  ]
  const debt = owed > 0 ? ` The next ${count(owed)} given pay for points taken back that were spent before.` : ''
  return `${count(balance)}: ${sums.join(', ')}${owed > 0 ? `, ${owed} of it owed` : ''}.${debt}`
}
export const BALANCE_FORMULA = 'balance − owed = earn + spend + expire + reverse + adjust, each the sum of (points − owed) of its entries'

const signed = (points: number): string => (points < 0 ? `−${-points}` : `+${points}`)

/** An entry in words. */
export function sayEntry({ kind, points, owed = 0, sourceId, reason, lots, byId }: Entry): string {
  const meant = points - owed
  const from = sourceId === undefined ? '' : ` with ${sourceId}`
  const debt = owed < 0 ? ` ${-owed} of them paid what was owed.` : owed > 0 ? ` ${owed} were no longer there and are owed.` : ''
  const because = reason === undefined ? '' : ` ${reason}`
  switch (kind) {
    case 'earn':
      return `Earned ${count(meant)}${from}.${debt}${because}`
    case 'spend':
      return `Spent ${count(-meant)}${from}.${because}`
    case 'expire':
      return `${count(-meant)} expired, good to ${Object.keys(lots)
        .sort()
        .map((lot) => lastDayOf(lot))
        .join(', ')}.`
    case 'reverse':
      return meant < 0 ? `Took back ${count(-meant)}${from}.${debt}${because}` : `Gave back ${count(meant)}${from}.${debt}${because}`
    case 'adjust':
      return `${meant < 0 ? `Took ${count(-meant)}` : `Gave ${count(meant)}`} by hand, ${byId ?? 'unknown'}.${debt}${because}`
  }
}

/** What an entry of a purchase rests on: the same reckoning done again, from the purchase and the programme of that time. */
export function whyEarned(
  entry: Entry,
  { earned, tier, channel, programmeVersion, standing }: Accrual,
  rules: Programme,
  sale: PurchaseRecord,
): string {
  const circumstances = { tier, channel }
  const reckoned = sayEarning(rules, sale, circumstances, earningOf(rules, sale, circumstances))
  const share = entry.kind === 'reverse' ? `; of ${earned} the share that was not given back stands, rounded down: now ${standing}` : ''
  return `${reckoned} (version ${programmeVersion} of the programme)${share}`
}

/** How an entry follows when no record but itself is behind it. */
export function formulaOf({ kind }: Entry): string {
  switch (kind) {
    case 'earn':
      return 'points of the programme’s referral rule; what is owed is paid first'
    case 'spend':
      return 'cost of the reward × quantity, from the lots that expire first'
    case 'expire':
      return 'all that was left of the lots whose last day has passed'
    case 'reverse':
      return 'the points of the source, taken from the balance or given back to the lots they came from'
    case 'adjust':
      return 'as given by the person who adjusted; what is owed is paid first'
  }
}

/** What can be spent in a month: the sums without what has expired but was not yet taken out. */
export function withoutExpired(sums: Sums, month: string): Sums {
  const gone = lapse(sums, month)
  return gone ? after(sums, gone) : sums
}
