import { openAsBlob, statSync } from 'node:fs'
import { basename } from 'node:path'
import { wait } from '../caller.ts'
import { only, type Typed } from './arguments.ts'
import type { Scene } from './commands.ts'
import { Complaint, EXIT } from './failure.ts'
import { progress, record } from './terminal.ts'

const known = ['json', 'url', 'token', 'dry-run', 'mapping', 'mode', 'by', 'sheet']
const POLL_MS = 500

interface Import {
  id: string
  state: string
  progress: number
  counts: Counts
  checked?: Counts
  reported: number
  failure?: { message: string }
}
interface Counts {
  rows: number
  created: number
  updated: number
  skipped: number
  failed: number
}

/** Uploads a file, takes the mapping that the product suggests unless one is given, checks or runs it, and waits for its end. */
export async function importFile(scene: Scene, { flags }: Typed, kind: string, file: string): Promise<number> {
  only(flags, known)
  const { client, terminal, signal } = scene
  const bytes = sizeOf(file)
  const dry = flags['dry-run'] === true
  const bar = progress(terminal, dry ? 'check' : 'import')
  const made = (await client.call('import.create', { name: basename(file), kind, bytes }, { signal })) as Import & {
    upload: { url: string; headers: Record<string, string> }
  }
  await upload(file, made.upload, signal)
  const settings = await settingsOf(scene, made.id, flags)
  await client.call(dry ? 'import.check' : 'import.run', { id: made.id, ...settings }, { signal })
  const ended = await end(scene, made.id, (share, text) => bar.to(share, text))
  const { rows, created, updated, skipped, failed } = (dry ? ended.checked : ended.counts) ?? ended.counts
  bar.end(`${rows} rows: ${created} ${dry ? 'would be ' : ''}created, ${updated} updated, ${skipped} skipped, ${failed} failed`)
  const report = ended.reported > 0 ? await client.call('import.report', { id: made.id }, { signal }) : undefined
  const { url } = (report ?? {}) as { url?: string }
  if (terminal.json) record(terminal, { ...ended, ...(url && { report: url }) })
  else if (url) terminal.out(`What was refused: ${url}\n`)
  if (ended.state === 'failed') throw new Complaint(ended.failure?.message ?? 'The file could not be read on.', EXIT.refused)
  return failed > 0 ? EXIT.partly : EXIT.done
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    throw new Complaint(`There is no file ${file}.`)
  }
}

async function upload(
  file: string,
  { url, headers }: { url: string; headers: Record<string, string> },
  signal: AbortSignal,
): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', headers, body: await openAsBlob(file), signal })
  if (!answer.ok) throw new Complaint(`The file could not be uploaded: ${answer.status}.`, EXIT.unreachable)
}

async function settingsOf({ client, terminal, signal }: Scene, id: string, flags: Typed['flags']): Promise<Record<string, unknown>> {
  const { mapping, mode, by, sheet } = flags
  const chosen = { ...(typeof mode === 'string' && { mode }), ...(typeof by === 'string' && { by }) }
  const placed = typeof sheet === 'string' ? { sheet } : {}
  if (typeof mapping === 'string') return { mapping: objectIn(mapping), ...chosen, ...placed }
  const { suggestion } = (await client.call('import.preview', { id, ...placed }, { signal })) as {
    suggestion: { mapping: Record<string, string>; fixed?: unknown; words?: unknown }
  }
  const pairs = Object.entries(suggestion.mapping).map(([column, field]) => `${column} → ${field}`)
  terminal.note(`mapping: ${pairs.join(', ') || 'none'}\n`)
  const { mapping: suggested, fixed, words } = suggestion
  return { mapping: suggested, ...(fixed !== undefined && { fixed }), ...(words !== undefined && { words }), ...chosen, ...placed }
}

function objectIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Complaint('--mapping is not JSON.')
  }
}

/** Waits until nothing is under way any more. */
async function end({ client, signal }: Scene, id: string, told: (share: number, text: string) => void): Promise<Import> {
  for (;;) {
    const now = (await client.call('import.show', { id }, { signal })) as Import
    if (!now.state.endsWith('ing') || now.state === 'waiting') return now
    told(now.progress, `${(now.checked ?? now.counts).rows} rows`)
    await wait(POLL_MS, signal)
  }
}
