import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { dayFrom } from '../../../domain/kernel/clock.ts'
import { dayIn } from '../../../domain/kernel/zone.ts'
import { festivalDay, festivals, nextFestival, occasions } from '../../../domain/care/greeting/festival.ts'
import { dayInYear, look, lunarBirthday, MOST_AHEAD, nextDay, turnOf, type Greeting } from '../../../domain/care/greeting/greeting.ts'
import { exclusion, newPolicy, type Policy, type Rule } from '../../../domain/care/greeting/policy.ts'
import { names, tongueOf, tongues, wordsFor } from '../../../domain/care/greeting/words.ts'
import { dayAfter, lunarDateOf } from '../../../domain/platform/calendar/index.ts'

const rule = (occasion: Rule['occasion'], daysAhead: number): Rule => ({ occasion, daysAhead, as: 'task' })
const policy = (...rules: Rule[]): Policy => ({ occasions: rules, leapDay: 'february_28' })

describe('a birthday', () => {
  test('on 29 February has a day in every year, by the policy’s choice', () => {
    expect([2027, 2028].map((year) => dayInYear('1992-02-29', year, 'february_28'))).toEqual(['2027-02-28', '2028-02-29'])
    expect([2027, 2028, 2100].map((year) => dayInYear('1992-02-29', year, 'march_1'))).toEqual(['2027-03-01', '2028-02-29', '2100-03-01'])
    const born: Greeting = { birthday: '1992-02-29', settled: {} }
    expect(nextDay('birthday', born, '2027-03-01', 'february_28')).toBe('2028-02-29')
    expect(nextDay('birthday', born, '2027-03-01', 'march_1')).toBe('2027-03-01')
    expect(nextDay('birthday', { ...born, settled: { birthday: 2028 } }, '2027-03-02', 'march_1')).toBe('2029-03-01')
  })

  test('is prepared on its day ahead, once a year, in the workspace’s time zone', () => {
    const born: Greeting = { birthday: '1990-01-02', settled: {} }
    const seen = look(born, policy(rule('birthday', 5)), '2026-12-27', 'Asia/Shanghai')
    expect(seen).toMatchObject({ due: [], timerAt: '2026-12-27T16:00:00.000Z' })
    const due = look(born, policy(rule('birthday', 5)), '2026-12-28', 'Asia/Shanghai')
    expect(due).toMatchObject({ due: [{ occasion: 'birthday', day: '2027-01-02' }], settled: { birthday: 2027 } })
    expect(dayIn(due.timerAt ?? '', 'Asia/Shanghai')).toBe('2027-12-03')
    expect(look({ ...born, settled: due.settled }, policy(rule('birthday', 30)), '2026-12-29', 'UTC').due).toEqual([])
  })

  test('without a rule is looked at a month ahead, so that a rule made in time counts', () => {
    const born: Greeting = { birthday: '1990-06-30', settled: {} }
    expect(look(born, policy(), '2026-05-01', 'UTC')).toEqual({ due: [], settled: {}, timerAt: '2026-05-31T00:00:00.000Z' })
    expect(look(born, policy(), '2026-05-31', 'UTC')).toMatchObject({
      due: [],
      settled: { birthday: 2026 },
      timerAt: '2027-05-31T00:00:00.000Z',
    })
  })
})

describe('a lunar birthday', () => {
  test('comes round by the Chinese calendar, in short months and after leap months too', () => {
    // 1985-09-29 was the 15th of the 8th month: Mid-Autumn.
    expect([2026, 2027, 2028].map((year) => lunarBirthday('1985-09-29', year))).toEqual(['2026-09-25', '2027-09-15', '2028-10-03'])
    // The 1st of the leap 8th month of 1976.
    expect(lunarBirthday('1976-09-24', 2026)).toBe('2026-09-11')
    // The 30th of the 12th month, new year's eve; in 2026 that month has 29 days.
    expect(lunarDateOf('1985-02-19')).toMatchObject({ year: 1984, month: 12, day: 30 })
    expect([lunarBirthday('1985-02-19', 2026), lunarBirthday('1985-02-19', 2027)]).toEqual(['2027-02-05', '2028-01-25'])
    expect(lunarBirthday('1890-01-01', 2026)).toBeUndefined()
  })

  test('is greeted exactly once in each lunar year, also where a Gregorian year has two of them or none', () => {
    const day = fc.integer({ min: -20_000, max: 16_000 }).map(dayFrom)
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: MOST_AHEAD }), (birthday, ahead) => {
        let known: Greeting = { birthday, lunar: true, settled: {} }
        const greeted: string[] = []
        for (let today = '2026-11-20'; today < '2034-01-01'; ) {
          const { due, settled, timerAt = '' } = look(known, policy(rule('birthday', ahead)), today, 'UTC')
          greeted.push(...due.map((one) => one.day))
          known = { ...known, settled }
          expect(timerAt.slice(0, 10) > today).toBe(true)
          today = timerAt.slice(0, 10)
        }
        const turns = greeted.map((one) => turnOf('birthday', known, one))
        expect(turns).toEqual(Array.from(turns, (_, at) => (turns[0] ?? 0) + at))
        expect(turns.length).toBeGreaterThanOrEqual(7)
        expect(greeted).toEqual(turns.map((turn) => lunarBirthday(birthday, turn)))
      }),
      { numRuns: 40 },
    )
  })
})

