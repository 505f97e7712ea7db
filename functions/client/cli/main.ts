import type { Operations } from '../caller.ts'
import { clientOf } from '../client.ts'
import { typed } from './arguments.ts'
import { commandFor, commands } from './commands.ts'
import { ending, EXIT } from './failure.ts'
import { login, logout, sessionOf, tokenOf, type Environment } from './session.ts'
import type { Terminal } from './terminal.ts'

/** Written in by the build (infra/client.ts), as JSON. */
declare const OPERATIONS: string

const switches = ['json', 'follow', 'dry-run', 'help']

const help = (): string => {
  const lines = [
    ...commands.map(({ words, says }) => [words, says]),
    ['login, logout', 'Keep CRM_URL and the token or client of the environment; forget them'],
  ]
  return [
    'crm <command> [--json] [--url URL] [--token TOKEN]',
    '',
    ...lines.map(([words = '', says = '']) => `  ${words.padEnd(22)} ${says}`),
    '',
    'Signs in by CRM_URL and CRM_TOKEN, or CRM_TOKEN_URL, CRM_CLIENT_ID and CRM_CLIENT_SECRET.',
    'Ends with 0 done, 1 refused, 2 not understood, 3 not signed in or not permitted, 4 not there, 5 conflict, 6 not reachable, 7 some rows failed.',
    '',
  ].join('\n')
}

/** Runs one command line. @returns the exit code */
async function run(line: readonly string[], environment: Environment, signal: AbortSignal): Promise<number> {
  const asked = typed(line, switches)
  const { json, url, token, help: wantsHelp } = asked.flags
  const terminal: Terminal = {
    out: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
    json: json === true,
    screen: process.stderr.isTTY,
  }
  const [first] = asked.words
  if (wantsHelp || first === undefined || first === 'help') {
    terminal.out(help())
    return first === undefined && !wantsHelp ? EXIT.usage : EXIT.done
  }
  const said = { ...environment, ...(typeof url === 'string' && { CRM_URL: url }), ...(typeof token === 'string' && { CRM_TOKEN: token }) }
  if (first === 'logout') {
    logout(said)
    return EXIT.done
  }
  if (first === 'login') {
    terminal.note(`Kept in ${login(said)}.\n`)
    return EXIT.done
  }
  const command = commandFor(asked)
  const session = sessionOf(said)
  const client = clientOf(JSON.parse(OPERATIONS) as Operations, { url: session.url, token: tokenOf(session) })
  return command.run({ client, terminal, signal }, asked)
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort(new Error('stopped')))
// A reader such as `head` that has had enough is no failure.
process.stdout.on('error', () => process.exit(EXIT.done))

try {
  process.exitCode = await run(process.argv.slice(2), process.env, stop.signal)
} catch (error) {
  if (stop.signal.aborted) {
    process.exitCode = 130
  } else {
    const { text, exit } = ending(error)
    process.stderr.write(`${text}\n`)
    process.exitCode = exit
  }
}
