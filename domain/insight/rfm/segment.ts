/** What recency and frequency together say of a customer: every pair of scores has a name. */
export const segments = [
  'champions',
  'loyal',
  'promising',
  'new',
  'needs_attention',
  'about_to_sleep',
  'cannot_lose',
  'at_risk',
  'hibernating',
  'lost',
] as const
export type Segment = (typeof segments)[number]

/** The segment of a recency and a frequency score. */
export function segmentOf(recency: number, frequency: number): Segment {
  if (recency >= 4) return frequency >= 4 ? 'champions' : frequency === 3 ? 'loyal' : recency === 5 ? 'new' : 'promising'
  if (recency === 3) return frequency >= 4 ? 'loyal' : frequency === 3 ? 'needs_attention' : 'about_to_sleep'
  if (frequency >= 3) return frequency === 5 ? 'cannot_lose' : 'at_risk'
  return recency === 2 ? 'hibernating' : 'lost'
}

/** The segments for people, with the scores they are made of. */
export const meanings: Readonly<Record<Segment, string>> = {
  champions: 'R 4–5, F 4–5: bought lately and often. Keep them close.',
  loyal: 'R 4–5 with F 3, or R 3 with F 4–5: come back reliably.',
  promising: 'R 4, F 1–2: bought lately, seldom so far.',
  new: 'R 5, F 1–2: among the latest to buy. The second purchase decides.',
  needs_attention: 'R 3, F 3: in the middle of both.',
  about_to_sleep: 'R 3, F 1–2: seldom, and a while ago.',
  cannot_lose: 'R 1–2, F 5: among those who bought most often, silent for long.',
  at_risk: 'R 1–2, F 3–4: bought often, silent for long.',
  hibernating: 'R 2, F 1–2: seldom, and long ago.',
  lost: 'R 1, F 1–2: seldom, and longest ago.',
}
