import type { Problem } from './types.ts'

/** The product refused: the answer's problem document as an error. */
export class CrmProblem extends Error {
  declare readonly status: number
  declare readonly code: string
  declare readonly title: string
  declare readonly detail: string
  declare readonly requestId?: string
  declare readonly errors?: NonNullable<Problem['errors']>
  declare readonly existingId?: string

  constructor(facts: Problem) {
    super(facts.detail || facts.title)
    this.name = 'CrmProblem'
    Object.assign(this, facts)
  }
}

/** The product could not be reached, or did not answer in time, however often it was tried. */
export class CrmUnreachable extends Error {
  constructor(cause: unknown) {
    super(`The CRM cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'CrmUnreachable'
  }
}

/** The problem in an answer. One that is no problem document, from a gateway on the way, becomes one. */
export async function problemOf(answer: Response): Promise<CrmProblem> {
  const text = await answer.text()
  let told: Partial<Problem> & { message?: unknown } = {}
  try {
    told = JSON.parse(text) as typeof told
  } catch {
    // Not JSON: what the status says is all there is to say.
  }
  const title = told.title ?? (answer.statusText || `HTTP ${answer.status}`)
  const detail = told.detail ?? (typeof told.message === 'string' ? told.message : title)
  return new CrmProblem({ ...told, status: answer.status, code: told.code ?? `http.${answer.status}`, title, detail })
}
