import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import type { Issue } from '../../kernel/fault.ts'

/**
 * What customers are asked: how satisfied they are (CSAT, 1–5), whether they would recommend (NPS, 0–10), how easy it was
 * (CES, 1–7, 7 the easiest).
 */
export const ratingKinds = ['csat', 'nps', 'ces'] as const
export type RatingKind = (typeof ratingKinds)[number]

/** Least and greatest score of each. */
export const ranges: Readonly<Record<RatingKind, { least: number; greatest: number }>> = {
  csat: { least: 1, greatest: 5 },
  nps: { least: 0, greatest: 10 },
  ces: { least: 1, greatest: 7 },
}

/** What is told of a rating. */
export const answerShape = () => ({
  kind: z.enum(ratingKinds),
  score: z.int().min(0).max(10),
  comment: f.prose(2_000).optional(),
  /** The ticket it is about. */
  ticketId: z.string().max(64).optional(),
  /** The survey's own name of the answer: the same again changes nothing. */
  responseId: f.line(120).optional(),
})

/** A rating as it is kept, with what the customer was at that time, by which it is counted. */
export const ratingShape = () => ({
  ...answerShape(),
  at: f.instant(),
  /** The month it counts in, by the workspace's calendar. */
  month: z.string().regex(/^\d{4}-\d{2}$/),
  tier: f.slug().optional(),
  lifecycle: f.slug(),
  country: f.country().optional(),
  byId: z.string(),
})
export type Rating = z.output<z.ZodObject<ReturnType<typeof ratingShape>>>

/** A score out of its kind's range. */
export function ratingIssues({ kind, score }: Pick<Rating, 'kind' | 'score'>): Issue[] {
  const { least, greatest } = ranges[kind]
  return score < least || score > greatest
    ? [{ path: 'score', code: 'out_of_range', message: `${kind} goes from ${least} to ${greatest}.` }]
    : []
}

/** Groups by which ratings are counted, besides all together. */
export const groupings = ['tier', 'lifecycle', 'country'] as const
export type Grouping = (typeof groupings)[number]

/** Who has none of a grouping. */
export const NONE = 'none'

/** Where a rating counts: everywhere, and in its group of each grouping. */
export function countedIn(rating: Pick<Rating, Grouping>): string[] {
  return ['all', ...groupings.map((by) => `${by}#${rating[by] ?? NONE}`)]
}

/** Scores given, by kind and score: `{ nps: { 9: 3 } }`. */
export type Scores = Readonly<Record<RatingKind, ReadonlyMap<number, number>>>

/** Scores of single ratings together. */
export function scoresOf(ratings: readonly Pick<Rating, 'kind' | 'score'>[]): Scores {
  const scores = { csat: new Map<number, number>(), nps: new Map<number, number>(), ces: new Map<number, number>() }
  for (const { kind, score } of ratings) scores[kind].set(score, (scores[kind].get(score) ?? 0) + 1)
  return scores
}

export const FORMULAS = {
  csat: 'share of the answers that are 4 or 5 of 5, in %',
  nps: '% of the answers that are 9 or 10 − % that are 0 to 6, from −100 to 100 (Reichheld 2003)',
  ces: 'share of the answers that are 5 to 7 of 7, in %',
} as const

/** A measure: the figure, how many answered, and how they did. */
export const measureView = () =>
  z.object({
    responses: z.int(),
    /** Absent without a response. CSAT and CES in %, NPS in points. */
    value: z.number().optional(),
    mean: z.number().optional(),
    /** Answers by score. */
    counts: z.record(z.string(), z.int()),
  })
export const measuresView = () => z.object({ csat: measureView(), nps: measureView(), ces: measureView() })
export type Measures = z.output<ReturnType<typeof measuresView>>

/** What scores come to. */
export function measuresOf(scores: Scores): Measures {
  return {
    csat: measure(scores.csat, (score) => (score >= 4 ? 1 : 0)),
    nps: measure(scores.nps, (score) => (score >= 9 ? 1 : score <= 6 ? -1 : 0)),
    ces: measure(scores.ces, (score) => (score >= 5 ? 1 : 0)),
  }
}

/** 100 times the mean of what each answer is worth. */
function measure(counts: ReadonlyMap<number, number>, worth: (score: number) => number): Measures['csat'] {
  const given = [...counts].filter(([, n]) => n > 0).sort(([a], [b]) => a - b)
  const sum = (of: (score: number) => number): number => given.reduce((total, [score, n]) => total + n * of(score), 0)
  const responses = sum(() => 1)
  if (responses === 0) return { responses, counts: {} }
  const tenth = (value: number): number => Math.round(value * 10) / 10
  return {
    responses,
    value: tenth((100 * sum(worth)) / responses),
    mean: tenth(sum((score) => score) / responses),
    counts: Object.fromEntries(given),
  }
}
