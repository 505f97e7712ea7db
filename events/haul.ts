import { lambdaEdge } from '../functions/edge.ts'
import { hauls } from './hauls.ts'
import { queueNamed } from './queue.ts'
import { sweepHandler } from './sweeping.ts'

/** The Lambda entry of work that goes through much, apart from what falls due: it may hold up nobody's warning, and has rights of its own. */
export const handler = sweepHandler({ edge: lambdaEdge, schedules: hauls, queue: () => queueNamed('HAUL_QUEUE_URL') })
