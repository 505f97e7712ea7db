import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import type { CustomerRecord } from '../../../domain/customer/customer/index.ts'
import type { Facts } from '../../../domain/data/segment/facts.ts'
import { fieldNames, fieldOf, operatorsOf, type Vocabulary } from '../../../domain/data/segment/field.ts'
import { operandOf, type Op } from '../../../domain/data/segment/op.ts'
import { checkRule, clausesOf, LIMITS, type Clause, type Rule } from '../../../domain/data/segment/rule.ts'
import { isTrue, movesByTime, nextChange } from '../../../domain/data/segment/truth.ts'
import { sayRule } from '../../../domain/data/segment/words.ts'
import { dayFrom, dayNumber } from '../../../domain/kernel/clock.ts'

const TODAY = dayNumber('2026-11-22')
const words: Vocabulary = {
  currency: 'USD',
  timeZone: 'UTC',
  tiers: ['crystal', 'jade', 'gold'],
  customFields: [
    { name: 'colour', label: 'Colour', type: 'choice', choices: ['red', 'blue'] },
    { name: 'renewal', label: 'Renewal', type: 'date' },
    { name: 'score', label: 'Score', type: 'number' },
    { name: 'vip', label: 'VIP', type: 'boolean' },
    { name: 'nick', label: 'Nickname', type: 'text' },
  ],
}

const nearby = fc.integer({ min: TODAY - 500, max: TODAY })
const instantOf = (day: number) => `${dayFrom(day)}T12:00:00.000Z`

/** Customers of all sorts: each thing there or not. */
const factsOf: fc.Arbitrary<Facts> = fc
  .record({
    country: fc.option(fc.constantFrom('US', 'CN', 'DE'), { nil: undefined }),
    name: fc.constantFrom('Ada Lovelace', 'Émile Zola', '王小明'),
    employees: fc.option(fc.nat(100), { nil: undefined }),
    tags: fc.subarray(['vip', 'press', 'old']),
    birthday: fc.option(fc.integer({ min: dayNumber('1950-01-01'), max: dayNumber('2008-12-31') }), { nil: undefined }),
    leapling: fc.boolean(),
    createdAt: nearby,
    custom: fc.record(
      {
        colour: fc.constantFrom('red', 'blue'),
        renewal: fc.integer({ min: TODAY - 400, max: TODAY + 800 }).map(dayFrom),
        score: fc.integer({ min: -5, max: 5 }),
        vip: fc.boolean(),
        nick: fc.constantFrom('Ace', '2026-11-22'),
      },
      { requiredKeys: [] },
    ),
    bought: fc.array(fc.record({ day: nearby, net: fc.nat(500), skus: fc.subarray(['TEA', 'CUP']) }), { maxLength: 6 }),
    contacts: fc.array(nearby, { maxLength: 4 }),
    tier: fc.option(fc.constantFrom('crystal', 'jade', 'gold'), { nil: undefined }),
    openTickets: fc.nat(3),
    half: fc.integer({ min: 5, max: 90 }),
  })
  .map(({ bought, contacts, tier, leapling, birthday, half, openTickets, ...file }) => {
    const purchases = [...bought].sort((a, b) => b.day - a.day)
    const days = [...new Set(purchases.map(({ day }) => day))].sort((a, b) => a - b)
    const [firstDay] = days
    const lastDay = days.at(-1) ?? 0
    const net = purchases.reduce((sum, one) => sum + one.net, 0)
    const born = leapling && birthday !== undefined ? '1996-02-29' : birthday && dayFrom(birthday)
    const record = {
      addresses: [],
      emails: [],
      phones: [],
      interests: [],
      lifecycle: 'customer',
      kind: 'person',
      lifecycleSince: instantOf(TODAY),
      ...file,
    }
    return {
      timeZone: 'UTC',
      file: { ...record, ...(born && { birthday: born }), createdAt: instantOf(file.createdAt) } as unknown as CustomerRecord,
      purchases,
      contacts: [...contacts].sort((a, b) => b - a),
      openTickets,
      openWarnings: 0,
      ...(firstDay !== undefined && {
        history: { firstDay, lastDay, x: days.length - 1, count: purchases.length, net } as never,
        // Anything that falls as days go by.
        worth: {
          pAlive: (day: number) => 0.5 ** ((day - lastDay) / half),
          clv12m: (day: number) => Math.round(net * 0.5 ** ((day - lastDay) / half)),
        },
      }),
      ...(tier && { tier: { tier, since: instantOf(lastDay || TODAY) } as never }),
    }
  })

