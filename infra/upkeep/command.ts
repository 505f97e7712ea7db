import { Refusal } from '../insight/refusal.ts'

/** Runs a command: what cannot be used is said in a line, anything else as it is. @param run gives the exit code */
export async function command(name: string, run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (error) {
    process.stderr.write(
      `${name}: ${error instanceof Refusal ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    process.exitCode = 2
  }
}

/** A number of units a second. @throws Refusal */
export function rateIn(text: string): number {
  const rate = Number(text)
  if (!Number.isFinite(rate) || rate < 1 || rate > 40_000)
    throw new Refusal(`--rate "${text}" is not a number of units a second from 1 to 40000`)
  return rate
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)
