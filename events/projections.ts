import type { Projection } from '../domain/kernel/event.ts'
import { learnTogether } from '../domain/insight/recommendation/index.ts'
import { countPurchases } from '../domain/insight/statistics/index.ts'

/** Everything the table's stream keeps up to date, one line each. */
export const projections: readonly Projection[] = [countPurchases, learnTogether]