const FIELDS = fieldNames(words).filter((name) => !/^(rfm|pyramid|teamId|parentId)/.test(name))

const literal = (type: string, choices: readonly string[] = []): fc.Arbitrary<unknown> => {
  if (type === 'choice') return fc.constantFrom(...choices)
  if (type === 'number') return fc.integer({ min: -5, max: 60 })
  if (type === 'share') return fc.double({ min: 0, max: 1, noNaN: true })
  if (type === 'money') return fc.nat(1_500).map((amount) => ({ amount, currency: 'USD' }))
  if (type === 'boolean') return fc.boolean()
  if (type === 'date' || type === 'birthday') return fc.integer({ min: TODAY - 600, max: TODAY + 600 }).map(dayFrom)
  return fc.constantFrom('US', 'cn', 'ada', 'emile', '王', 'vip', 'press', '2026-11-22')
}
const rank = (value: unknown): number | string =>
  typeof value === 'object' ? (value as { amount: number }).amount : (value as number | string)

const clauseOf: fc.Arbitrary<Clause> = fc.constantFrom(...FIELDS).chain((name) => {
  const field = fieldOf(name, words)
  if (!field) throw new Error(name)
  return fc.constantFrom(...operatorsOf(name, field)).chain((op): fc.Arbitrary<Clause> => {
    const one = literal(field.type, field.choices)
    const operand = operandOf(op)
    const values =
      operand === 'pair'
        ? fc.tuple(one, one).map((two) => two.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)))
        : fc.array(one, { minLength: 1, maxLength: 3 })
    return fc
      .record({
        field: fc.constant(name),
        op: fc.constant(op),
        ...(operand === 'one' && { value: one }),
        ...((operand === 'many' || operand === 'pair') && { value: values }),
        ...(operand === 'days' && { days: fc.integer({ min: 1, max: op === 'anniversary_within' ? 180 : 400 }) }),
        ...(field.window && {
          withinDays:
            field.window === 'required'
              ? fc.integer({ min: 1, max: 400 })
              : fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
        }),
      })
      .map((clause) => JSON.parse(JSON.stringify(clause)) as Clause)
  })
})

const { rule: ruleOf } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    clauseOf,
    fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('rule').map((not) => ({ not })),
  ),
}))

const timedRule = ruleOf.filter((rule) => clausesOf(rule).some(movesByTime))

/** The same question asked the slow way: dates as dates, windows day by day. */
function naive(rule: Rule, facts: Facts, day: number): boolean {
  if ('all' in rule) return !rule.all.some((one) => !naive(one, facts, day))
  if ('any' in rule) return rule.any.filter((one) => naive(one, facts, day)).length > 0
  if ('not' in rule) return naive(rule.not, facts, day) === false
  return naiveClause(rule, facts, day)
}

function naiveValue({ field, withinDays, sku }: Clause, facts: Facts, day: number): unknown {
  const { file, history } = facts
  const window = Array.from({ length: withinDays ?? 0 }, (_, back) => day - back)
  const inWindow = (one: number) => withinDays === undefined || window.includes(one) || one > day
  const bought = (facts.purchases ?? []).filter((one) => inWindow(one.day) && (!sku || one.skus.includes(sku)))
  switch (field) {
    case 'purchases.count':
      return bought.length
    case 'purchases.net':
      return bought.map(({ net }) => net).reduce((a, b) => a + b, 0)
    case 'purchases.days':
      return new Set(bought.map((one) => one.day)).size
    case 'purchases.first':
      return history && dayFrom(history.firstDay)
    case 'purchases.last':
      return history && dayFrom(history.lastDay)
    case 'tier':
      return facts.tier?.tier
    case 'tier.since':
      return facts.tier?.since.slice(0, 10)
    case 'tier.validUntil':
      return facts.tier?.validUntil
    case 'tier.atRisk':
      return facts.tier?.atRisk !== undefined
    case 'value.clv12m':
      return facts.worth?.clv12m(day)
    case 'value.pAlive':
      return facts.worth?.pAlive(day)
    case 'interactions.last':
      return facts.contacts?.[0] === undefined ? undefined : dayFrom(facts.contacts[0])
    case 'interactions.count':
      return (facts.contacts ?? []).filter(inWindow).length
    case 'tickets.open':
      return facts.openTickets
    case 'warnings.open':
      return facts.openWarnings
    case 'hasEmail':
      return file.emails.length > 0
    case 'hasPhone':
      return file.phones.length > 0
    case 'cities':
      return []
    case 'createdAt':
      return file.createdAt.slice(0, 10)
    case 'lifecycleSince':
      return file.lifecycleSince.slice(0, 10)
    default:
      return field.startsWith('custom.') ? file.custom[field.slice(7)] : file[field as keyof CustomerRecord]
  }
}

