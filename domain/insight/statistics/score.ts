import * as z from 'zod'
import type { CustomerRecord } from '../../customer/customer/index.ts'
import { historyAt, DAYS_PER_WEEK, type RhythmState } from '../../customer/rhythm/index.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { pAny, type BtydModel } from '../model/btyd.ts'
import { RISK_SCORES, type RiskScore } from '../model/learned-score.ts'
import { riskOf } from '../model/score-choice.ts'
import type { CurrentModel } from './model.ts'
import { segmentFields, type SegmentField } from './settings.ts'

const numbers = () => z.array(z.number()).max(20)
const btydParams = () => z.object({ r: z.number(), alpha: z.number(), a: z.number(), b: z.number() })
/** A model of regular gaps: MBG/CNBD-k. */
const regular = () => z.object({ k: z.int(), params: btydParams() })
const learned = () =>
  z.object({
    horizonDays: z.int(),
    regression: z.object({ intercept: z.number(), weights: numbers(), means: numbers(), deviations: numbers() }),
    regular: regular().optional(),
    cuts: z.int(),
    examples: z.int(),
  })

/** The score that ranks risk and why it was chosen. */
const choiceShape = () =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('pAny'), horizonDays: z.int(), why: z.string() }),
    z.object({ kind: z.literal('regular'), horizonDays: z.int(), why: z.string(), regular: regular() }),
    z.object({ kind: z.literal('learned'), horizonDays: z.int(), why: z.string(), learned: learned() }),
  ])

/** A segment whose customers buy to a rhythm of their own. */
const segmentShape = () =>
  z.object({
    value: z.string(),
    customers: z.int(),
    repeats: z.int(),
    /** `pooled`: the workspace's own model serves this segment as well. */
    source: z.enum(['fitted', 'pooled']),
    params: btydParams(),
    why: z.string(),
  })
export type Segment = z.output<ReturnType<typeof segmentShape>>

/** Segments that are kept, the largest first. */
export const MOST_SEGMENTS = 20

export const scoreShape = () => ({
  testedAt: f.instant(),
  choice: choiceShape(),
  segmentBy: z.enum(segmentFields),
  segments: z.array(segmentShape()).max(MOST_SEGMENTS),
})
export type Score = z.output<z.ZodObject<ReturnType<typeof scoreShape>>>

/** What the last back-test decided: the score in use and the segments with a model of their own. The workspace has one. */
export const score = entity({ noun: 'score', prefix: 'sco', home: 'workspace', single: true, fields: () => z.object(scoreShape()) })
export type ScoreRecord = RecordOf<typeof score>

export const SCORE_KEY = '0'.repeat(KEY_LENGTH)
export const SCORE_PLACE = placeOf(score, score.id(SCORE_KEY))

/** What of a customer's file says which segment they belong to. */
export type SegmentFacts = Partial<Pick<CustomerRecord, 'country' | 'source' | 'kind'>>

/** The segment a customer belongs to by a field; undefined where it is not known. */
export function segmentOf(by: SegmentField, file: SegmentFacts | undefined): string | undefined {
  return by === 'none' ? undefined : file?.[by]
}

/** The rhythm model that speaks for a customer: their segment's where it has its own, else everybody's. */
export function rhythmOf(
  { rhythm, segments, settings }: Pick<CurrentModel, 'rhythm' | 'segments' | 'settings'>,
  file: SegmentFacts | undefined,
): BtydModel & { segment?: Segment } {
  const value = segmentOf(settings.segmentBy, file)
  const segment = value === undefined ? undefined : segments?.find((one) => one.value === value && one.source === 'fitted')
  return segment ? { kind: rhythm.kind, params: segment.params, segment } : rhythm
}

/** Names of the scores that tell a risk. */
export const riskScores = RISK_SCORES

/** The risk of a customer and the score it comes from. */
export interface Risk {
  /** Probability of no purchase within the horizon. */
  value: number
  score: RiskScore
  why: string
}

/**
 * The risk by which customers are ranked: by the score that the back-test chose, if it was for this horizon, else
 * 1 − P(any purchase within the horizon). The learned score and that of regular gaps go by everybody's model, as they were judged by it.
 */
export function riskFor(model: CurrentModel, file: SegmentFacts | undefined, state: RhythmState, day: number, horizonDays: number): Risk {
  const { score: choice } = model
  const fits = choice?.horizonDays === horizonDays
  if (choice && fits && choice.kind !== 'pAny')
    return { value: riskOf(choice, model.rhythm, state, day), score: choice.kind, why: choice.why }
  const value = 1 - pAny(rhythmOf(model, file), historyAt(state, day), horizonDays / DAYS_PER_WEEK)
  const untested = choice ? `The last back-test was for ${choice.horizonDays} days.` : 'No back-test has run yet.'
  return {
    value,
    score: 'pAny',
    why: choice && fits ? choice.why : `P(any purchase within ${horizonDays} days) of the rhythm model. ${untested}`,
  }
}
