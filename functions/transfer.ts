import { modules } from '../domain/transfer.ts'
import { lambdaEdge } from './edge.ts'
import { httpHandler } from './http.ts'

/** The Lambda entry of imports, exports, changes of many, and privacy. */
export const handler = httpHandler(
  modules.flatMap(({ routes }) => routes),
  lambdaEdge,
)