const fold = (value: unknown): unknown => (typeof value === 'string' ? value.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase() : value)

function naiveClause(clause: Clause, facts: Facts, day: number): boolean {
  const seen = naiveValue(clause, facts, day)
  const { op, days = 0 } = clause
  const empty = seen === undefined || (Array.isArray(seen) && seen.length === 0)
  if (op === 'is_empty') return empty
  if (seen === undefined) return false
  if (op === 'is_set') return !empty
  const wanted =
    clause.value === undefined
      ? []
      : [clause.value].flat().map((one) => fold(typeof one === 'object' ? (one as { amount: number }).amount : one))
  const mine = Array.isArray(seen) ? seen.map(fold) : fold(seen)
  const [low = NaN as never, high = NaN as never] = wanted as never[]
  const between = (from: number, to: number) => String(mine) >= dayFrom(from) && String(mine) <= dayFrom(to)
  const asked: Record<Op, () => boolean> = {
    is: () => mine === low,
    one_of: () => wanted.includes(mine),
    contains: () => String(mine).indexOf(String(low)) >= 0,
    starts_with: () => String(mine).indexOf(String(low)) === 0,
    has: () => (mine as unknown[]).includes(low),
    has_any: () => wanted.some((one) => (mine as unknown[]).includes(one)),
    has_all: () => wanted.every((one) => (mine as unknown[]).includes(one)),
    at_least: () => !((mine as never) < low),
    at_most: () => !((mine as never) > low),
    more_than: () => (mine as never) > low,
    less_than: () => (mine as never) < low,
    between: () => (mine as never) >= (low as never) && (mine as never) <= (high as never),
    before: () => (mine as never) < low,
    after: () => (mine as never) > low,
    within_last: () => between(day - days + 1, day),
    longer_ago: () => String(mine) <= dayFrom(day - days),
    within_next: () => between(day, day + days),
    anniversary_within: () => {
      for (let ahead = 0; ahead <= days; ahead++) {
        const date = dayFrom(day + ahead)
        const leap = new Date(Date.UTC(Number(date.slice(0, 4)), 1, 29)).getUTCMonth() === 1
        const monthDay = String(mine).slice(5) === '02-29' && !leap ? '02-28' : String(mine).slice(5)
        if (date.slice(5) === monthDay) return true
      }
      return false
    },
    is_set: () => !empty,
    is_empty: () => empty,
  }
  return asked[op]()
}

