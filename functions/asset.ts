import { modules } from '../domain/asset.ts'
import { lambdaEdge } from './edge.ts'
import { httpHandler } from './http.ts'

/** The Lambda entry of the customer asset. */
export const handler = httpHandler(
  modules.flatMap(({ routes }) => routes),
  lambdaEdge,
)
