import type { Features } from './features.ts'
import { jaroWinkler } from './jaro-winkler.ts'

/**
 * How probable it is that two files are of one customer (Fellegi & Sunter 1969, "A theory for record linkage"): each thing that
 * two files tell is compared to a level; a level has the probability `m` among files of one customer and `u` among files of two;
 * its weight is log2(m / u); the weights add up with that of the prior odds, and 2^sum are the odds. What one of the two
 * files does not tell weighs nothing. The same either way round.
 */

/** One level of a comparison: how often it is met among the same (`m`) and among different customers (`u`), and what it means. */
interface Level {
  m: number
  u: number
  words: string
}

const LEVELS = {
  name: {
    same: { m: 0.7, u: 0.005, words: 'The names are the same, word for word in any order' },
    close: { m: 0.2, u: 0.004, words: 'The names differ by a letter or two' },
    alike: { m: 0.08, u: 0.02, words: 'The names are alike' },
    different: { m: 0.02, u: 0.971, words: 'The names are different' },
  },
  birthday: {
    same: { m: 0.92, u: 0.0001, words: 'The same birthday' },
    near: { m: 0.06, u: 0.002, words: 'Birthdays that differ by one digit, or by day and month swapped' },
    different: { m: 0.02, u: 0.9979, words: 'Different birthdays' },
  },
  email: {
    same: { m: 0.3, u: 0.001, words: 'Email addresses with the same name before the @' },
    different: { m: 0.7, u: 0.999, words: 'Different email addresses' },
  },
  phone: {
    same: { m: 0.5, u: 0.0002, words: 'Phone numbers with the same last eight digits' },
    different: { m: 0.5, u: 0.9998, words: 'Different phone numbers' },
  },
  address: {
    same: { m: 0.6, u: 0.001, words: 'Addresses of the same postal code and house number' },
    city: { m: 0.2, u: 0.05, words: 'Addresses in the same city' },
    different: { m: 0.2, u: 0.949, words: 'Different addresses' },
  },
  host: {
    same: { m: 0.6, u: 0.01, words: 'The same website, or email at the same company' },
    different: { m: 0.4, u: 0.99, words: 'Different websites and companies' },
  },
} as const satisfies Record<string, Record<string, Level>>

/** Of the pairs that share a blocking key, one in so many is of one customer. */
const PRIOR = 1 / 200

/** What speaks for two files being one, or against it: its weight in bits, in words. */
export interface Reason {
  field: keyof typeof LEVELS
  weight: number
  words: string
}
export interface Likeness {
  /** Probability that both are one customer, 0 to 1, in thousandths. */
  score: number
  reasons: Reason[]
}

/** Jaro–Winkler from which names count as close, and as alike. */
const CLOSE = 0.94
const ALIKE = 0.86

export function likenessOf(one: Features, other: Features): Likeness {
  if (one.kind !== other.kind) return { score: 0, reasons: [] }
  const reasons = [
    reason('name', nameLevel(one.name, other.name)),
    reason('birthday', birthdayLevel(one.birthday, other.birthday)),
    reason('email', shared(one.locals, other.locals)),
    reason('phone', shared(one.phones, other.phones)),
    reason('address', addressLevel(one, other)),
    reason('host', shared(one.hosts, other.hosts)),
  ].filter((found) => found !== undefined)
  const bits = reasons.reduce((sum, { weight }) => sum + weight, Math.log2(PRIOR / (1 - PRIOR)))
  const score = Math.round(1000 / (1 + 2 ** -bits)) / 1000
  return { score, reasons: reasons.sort((a, b) => b.weight - a.weight || (a.field < b.field ? -1 : 1)) }
}

function reason<F extends keyof typeof LEVELS>(field: F, level: keyof (typeof LEVELS)[F] | undefined): Reason | undefined {
  if (level === undefined) return undefined
  const { m, u, words } = LEVELS[field][level] as Level
  return { field, weight: Math.round(Math.log2(m / u) * 100) / 100, words }
}

function nameLevel(one: string, other: string): keyof typeof LEVELS.name | undefined {
  if (one === '' || other === '') return undefined
  if (one === other) return 'same'
  const alike = jaroWinkler(one, other)
  return alike >= CLOSE ? 'close' : alike >= ALIKE ? 'alike' : 'different'
}

function birthdayLevel(one: string | undefined, other: string | undefined): keyof typeof LEVELS.birthday | undefined {
  if (one === undefined || other === undefined) return undefined
  if (one === other) return 'same'
  const [year, month, day] = one.split('-')
  const wrong = [...one].filter((digit, at) => digit !== other[at]).length
  return wrong === 1 || `${year}-${day}-${month}` === other ? 'near' : 'different'
}

function shared(one: readonly string[], other: readonly string[]): 'same' | 'different' | undefined {
  if (one.length === 0 || other.length === 0) return undefined
  return one.some((value) => other.includes(value)) ? 'same' : 'different'
}

function addressLevel(one: Features, other: Features): keyof typeof LEVELS.address | undefined {
  if (shared(one.addresses, other.addresses) === 'same') return 'same'
  const cities = shared(one.cities, other.cities)
  if (cities === 'same') return 'city'
  return cities ?? shared(one.addresses, other.addresses)
}
