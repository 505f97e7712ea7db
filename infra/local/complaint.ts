/**
 * A problem the person at the keyboard can solve: shown as one line that says what to do, without a stack.
 * Everything else that is thrown is a fault of the runner and keeps its stack.
 */
export class Complaint extends Error {
  override readonly name = 'Complaint'
}

/** The message of whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/** The code Node puts on system errors, such as EADDRINUSE. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
