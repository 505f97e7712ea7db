import type { Operations } from './caller.ts'
import { clientOf } from './client.ts'
import type { ClientFacts } from './types.ts'

export { CrmProblem, CrmUnreachable } from './problem.ts'

/** Written in by the build (infra/client.ts), as JSON. */
declare const OPERATIONS: string

/** A client of the CRM, for browsers and Node. Its types are made from the description of the API (declaration.ts). */
export const createCrm = (facts: ClientFacts) => clientOf(JSON.parse(OPERATIONS) as Operations, facts)
