import type { Value } from './facts.ts'
import { plainValues, type Clause } from './rule.ts'

/** Days ahead within which a falling number's crossing of a line is looked for: a hundred years. */
const HORIZON_DAYS = 36_525

/** The lines at which a clause about a number can turn: at, or just below. */
function linesOf(clause: Clause): ((value: number) => boolean)[] {
  const [low = NaN, high = NaN] = plainValues(clause).map(Number)
  const below = (line: number) => (value: number) => value < line
  const upTo = (line: number) => (value: number) => value <= line
  switch (clause.op) {
    case 'at_least':
    case 'less_than':
      return [below(low)]
    case 'at_most':
    case 'more_than':
      return [upTo(low)]
    case 'between':
      return [below(low), upTo(high)]
    default:
      return []
  }
}

/**
 * The first day after one on which a number that falls with time has crossed one of a clause's lines; undefined when it does
 * not within a hundred years. Whole days are bisected, so it takes 16 looks a line.
 */
export function crossing(clause: Clause, valueAt: (day: number) => Value, day: number): number | undefined {
  const days = linesOf(clause).flatMap((isUnder) => {
    const under = (when: number): boolean => isUnder(Number(valueAt(when)))
    if (valueAt(day) === undefined || under(day) || !under(day + HORIZON_DAYS)) return []
    let [above, reached] = [day, day + HORIZON_DAYS]
    while (reached - above > 1) {
      const middle = Math.floor((above + reached) / 2)
      if (under(middle)) reached = middle
      else above = middle
    }
    return [reached]
  })
  return days.length > 0 ? Math.min(...days) : undefined
}
