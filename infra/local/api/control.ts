import { type Answer, issuerDocument, type TokenEndpoint } from '../identity/endpoint.ts'
import { Complaint } from '../complaint.ts'
import type { Issuer } from '../issuer.ts'
import type { Json } from '../json.ts'
import type { Endpoints } from '../function/environment.ts'
import type { Clock } from '../schedule/clock.ts'

/** What the local run serves beside the API: the token issuer, the schedules, and where its table and queues listen. */
export interface ControlOptions {
  readonly issuer: Issuer
  readonly tokenEndpoint: TokenEndpoint
  readonly clock: Clock
  readonly endpoints: Endpoints
}

const found = (body: Json | undefined): Answer =>
  body === undefined ? { status: 404, body: { message: 'Not Found' } } : { status: 200, body }

/** Whether a path belongs to the local run rather than to the API. */
export const isControl = (path: string): boolean => path.startsWith('/_local/') || path === '/oauth2/token'

export const createControl = ({ issuer, tokenEndpoint, clock, endpoints }: ControlOptions) => {
  const run = (name: string): Answer => {
    try {
      clock.run(name)
      return { status: 202, body: { started: name } }
    } catch (thrown) {
      if (thrown instanceof Complaint) return { status: 404, body: { message: thrown.message } }
      throw thrown
    }
  }
  return async (method: string, path: string, authorization: string, body: string): Promise<Answer> => {
    if (path === '/oauth2/token' && method === 'POST') return tokenEndpoint(authorization, new URLSearchParams(body))
    if (path === '/_local/schedules' && method === 'GET') return found(clock.list().map((view) => ({ ...view })))
    if (path === '/_local/endpoints' && method === 'GET') return found({ ...endpoints })
    const schedule = /^\/_local\/schedules\/([^/]+)\/run$/.exec(path)?.[1]
    if (schedule !== undefined && method === 'POST') return run(decodeURIComponent(schedule))
    const document = /^\/_local\/issuer\/(.+)$/.exec(path)?.[1]
    return found(document === undefined || method !== 'GET' ? undefined : issuerDocument(issuer, document))
  }
}

export type Control = ReturnType<typeof createControl>
