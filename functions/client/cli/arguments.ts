import { Complaint } from './failure.ts'

/** What was typed: words, and flags as `--name value`, `--name=value` or `--name`. */
export interface Typed {
  words: string[]
  flags: Record<string, string | true>
}

/** @param switches flags that take no value */
export function typed(line: readonly string[], switches: readonly string[]): Typed {
  const words: string[] = []
  const flags: Typed['flags'] = {}
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? ''
    if (!word.startsWith('--')) {
      words.push(word)
      continue
    }
    const cut = word.indexOf('=')
    const name = word.slice(2, cut < 0 ? undefined : cut)
    if (cut >= 0) flags[name] = word.slice(cut + 1)
    else if (switches.includes(name)) flags[name] = true
    else if (line[at + 1] === undefined || line[at + 1]?.startsWith('--')) throw new Complaint(`--${name} needs a value.`)
    else flags[name] = line[++at] ?? ''
  }
  return { words, flags }
}

/** Holds that no flag was typed that the command does not know. @throws Complaint */
export function only(flags: Typed['flags'], known: readonly string[]): void {
  const strange = Object.keys(flags).find((name) => !known.includes(name))
  if (strange === undefined) return
  throw new Complaint(
    `There is no --${strange} here${known.length > 0 ? `; there is ${known.map((name) => `--${name}`).join(', ')}` : ''}.`,
  )
}

/** Flags as an operation's input: numbers and JSON where they look like it, text otherwise. `--data` is a JSON object to begin with. */
export function inputOf(flags: Typed['flags'], rest: readonly string[] = []): Record<string, unknown> {
  const { data, ...fields } = flags
  const begun: unknown = data === undefined ? {} : parsed(String(data))
  if (typeof begun !== 'object' || begun === null || Array.isArray(begun)) throw new Complaint('--data takes a JSON object.')
  const entries = Object.entries(fields).filter(([name]) => !rest.includes(name))
  return { ...begun, ...Object.fromEntries(entries.map(([name, value]) => [name, value === true ? true : guessed(value)])) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Complaint('--data is not JSON.')
  }
}

/** `[…]`, `{…}`, `true`, `false` and `null` are JSON; anything else is text, a phone number and an id with leading zeros too. */
function guessed(text: string): unknown {
  if (!/^[[{]|^(true|false|null)$/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
