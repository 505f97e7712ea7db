import { parseArgs } from 'node:util'
import { dayOf } from './day.ts'
import { Refusal } from './refusal.ts'

/** What the command line asks for. */
export interface Arguments {
  readonly purchases: string
  /** Days since 1970-01-01; purchases on this day still count. */
  readonly cutDay: number
  readonly horizonDays: number
  readonly json: boolean
  readonly backTest: boolean
}

export const USAGE = 'npm run insight -- --purchases FILE.csv --cut YYYY-MM-DD --horizon DAYS [--json] [--back-test]'

const MOST_HORIZON_DAYS = 3650

/** Whether only the usage is asked for. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === '--help' || arg === '-h')
}

/** Reads the command line; throws a {@link Refusal} that names the flag at fault. */
export function readArguments(args: readonly string[]): Arguments {
  const values = parse(args)
  const { purchases, cut, horizon } = values
  if (!purchases) throw new Refusal(`--purchases is missing; usage: ${USAGE}`)
  if (!cut) throw new Refusal(`--cut is missing; usage: ${USAGE}`)
  if (!horizon) throw new Refusal(`--horizon is missing; usage: ${USAGE}`)
  const cutDay = /^\d{4}-\d{2}-\d{2}$/.test(cut) ? dayOf(cut) : undefined
  if (cutDay === undefined) throw new Refusal(`--cut "${cut}" is not a date like 1997-09-30`)
  const horizonDays = /^\d+$/.test(horizon) ? Number(horizon) : 0
  if (horizonDays < 1 || horizonDays > MOST_HORIZON_DAYS) {
    throw new Refusal(`--horizon "${horizon}" is not a number of days from 1 to ${MOST_HORIZON_DAYS}`)
  }
  return { purchases, cutDay, horizonDays, json: values.json ?? false, backTest: values['back-test'] ?? false }
}

/** A negative number after a flag is its value, which parseArgs would take for another flag. */
function joined(args: readonly string[]): string[] {
  const words: string[] = []
  for (const arg of args) {
    const flag = words.at(-1)
    if (/^-\d/.test(arg) && flag?.startsWith('--')) words[words.length - 1] = `${flag}=${arg}`
    else words.push(arg)
  }
  return words
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: joined(args),
      options: {
        purchases: { type: 'string' },
        cut: { type: 'string' },
        horizon: { type: 'string' },
        json: { type: 'boolean' },
        'back-test': { type: 'boolean' },
      },
    }).values
  } catch (error) {
    // parseArgs says what is wrong in its first sentence and how to escape it in the next.
    const [reason = 'unreadable arguments'] = (error instanceof Error ? error.message : '').split(/\.\s|\n/)
    throw new Refusal(`${reason}; usage: ${USAGE}`)
  }
}
