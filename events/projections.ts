import type { Projection } from '../domain/kernel/event.ts'
import { keepCompleteness } from '../domain/data/completeness/index.ts'
import { keepBlocks } from '../domain/data/duplicate/index.ts'
import { keepSegments } from '../domain/data/segment/index.ts'
import { keepSearchable } from '../domain/data/search/index.ts'
import { learnTogether } from '../domain/insight/recommendation/index.ts'
import { countPurchases } from '../domain/insight/statistics/index.ts'

/** Everything the table's stream keeps up to date, one line each. */
export const projections: readonly Projection[] = [
  countPurchases,
  learnTogether,
  keepSegments,
  keepSearchable,
  keepBlocks,
  keepCompleteness,
]

/** Makes its part anew by a recount of its own, or cannot tell what it was told before. */
const apart: readonly Projection[] = [countPurchases, learnTogether]

/** Those that make the same from a record told once more, so `rebuild` tells them every record as it stands. */
export const rebuildable = projections.filter((one) => !apart.includes(one))
