import { routes } from '../domain/index.ts'
import { lambdaEdge } from './edge.ts'
import { httpHandler } from './http.ts'

/** The Lambda entry of the API: every route. */
export const handler = httpHandler(routes, lambdaEdge)
