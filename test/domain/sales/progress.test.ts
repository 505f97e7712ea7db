import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { daysLater, later, MS_PER_DAY } from '../../../domain/kernel/clock.ts'
import { close, daysInStages, enter, lacking, LONGEST_LOG, reopen, staleAt } from '../../../domain/sales/deal/progress.ts'
import { defaultPipeline, stageOf } from '../../../domain/sales/pipeline/index.ts'
import type { Deal } from '../../../domain/sales/deal/index.ts'

const START = '2026-01-01T00:00:00.000Z'
const names = defaultPipeline.stages.map((stage) => stage.name)
type Course = Pick<
  Deal,
  'state' | 'pipelineId' | 'stage' | 'probability' | 'probabilitySet' | 'stageLog' | 'closedAt' | 'staleCheckAt' | 'staleSince'
>

/** A step of a deal's life, some time after the one before. */
const step = fc.record({
  hours: fc.integer({ min: 0, max: 3_000 }),
  does: fc.oneof(
    ...names.map((to) => fc.constant({ to })),
    fc.constant({ end: 'won' as const }),
    fc.constant({ end: 'lost' as const }),
    fc.constant({ again: true }),
  ),
})

function apply(deal: Course, patch: object): Course {
  return Object.fromEntries(Object.entries({ ...deal, ...patch }).filter(([, value]) => value !== null)) as unknown as Course
}

function live(
  steps: readonly { hours: number; does: { to: string } | { end: 'won' | 'lost' } | { again: boolean } }[],
  probabilitySet?: number,
) {
  const place = { pipelineId: 'p', stage: names[0] ?? '' }
  const judged = probabilitySet !== undefined ? { probabilitySet } : {}
  let now = START
  let deal: Course = { ...judged, ...enter({ stageLog: [], ...judged }, place, defaultPipeline.stages[0], now) }
  for (const { hours, does } of steps) {
    now = later(now, hours * 3_600_000)
    const open = deal.state === 'open'
    if ('to' in does && open)
      deal = apply(deal, { ...enter(deal, { pipelineId: 'p', stage: does.to }, stageOf(defaultPipeline, does.to), now), staleSince: null })
    if ('end' in does && open) deal = apply(deal, close(deal, does.end, now))
    if ('again' in does && !open) deal = apply(deal, reopen(deal, stageOf(defaultPipeline, deal.stage), now))
  }
  return { deal, now }
}

describe('a deal’s course', () => {
  test('keeps one unended stay while open and none when closed, each stay beginning where the last ended or after', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { deal } = live(steps)
        const unended = deal.stageLog.filter((stay) => stay.leftAt === undefined)
        expect(unended).toHaveLength(deal.state === 'open' ? 1 : 0)
        expect(deal.stageLog.at(-1)?.stage).toBe(deal.stage)
        deal.stageLog.slice(1).forEach((stay, at) => expect(stay.enteredAt >= (deal.stageLog[at]?.leftAt ?? '~')).toBe(true))
        expect(deal.closedAt !== undefined).toBe(deal.state !== 'open')
        expect(deal.staleCheckAt !== undefined).toBe(deal.state === 'open')
      }),
    )
  })

  test('has the probability of its stage unless someone judged, and is certain once it ended', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.option(fc.constantFrom(0, 0.3, 1), { nil: undefined }), (steps, judged) => {
        const { deal } = live(steps, judged)
        const open = judged ?? stageOf(defaultPipeline, deal.stage)?.probability
        expect(deal.probability).toBe(deal.state === 'won' ? 1 : deal.state === 'lost' ? 0 : open)
      }),
    )
  })

  test('is looked at no later than the day it counts as stale', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { deal } = live(steps)
        fc.pre(deal.state === 'open')
        expect((deal.staleCheckAt ?? '~') <= (staleAt(deal, stageOf(defaultPipeline, deal.stage)) ?? '')).toBe(true)
      }),
    )
  })

  test('spends all its open time in stages', () => {
    fc.assert(
      fc.property(
        fc.array(
          step.filter(({ does }) => 'to' in does),
          { maxLength: 40 },
        ),
        (steps) => {
          const { deal, now } = live(steps)
          const total = [...daysInStages(deal.stageLog, 'p', now).values()].reduce((sum, days) => sum + days, 0)
          expect(total).toBeCloseTo((Date.parse(now) - Date.parse(START)) / MS_PER_DAY, 9)
        },
      ),
    )
  })

  test('keeps a bounded log', () => {
    const moves = Array.from({ length: 250 }, (_, at) => ({ hours: 1, does: { to: names[at % names.length] ?? '' } }))
    expect(live(moves).deal.stageLog).toHaveLength(LONGEST_LOG)
  })

  test('that ended before its stage was entered spent no time there', () => {
    const { deal } = live([])
    const ended = close(deal, 'won', daysLater(START, -5))
    expect(ended.stageLog).toEqual([{ pipelineId: 'p', stage: names[0], enteredAt: START, leftAt: START }])
  })
})

describe('a required field', () => {
  test('is lacking when absent or empty, zero and false are values', () => {
    const deal = { value: { amount: 0, currency: 'CNY' }, tags: [], nextStep: '', custom: { vip: false, size: 0 }, source: 'fair' }
    const required = ['value', 'tags', 'nextStep', 'custom.vip', 'custom.size', 'custom.region', 'source', 'ownerId']
    expect(lacking(required, deal)).toEqual(['tags', 'nextStep', 'custom.region', 'ownerId'])
  })
})
