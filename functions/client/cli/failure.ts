import { CrmProblem, CrmUnreachable } from '../problem.ts'

/** How the command ends. Scripts may rely on these. */
export const EXIT = { done: 0, refused: 1, usage: 2, notAllowed: 3, missing: 4, conflict: 5, unreachable: 6, partly: 7 } as const

/** What the person can put right, said in a sentence. */
export class Complaint extends Error {
  readonly exit: number
  constructor(text: string, exit: number = EXIT.usage) {
    super(text)
    this.name = 'Complaint'
    this.exit = exit
  }
}

/** An error in words, and the exit code for it. @throws what is a defect of the command itself */
export function ending(error: unknown): { text: string; exit: number } {
  if (error instanceof Complaint) return { text: error.message, exit: error.exit }
  if (error instanceof CrmUnreachable) return { text: error.message, exit: EXIT.unreachable }
  if (error instanceof TypeError) return { text: error.message, exit: EXIT.usage }
  if (!(error instanceof CrmProblem)) throw error
  const issues = (error.errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join('')
  const known = error.existingId === undefined ? '' : ` (${error.existingId})`
  const help = error.status >= 500 && error.requestId !== undefined ? ` Request ${error.requestId}.` : ''
  return { text: `${error.detail}${known} [${error.code}]${help}${issues}`, exit: exitOf(error.status) }
}

function exitOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.notAllowed
  if (status === 404 || status === 410) return EXIT.missing
  if (status === 409 || status === 412) return EXIT.conflict
  return status >= 500 || status === 429 ? EXIT.unreachable : EXIT.refused
}
