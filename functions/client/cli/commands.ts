import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { AnyClient } from '../client.ts'
import type { Paged } from '../types.ts'
import { inputOf, only, type Typed } from './arguments.ts'
import { csvLine } from './csv.ts'
import { Complaint, EXIT } from './failure.ts'
import { importFile } from './import.ts'
import { progress, record, table, type Terminal } from './terminal.ts'

export interface Scene {
  client: AnyClient
  terminal: Terminal
  signal: AbortSignal
}
export type Row = Record<string, unknown>

/** A command: its words, what it does in a line, and how. @returns the exit code */
export interface Command {
  words: string
  says: string
  run(scene: Scene, typed: Typed): Promise<number>
}

const common = ['json', 'url', 'token']

/** All rows of a list, or the first so many. */
async function rowsOf({ client, signal }: Scene, name: string, input: Row, limit: number): Promise<Row[]> {
  const rows: Row[] = []
  const list = client.call(name, { ...input, limit: String(Math.min(limit, 100)) }, { signal }) as Paged<Row>
  for await (const row of list) {
    rows.push(row)
    if (rows.length >= limit) break
  }
  return rows
}

function countOf(text: string | true | undefined, usual: number): number {
  const count = text === undefined ? usual : Number(text)
  if (!Number.isInteger(count) || count < 1) throw new Complaint('--limit takes a whole number from 1.')
  return count
}

const word = ({ words }: Typed, at: number, what: string): string => {
  const found = words[at]
  if (found === undefined) throw new Complaint(`Say ${what}.`)
  return found
}

/** What a plain noun in the plural is called in the operations: customers → customer. */
const nounOf = (plural: string): string => (plural.endsWith('ies') ? `${plural.slice(0, -3)}y` : plural.replace(/s$/, ''))

const list: Command = {
  words: '<kind> list',
  says: 'Rows of a list, with the list’s own filters: crm deals list --stage offer --limit 50',
  async run(scene, typed) {
    const noun = nounOf(word(typed, 0, 'what to list'))
    const rows = await rowsOf(
      scene,
      `${noun}.list`,
      inputOf(typed.flags, [...common, 'limit', 'columns']),
      countOf(typed.flags['limit'], 25),
    )
    const { columns } = typed.flags
    const shown = typeof columns === 'string' ? columns.split(',') : Object.keys(rows[0] ?? { id: '' })
    table(scene.terminal, rows, shown)
    return EXIT.done
  },
}

const get: Command = {
  words: '<kind> get <id>',
  says: 'One record',
  async run({ client, terminal, signal }, typed) {
    only(typed.flags, common)
    record(terminal, await client.call(`${nounOf(word(typed, 0, 'what'))}.show`, { id: word(typed, 2, 'which: its id') }, { signal }))
    return EXIT.done
  },
}

const create: Command = {
  words: '<kind> create',
  says: 'A new record: crm customers create --name "Ada" --data \'{"emails":[{"address":"ada@example.com"}]}\'',
  async run({ client, terminal, signal }, typed) {
    const noun = nounOf(word(typed, 0, 'what to create'))
    const name = [`${noun}.create`, `${noun}.open`].find((one) => one in client.operations)
    if (name === undefined) throw new Complaint(`There is nothing to create ${noun} with; crm operations lists what there is.`)
    record(terminal, await client.call(name, inputOf(typed.flags, common), { signal }))
    return EXIT.done
  },
}

const load: Command = {
  words: '<kind> import <file>',
  says: 'Rows of a CSV or Excel file; --dry-run checks all and writes nothing; --mapping JSON, --mode create|update|upsert, --by email',
  run: (scene, typed) => importFile(scene, typed, word(typed, 0, 'what to import'), word(typed, 2, 'which file')),
}

const search: Command = {
  words: 'search <text…>',
  says: 'Find by any part of a name, email, phone, order number; --kind customer',
  async run({ client, terminal, signal }, typed) {
    only(typed.flags, [...common, 'kind', 'limit'])
    const { kind } = typed.flags
    const text = typed.words.slice(1).join(' ')
    if (text === '') throw new Complaint('Say what to look for.')
    const input = { text, limit: countOf(typed.flags['limit'], 20), ...(typeof kind === 'string' && { kinds: kind.split(',') }) }
    const { items } = (await client.call('search.find', input, { signal })) as { items: Row[] }
    table(terminal, items, ['id', 'noun', 'title', 'match', 'field'])
    return EXIT.done
  },
}

