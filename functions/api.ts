import { modules } from '../domain/daily.ts'
import { lambdaEdge } from './edge.ts'
import { httpHandler } from './http.ts'

/** The Lambda entry of daily work: most of the routes, nearly all of the calls. */
export const handler = httpHandler(
  modules.flatMap(({ routes }) => routes),
  lambdaEdge,
)