describe('a rule', () => {
  test('is true of whom a plain reading of it is true of', () => {
    fc.assert(
      fc.property(ruleOf, factsOf, fc.integer({ min: 0, max: 500 }), (rule, facts, ahead) => {
        expect(isTrue(rule, facts, TODAY + ahead)).toBe(naive(rule, facts, TODAY + ahead))
      }),
      { numRuns: 3_000 },
    )
  })

  test('stays as it is until the day that was told, and changes on it', () => {
    let changed = 0
    fc.assert(
      fc.property(timedRule, factsOf, (rule, facts) => {
        const next = nextChange(rule, facts, TODAY)
        const now = naive(rule, facts, TODAY)
        const last = Math.min(next ?? Infinity, TODAY + 800)
        for (let day = TODAY + 1; day < last; day++)
          if (naive(rule, facts, day) !== now) expect.fail(`changed on ${dayFrom(day)}, told ${next && dayFrom(next)}`)
        if (next !== undefined && next < TODAY + 800) {
          changed += 1
          expect(next).toBeGreaterThan(TODAY)
          expect(naive(rule, facts, next)).toBe(!now)
        }
      }),
      { numRuns: 400 },
    )
    expect(changed).toBeGreaterThan(15)
  })

  test('made of what is allowed passes the check unchanged, and is said in words', () => {
    fc.assert(
      fc.property(ruleOf, (rule) => {
        const checked = checkRule(rule, words)
        expect(checked).toEqual({ rule })
        expect(sayRule(rule, words)).not.toMatch(/undefined|NaN|\[object/)
      }),
      { numRuns: 500 },
    )
  })

  test('that is anything at all is refused with paths, and never fails', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 5 }), (raw) => {
        const checked = checkRule(raw, words)
        if ('issues' in checked) for (const one of checked.issues) expect(one.path).toMatch(/^rule/)
        else
          expect(
            typeof isTrue(checked.rule, { timeZone: 'UTC', file: { custom: {}, addresses: [], emails: [], phones: [] } as never }, TODAY),
          ).toBe('boolean')
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a rule that cannot be is refused with its path and what is allowed', () => {
  const issues = (raw: unknown) => {
    const checked = checkRule(raw, words)
    return 'issues' in checked ? checked.issues.map(({ path, code, message }) => `${path} ${code} ${message}`) : []
  }
  test.each<[raw: unknown, said: RegExp]>([
    [{ field: 'colour', op: 'is', value: 'red' }, /^rule\.field field\.unknown .*custom\.colour/],
    [{ field: 'toString', op: 'is', value: 'x' }, /^rule\.field field\.unknown/],
    [
      { all: [{ field: 'tags', op: 'at_least', value: 3 }] },
      /^rule\.all\.0\.op operator\.unsupported tags can be asked: has, has_any, has_all/,
    ],
    [{ field: 'value.clv12m', op: 'is', value: { amount: 1, currency: 'USD' } }, /^rule\.op operator\.unsupported/],
    [{ field: 'birthday', op: 'within_last', days: 3 }, /^rule\.op operator\.unsupported birthday can be asked/],
    [{ field: 'birthday', op: 'anniversary_within', days: 400 }, /^rule\.days window\.impossible .*0 to 180/],
    [{ field: 'createdAt', op: 'within_last', days: 0 }, /^rule\.days window\.impossible .*1 to 3650/],
    [{ field: 'employees', op: 'between', value: [9, 3] }, /^rule\.value window\.impossible/],
    [{ field: 'purchases.net', op: 'at_least', value: 10 }, /^rule\.value value\.invalid Money in USD/],
    [{ field: 'purchases.net', op: 'at_least', value: { amount: 1, currency: 'CNY' } }, /^rule\.value value\.invalid Money in USD/],
    [{ field: 'purchases.count', op: 'at_least', value: 1, sku: 'TEA' }, /^rule\.withinDays needed/],
    [{ field: 'interactions.count', op: 'at_least', value: 1 }, /^rule\.withinDays needed/],
    [{ field: 'country', op: 'is', value: 'US', withinDays: 3 }, /^rule\.withinDays unknown_field/],
    [{ field: 'tier', op: 'is', value: 'iron' }, /^rule\.value value\.invalid One of crystal, jade, gold/],
    [{ field: 'custom.renewal', op: 'before', value: '2026-02-30' }, /^rule\.value value\.invalid A day/],
    [{ field: 'country', op: 'is_set', value: 'US' }, /^rule\.value unknown_field/],
    [{ field: 'country', op: 'is', value: 'US', colour: 1 }, /^rule\.colour unknown_field/],
    [{ all: [] }, /^rule\.all not_a_list/],
    [{ all: [{ field: 'tier', op: 'is_set' }], any: [] }, /^rule\.any unknown_field/],
    [{ not: [] }, /^rule\.not not_a_rule/],
    [{ any: Array.from({ length: 51 }, () => ({ field: 'tier', op: 'is_set' })) }, /^rule\.any not_a_list/],
    [{ not: { not: { not: { not: { not: { field: 'tier', op: 'is_set' } } } } } }, /^rule\.not\.not\.not\.not\.not rule\.too_deep/],
    [{ field: 'name', op: 'one_of', value: Array.from({ length: 50 }, () => 'x'.repeat(400)) }, /^rule rule\.too_large/],
  ])('%#', (raw, said) => {
    const [first = ''] = issues(raw)
    expect(first).toMatch(said)
  })

  test('with everything wrong at once', () => {
    const raw = {
      any: [
        { field: 'nope', op: 'is', value: 1 },
        { field: 'country', op: 'more_than', value: 1 },
        { field: 'hasEmail', op: 'is', value: 'yes' },
      ],
    }
    expect(issues(raw).map((one) => one.split(' ')[0])).toEqual(['rule.any.0.field', 'rule.any.1.op', 'rule.any.2.value'])
    const many = { all: Array.from({ length: 2 }, () => ({ any: Array.from({ length: 30 }, () => ({ field: 'tier', op: 'is_set' })) })) }
    expect(issues(many)).toEqual([`rule rule.too_large A rule may have ${LIMITS.clauses} clauses.`])
  })
})