test('an anniversary is a year after the first purchase at the earliest', () => {
  const bought: Greeting = { firstDay: '2026-11-20', settled: {} }
  expect(nextDay('anniversary', bought, '2026-11-20', 'february_28')).toBe('2027-11-20')
  expect(look(bought, policy(rule('anniversary', 3)), '2026-11-21', 'UTC').due).toEqual([])
})

describe('a customer’s days', () => {
  const day = fc.integer({ min: 3_000, max: 20_000 }).map(dayFrom)
  const ahead = fc.integer({ min: 0, max: MOST_AHEAD })
  const own = fc.record({ birthday: fc.option(day, { nil: undefined }), firstDay: fc.option(day, { nil: undefined }) })

  test('are each greeted exactly once a year, however the timer and others look in between', () => {
    fc.assert(
      fc.property(
        own,
        ahead,
        ahead,
        fc.constantFrom('february_28' as const, 'march_1' as const),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (given, one, other, leapDay, steps) => {
          const rules: Policy = { occasions: [rule('birthday', one), rule('anniversary', other)], leapDay }
          let greeting: Greeting = {
            settled: {},
            ...(given.birthday && { birthday: given.birthday }),
            ...(given.firstDay && { firstDay: given.firstDay }),
          }
          const greeted: string[] = []
          let today = '2026-03-01'
          while (today < '2031-03-01') {
            const { due, settled, timerAt } = look(greeting, rules, today, 'UTC')
            for (const { occasion, day } of due) {
              greeted.push(`${occasion} ${day.slice(0, 4)}`)
              const lead = rules.occasions.find((rule) => rule.occasion === occasion)?.daysAhead ?? 0
              expect(today >= dayAfter(day, -lead) && today <= day).toBe(true)
            }
            greeting = { ...greeting, settled }
            const wakes = timerAt?.slice(0, 10) ?? '2031-03-01'
            expect(wakes > today).toBe(true)
            const step = steps.next().value
            today = dayAfter(today, step) < wakes ? dayAfter(today, step) : wakes
          }
          expect(new Set(greeted).size).toBe(greeted.length)
          const each = (occasion: string) => greeted.filter((one) => one.startsWith(occasion)).length
          expect(each('birthday') >= 5).toBe(given.birthday !== undefined)
          expect(each('anniversary') >= 5).toBe(given.firstDay !== undefined)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('festivals', () => {
  test('all have a day, a name and words in every tongue, every year', () => {
    for (let year = 2020; year <= 2050; year++) {
      for (const one of festivals) expect(festivalDay(one, year), `${one} ${year}`).toMatch(/^\d{4}-\d\d-\d\d$/)
    }
    for (const occasion of occasions) {
      for (const tongue of tongues) {
        expect(names[occasion][tongue]).not.toBe('')
        expect(wordsFor(occasion, tongue, { name: '陳大文' })).toContain('陳大文')
        expect(wordsFor(occasion, tongue, { name: 'Ada', years: 3 })).not.toMatch(/[{}]/)
      }
    }
  })

  test('come round from one year to the next', () => {
    expect(nextFestival('spring_festival', '2026-02-18')).toBe('2027-02-06')
    expect(nextFestival('spring_festival', '2026-02-17')).toBe('2026-02-17')
    expect(nextFestival('new_year_eve_lunar', '2026-12-01')).toBe('2027-02-05')
    expect(nextFestival('thanksgiving_us', '2026-11-01')).toBe('2026-11-26')
    // A leap sixth month in 2025: Mid-Autumn is in the eighth all the same.
    expect(nextFestival('mid_autumn', '2025-01-01')).toBe('2025-10-06')
  })
})

describe('the words', () => {
  test.each([
    ['zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-Hant-MO', 'zh-Hant'],
    ['yue', 'zh-Hant'],
    ['zh', 'zh-Hans'],
    ['zh-SG', 'zh-Hans'],
    ['zh-Hans-HK', 'zh-Hans'],
    ['de-AT', 'en'],
    [undefined, 'en'],
  ])('for %s are in %s', (language, tongue) => {
    expect(tongueOf(language)).toBe(tongue)
  })

  test('are the workspace’s own where it has some, and names are never read as placeholders', () => {
    expect(wordsFor('birthday', 'en', { name: '{years}$&' }, { en: 'Hi {name}' })).toBe('Hi {years}$&')
    expect(wordsFor('anniversary', 'zh-Hant', { name: '王小明', years: 2 })).toBe('王小明，您成為我們的客戶已經2年了，感謝您一路的信任！')
    expect(wordsFor('anniversary', 'en', { name: 'Ada', years: 1 })).toContain('1 year since')
  })

  test('are meant for some tiers and languages only, and say so', () => {
    const [birthday, , spring] = newPolicy.occasions
    if (!birthday || !spring) throw new Error('no rules')
    expect(exclusion(birthday, 'gold', 'en')).toBeUndefined()
    expect(exclusion(birthday, undefined, 'en')).toBe('for black-gold, diamond, platinum, gold only')
    expect(exclusion(spring, 'diamond', 'zh-TW')).toBeUndefined()
    expect(exclusion(spring, 'diamond', 'en')).toBe('for who speaks zh only')
  })
})
