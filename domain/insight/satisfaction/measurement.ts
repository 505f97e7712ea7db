import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import { LOYALTY_FORMULAS, shareOf } from './loyalty.ts'
import { FORMULAS, measuresOf, measuresView, ratingKinds, type Rating, type RatingKind } from './rating.ts'

/** Satisfaction and loyalty of one tier or segment in a period, found by going through its customers. */

const count = () => z.int().min(0).max(1e12)

/** What is added up, customer by customer. */
const sumsShape = () => ({
  /** Customers of the group who were looked at. */
  looked: count(),
  /** Those who had bought by the end of the period, and those of them who bought on more than one day. */
  buyers: count(),
  repeaters: count(),
  /** Those who had bought before the period, and those of them who bought in it. */
  before: count(),
  retained: count(),
  /** Those who bought for the first time in the period, and those of them whom somebody referred. */
  joined: count(),
  referred: count(),
  /** Ratings given in the period, by kind and score: `nps9`. */
  scores: z.record(z.string().regex(/^(csat|nps|ces)\d+$/), count()),
})
export type Sums = z.output<z.ZodObject<ReturnType<typeof sumsShape>>>
export const NONE_YET: Sums = { looked: 0, buyers: 0, repeaters: 0, before: 0, retained: 0, joined: 0, referred: 0, scores: {} }

export const measurementShape = () => ({
  tier: f.slug().optional(),
  segmentId: z.string().optional(),
  /** What the group was called. */
  name: z.string(),
  period: z.string(),
  state: z.enum(['running', 'done']),
  startedAt: f.instant(),
  finishedAt: f.instant().optional(),
  dueAt: f.instant().optional(),
  cursor: z.string().optional(),
  ...sumsShape(),
})
export type Measurement = z.output<z.ZodObject<ReturnType<typeof measurementShape>>>

/** What is known of a customer in a period. */
export interface Seen {
  /** Absent of who had not bought by the period's end. */
  bought?: { before: boolean; within: boolean; repeatedly: boolean; referred: boolean }
  ratings: readonly Pick<Rating, 'kind' | 'score'>[]
}

/** The sums with one customer more. */
export function withSeen(sums: Sums, { bought, ratings }: Seen): Sums {
  const one = (holds: boolean | undefined): number => (holds ? 1 : 0)
  const scores = { ...sums.scores }
  for (const { kind, score } of ratings) scores[`${kind}${score}`] = (scores[`${kind}${score}`] ?? 0) + 1
  const joined = bought !== undefined && !bought.before
  return {
    looked: sums.looked + 1,
    buyers: sums.buyers + one(bought !== undefined),
    repeaters: sums.repeaters + one(bought?.repeatedly),
    before: sums.before + one(bought?.before),
    retained: sums.retained + one(bought?.before && bought.within),
    joined: sums.joined + one(joined),
    referred: sums.referred + one(joined && bought.referred),
    scores,
  }
}

export const measurementView = () =>
  z.object({
    id: z.string(),
    ...z.object(measurementShape()).omit({ cursor: true, dueAt: true }).shape,
    ...measuresView().shape,
    retentionRate: z.number().optional(),
    repeatRate: z.number().optional(),
    referralShare: z.number().optional(),
    words: z.string(),
    records: z.array(z.string()),
    formulas: z.record(z.string(), z.string()),
  })

const MEASUREMENT_FORMULAS = {
  ...FORMULAS,
  retentionRate: 'retained ÷ before: of the customers of the group who had bought before the period, the share who bought in it',
  repeatRate: `repeaters ÷ buyers: ${LOYALTY_FORMULAS.repeatRate}, of the group, by the end of the measurement`,
  referralShare: 'referred ÷ joined: of the customers of the group who first bought in the period, the share whose referral that claimed',
  group: 'customers who were in the group when they were looked at; each once',
}

/** A measurement as it leaves: the sums and what they come to. */
export function measurementSeen<M extends Measurement & { id: string }>(one: M) {
  const measures = measuresOf(scoresIn(one.scores))
  const [retentionRate, repeatRate, referralShare] = [
    shareOf(one.retained, one.before),
    shareOf(one.repeaters, one.buyers),
    shareOf(one.referred, one.joined),
  ]
  const source = one.segmentId === undefined ? `the customers of the tier ${one.tier ?? ''}` : `GET /segments/${one.segmentId}/members`
  return {
    ...one,
    ...measures,
    ...(retentionRate !== undefined && { retentionRate }),
    ...(repeatRate !== undefined && { repeatRate }),
    ...(referralShare !== undefined && { referralShare }),
    words: `${one.name}, ${one.period}: ${sayRetention(one)} ${sayScores(measures)}`,
    records: [source, 'GET /customers/{id}/purchases, /ratings and /referrals of each'],
    formulas: MEASUREMENT_FORMULAS,
  }
}

function sayRetention({ before, retained, joined, referred, state, looked }: Measurement): string {
  const so = state === 'running' ? `So far ${looked} looked at. ` : ''
  const kept = before === 0 ? 'Nobody had bought before.' : `${retained} of ${before} who had bought before bought again.`
  return `${so}${kept} ${joined} came new, ${referred} of them referred.`
}

function sayScores(measures: ReturnType<typeof measuresOf>): string {
  const told = ratingKinds.flatMap((kind) => {
    const { value, responses } = measures[kind]
    return value === undefined ? [] : [`${kind.toUpperCase()} ${value} of ${responses}`]
  })
  return told.length > 0 ? `${told.join(', ')}.` : 'Nobody answered.'
}

function scoresIn(scores: Sums['scores']): Record<RatingKind, Map<number, number>> {
  const of = (kind: RatingKind) =>
    new Map(
      Object.entries(scores).flatMap(([name, n]): [number, number][] =>
        name.startsWith(kind) ? [[Number(name.slice(kind.length)), n]] : [],
      ),
    )
  return { csat: of('csat'), nps: of('nps'), ces: of('ces') }
}
