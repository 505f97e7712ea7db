import { Refusal } from '../insight/refusal.ts'

/** Runs a command: what cannot be used is said in a line, anything else as it is. @param run gives the exit code */
export async function command(name: string, run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (error) {
    process.stderr.write(`${name}: ${wordsOf(error)}\n`)
    process.exitCode = 2
  }
}

/** A refusal, or AWS's answer that the question was wrong (no such table, no right, keys that are none), in a line; a defect with its place. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof Refusal) return error.message
  const asked = ('$fault' in error && error.$fault === 'client') || error.name === 'CredentialsProviderError'
  return asked ? `${error.name}: ${error.message}` : (error.stack ?? error.message)
}

/** A number of units a second. @throws Refusal */
export function rateIn(text: string): number {
  const rate = Number(text)
  if (!Number.isFinite(rate) || rate < 1 || rate > 40_000)
    throw new Refusal(`--rate "${text}" is not a number of units a second from 1 to 40000`)
  return rate
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)
