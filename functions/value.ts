import { modules } from '../domain/value.ts'
import { lambdaEdge } from './edge.ts'
import { httpHandler } from './http.ts'

/** The Lambda entry of insight and loyalty. */
export const handler = httpHandler(
  modules.flatMap(({ routes }) => routes),
  lambdaEdge,
)
