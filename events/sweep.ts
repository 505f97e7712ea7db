import { lambdaEdge } from '../functions/edge.ts'
import { lambdaQueue } from './queue.ts'
import { schedules } from './schedules.ts'
import { sweepHandler } from './sweeping.ts'

/** The Lambda entry of all due work but what has a function of its own (deliver.ts). */
export const handler = sweepHandler({ edge: lambdaEdge, schedules, queue: lambdaQueue })
