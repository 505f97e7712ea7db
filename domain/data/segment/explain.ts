import type { Facts } from './facts.ts'
import { valueOf } from './facts.ts'
import type { Vocabulary } from './field.ts'
import { isClause, type Rule } from './rule.ts'
import { holds, isTrue } from './truth.ts'
import { sayClause, saySeen } from './words.ts'

/** A rule with what it came to for one customer: of a clause what it saw, of several each. */
export interface Explained {
  joint?: 'all' | 'any' | 'not'
  words: string
  holds: boolean
  saw?: string
  parts?: Explained[]
}

/** Explains a rule for a customer on a day. */
export function explained(rule: Rule, facts: Facts, day: number, words: Vocabulary): Explained {
  if (isClause(rule)) {
    const value = valueOf(rule, facts, day)
    return { words: sayClause(rule, words), holds: holds(rule, value, day), saw: saySeen(rule, value, words) }
  }
  const [joint, inner] =
    'not' in rule ? (['not', [rule.not]] as const) : 'all' in rule ? (['all', rule.all] as const) : (['any', rule.any] as const)
  const parts = inner.map((one) => explained(one, facts, day, words))
  const held = isTrue(rule, facts, day)
  return { joint, words: sayOutcome(joint, parts, held), holds: held, parts }
}

function sayOutcome(joint: 'all' | 'any' | 'not', parts: readonly Explained[], held: boolean): string {
  const [first] = parts
  if (joint === 'not') return held ? `Not so: ${first?.words}.` : `Is so, and should not: ${first?.words}.`
  const good = parts.filter((one) => one.holds).length
  if (joint === 'all') return held ? `All ${parts.length} hold.` : `${parts.length - good} of ${parts.length} do not hold; all must.`
  return held ? `${good} of ${parts.length} hold; one is enough.` : `None of ${parts.length} holds.`
}
