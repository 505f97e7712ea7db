import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { blocksOf, featuresOf, jaroOf, jaroWinkler, likenessOf } from '../../../domain/customer/likeness/index.ts'

/** Jaro and Jaro–Winkler values of Porter & Winkler (1997), "Approximate string comparison and its effect on an advanced record linkage system", table 1. */
const published = [
  ['SHACKLEFORD', 'SHACKELFORD', 0.97, 0.982],
  ['DUNNINGHAM', 'CUNNIGHAM', 0.896, 0.896],
  ['NICHLESON', 'NICHULSON', 0.926, 0.956],
  ['JONES', 'JOHNSON', 0.79, 0.832],
  ['MASSEY', 'MASSIE', 0.889, 0.933],
  ['ABROMS', 'ABRAMS', 0.889, 0.922],
  ['JERALDINE', 'GERALDINE', 0.926, 0.926],
  ['MARHTA', 'MARTHA', 0.944, 0.961],
  ['MICHELLE', 'MICHAEL', 0.869, 0.921],
  ['JULIES', 'JULIUS', 0.889, 0.933],
  ['TANYA', 'TONYA', 0.867, 0.88],
  ['DWAYNE', 'DUANE', 0.822, 0.84],
  ['SEAN', 'SUSAN', 0.783, 0.805],
  ['JON', 'JOHN', 0.917, 0.933],
] as const

describe('how alike two names are', () => {
  test.each(published)('%s and %s as published', (one, other, jaro, winkler) => {
    expect(jaroOf(one, other)).toBeCloseTo(jaro, 3)
    expect(jaroWinkler(one, other)).toBeCloseTo(winkler, 3)
  })

  test('is the same both ways, between 0 and 1, and 1 of a name and itself', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '王', '小', ' ') })
    fc.assert(
      fc.property(word, word, (one, other) => {
        const alike = jaroWinkler(one, other)
        expect(alike).toBe(jaroWinkler(other, one))
        expect(alike).toBeGreaterThanOrEqual(0)
        expect(alike).toBeLessThanOrEqual(1)
        expect(jaroWinkler(one, one)).toBe(1)
      }),
    )
  })
})

const name = fc.constantFrom('Ada Lovelace', 'Lovelace Ada', 'Ada Lovelance', 'Alan Turing', '王小明', '王晓明', 'Dr. Ada Lovelace', 'A')
const file = fc.record(
  {
    kind: fc.constant('person' as const),
    name,
    birthday: fc.constantFrom('1815-12-10', '1815-10-12', '1912-06-23'),
    emails: fc.subarray([{ address: 'ada@one.example' }, { address: 'ada@two.example' }, { address: 'info@one.example' }]),
    phones: fc.subarray([{ number: '+442079460000' }, { number: '+12079460000' }, { number: '+8613912345678' }]),
    addresses: fc.subarray([
      { street: '12 High St', postalCode: 'AB1 2CD', country: 'GB', city: 'London' },
      { street: 'Nr. 7', city: 'London', country: 'GB' },
    ]),
  },
  { requiredKeys: ['kind', 'name'] },
)

describe('how probable it is that two files are one', () => {
  test('is the same both ways, with the same reasons', () => {
    fc.assert(
      fc.property(file, file, (one, other) => {
        const [there, back] = [likenessOf(featuresOf(one), featuresOf(other)), likenessOf(featuresOf(other), featuresOf(one))]
        expect(there).toEqual(back)
        expect(there.score).toBeGreaterThanOrEqual(0)
        expect(there.score).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('its odds are the prior odds doubled by each bit of weight', () => {
    fc.assert(
      fc.property(file, file, (one, other) => {
        const { score, reasons } = likenessOf(featuresOf(one), featuresOf(other))
        const odds = (1 / 199) * 2 ** reasons.reduce((sum, { weight }) => sum + weight, 0)
        expect(score).toBeCloseTo(odds / (1 + odds), 3)
      }),
    )
  })

  const scoreOf = (one: Record<string, unknown>, other: Record<string, unknown>) => {
    const whole = (some: Record<string, unknown>) => featuresOf({ kind: 'person', ...some } as never)
    return likenessOf(whole(one), whole(other)).score
  }
  test('grows with what two files have in common', () => {
    const ada = { name: 'Ada Lovelace' }
    expect(scoreOf(ada, { name: 'Alan Turing' })).toBeLessThan(0.01)
    expect(scoreOf(ada, ada)).toBeGreaterThan(0.3)
    expect(scoreOf(ada, ada)).toBeLessThan(0.5)
    expect(scoreOf({ ...ada, birthday: '1815-12-10' }, { name: 'Lovelace, Ada', birthday: '1815-12-10' })).toBeGreaterThan(0.99)
    expect(scoreOf({ ...ada, birthday: '1815-12-10' }, { ...ada, birthday: '1912-06-23' })).toBeLessThan(0.05)
    expect(
      scoreOf({ ...ada, emails: [{ address: 'a.lovelace@one.example' }] }, { ...ada, emails: [{ address: 'alovelace@two.example' }] }),
    ).toBeGreaterThan(0.95)
    expect(
      scoreOf({ name: 'Jon Smith', phones: [{ number: '+442079460000' }] }, { name: 'John Smith', phones: [{ number: '+12079460000' }] }),
    ).toBeGreaterThan(0.95)
  })

  test('a person and a company are never one', () => {
    expect(likenessOf(featuresOf({ kind: 'person', name: 'Acme' }), featuresOf({ kind: 'company', name: 'Acme' })).score).toBe(0)
  })

  test('legal forms, desks, providers and titles say nothing', () => {
    expect(featuresOf({ kind: 'company', name: 'Acme Trading Co., Ltd.' }).name).toBe('acme trading')
    expect(featuresOf({ kind: 'company', name: '华为技术有限公司' }).name).toBe('华为技术')
    expect(featuresOf({ kind: 'person', name: 'Dr. Ada  Lovelace' }).name).toBe('ada lovelace')
    const { locals, hosts } = featuresOf({ name: 'A', emails: [{ address: 'info@acme.example' }, { address: 'a.da+news@gmail.com' }] })
    expect(locals).toEqual(['ada'])
    expect(hosts).toEqual(['acme.example'])
  })

  test('files with one rare thing in common share a block: a name, a phone number, a birthday and a name alike', () => {
    fc.assert(
      fc.property(file, file, (one, other) => {
        const [a, b] = [featuresOf(one), featuresOf(other)]
        const weights = new Map(likenessOf(a, b).reasons.map(({ field, weight, words }) => [field, { weight, words }]))
        const speaks = (field: 'name' | 'email' | 'phone') => (weights.get(field)?.weight ?? 0) > 0
        const born = weights.get('birthday')?.words === 'The same birthday'
        const rare = a.name === b.name || speaks('email') || speaks('phone') || (born && speaks('name'))
        if (rare) expect(blocksOf(a).some((block) => blocksOf(b).includes(block))).toBe(true)
      }),
    )
  })
})