const save: Command = {
  words: 'export <kind>',
  says: 'All rows of a list as CSV, or JSON lines with --json; --out FILE; the list’s own filters',
  async run(scene, typed) {
    const { out } = typed.flags
    const noun = nounOf(word(typed, 1, 'what to export'))
    const bar = progress(scene.terminal, `export ${noun}`)
    const file = typeof out === 'string' ? createWriteStream(out) : undefined
    const write = async (text: string): Promise<void> => {
      if (!file) scene.terminal.out(text)
      else if (!file.write(text)) await once(file, 'drain')
    }
    const input = { ...inputOf(typed.flags, [...common, 'out']), limit: '100' }
    const rows = scene.client.call(`${noun}.list`, input, { signal: scene.signal }) as Paged<Row>
    let columns: string[] | undefined
    let count = 0
    for await (const { items } of rows.pages()) {
      if (!columns && !scene.terminal.json) await write(csvLine((columns = [...new Set(items.flatMap((row) => Object.keys(row)))])))
      for (const row of items)
        await write(scene.terminal.json ? `${JSON.stringify(row)}\n` : csvLine((columns ?? []).map((name) => row[name])))
      count += items.length
      bar.to(0, `${count} rows`)
    }
    if (file) await new Promise<void>((resolve, reject) => file.on('error', reject).end(resolve))
    bar.end(`${count} rows`)
    return EXIT.done
  },
}

const events: Command = {
  words: 'events',
  says: 'What happened, in order; --follow goes on for ever; --type deal.*, --after PLACE|TIME|end, --limit',
  async run({ client, terminal, signal }, typed) {
    only(typed.flags, [...common, 'follow', 'type', 'after', 'limit'])
    const { type, after, follow } = typed.flags
    const chosen = { ...(typeof type === 'string' && { type }), ...(typeof after === 'string' && { after }) }
    const show = (event: unknown): void => {
      const { time, type: what, subject, data } = event as { time: string; type: string; subject: string; data: { actor: string } }
      terminal.out(terminal.json ? `${JSON.stringify(event)}\n` : `${time}  ${what.padEnd(24)}  ${subject}  ${data.actor}\n`)
    }
    if (follow) for await (const { event } of client.follow({ ...chosen, signal })) show(event)
    const limit = countOf(typed.flags['limit'], 50)
    const page = (await client.call('event.feed', { ...chosen, limit }, { signal })) as { items: unknown[]; after: string }
    page.items.forEach(show)
    terminal.note(`go on with --after ${page.after}\n`)
    return EXIT.done
  },
}

const call: Command = {
  words: 'call <operation>',
  says: 'Any operation: crm call deal.win --id dea_…; --if-match VERSION for a change',
  async run({ client, terminal, signal }, typed) {
    const name = word(typed, 1, 'which operation; crm operations lists them')
    const version = typed.flags['if-match']
    const input = inputOf(typed.flags, [...common, 'if-match'])
    const options = { signal, ...(version !== undefined && { ifMatch: Number(version) }) }
    record(terminal, await client.call(name, input, options))
    return EXIT.done
  },
}

const operations: Command = {
  words: 'operations',
  says: 'All operations, with their paths',
  async run({ client, terminal }, typed) {
    only(typed.flags, common)
    const rows = Object.entries(client.operations).map(([name, path]) => ({ name, path: path.replace('*', '') }))
    table(terminal, rows, ['name', 'path'])
    return EXIT.done
  },
}

export const commands: readonly Command[] = [list, get, create, load, search, save, events, call, operations]

/** The command for what was typed. @throws Complaint */
export function commandFor({ words }: Typed): Command {
  const [first = '', second = ''] = words
  const found = commands.find((one) => {
    const [one1 = '', one2 = ''] = one.words.split(' ')
    return one1 === '<kind>' ? one2 === second : one1 === first
  })
  if (!found) throw new Complaint(`There is no command ${words.join(' ')}. crm help lists them.`)
  return found
}
