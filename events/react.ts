import { lambdaEdge } from '../functions/edge.ts'
import { reactHandler } from './reacting.ts'
import { reactions } from './reactions.ts'

/** The Lambda entry of every consequence but those that need rights of their own (people.ts). */
export const handler = reactHandler({ edge: lambdaEdge, reactions })
