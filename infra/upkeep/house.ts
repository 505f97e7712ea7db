import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { FileMissing } from '../../domain/kernel/files.ts'
import type { Item, Key } from '../../domain/kernel/table/table.ts'
import { Refusal } from '../insight/refusal.ts'
import { Pace } from './pace.ts'
import type { Target } from './target.ts'

/**
 * Moving house: a whole workspace as files, and back into an empty table, of another account too. Ids stay, so links and webhooks'
 * receivers need not know. The files hold everything the table holds, its secret included: keep them as the table is kept.
 */

/** One line an item; parts of so many lines. */
const LINES_A_PART = 20_000
const READ = 1_000
const WRITE = 25
const FORMAT = 1
/** What lives for days only and belongs to requests under way: kept answers, counts of requests. */
const PASSING = ['idem#', 'limit#']
/** Folders of the bucket that move along: files of customers, and the register of erasures. */
const FOLDERS = ['file/', 'register/']
const FILE_CHUNK = 8 * 1024 * 1024

interface Part {
  file: string
  lines: number
  sha256: string
}
export interface Manifest {
  format: number
  table: string
  madeAt: string
  items: number
  /** Items by kind of record; other items under `-`. */
  kinds: Record<string, number>
  parts: Part[]
  files: { key: string; file: string; sha256: string }[]
}
interface How {
  rate: number
  say: (line: string) => void
}

const sha256 = (body: string | Uint8Array): string => createHash('sha256').update(body).digest('hex')

/** Writes everything a table holds into a folder. Reads a moment of each item: stop writing first, or export a restored copy. */
export async function exportTo(target: Target, folder: string, madeAt: string, { rate, say }: How): Promise<Manifest> {
  if (existsSync(join(folder, 'manifest.json'))) throw new Refusal(`${folder} holds an export already`)
  mkdirSync(folder, { recursive: true })
  const manifest: Manifest = { format: FORMAT, table: target.name, madeAt, items: 0, kinds: {}, parts: [], files: [] }
  const pace = new Pace(rate)
  let lines: string[] = []
  const cut = () => {
    if (lines.length === 0) return
    const body = `${lines.join('\n')}\n`
    const file = `items-${String(manifest.parts.length + 1).padStart(5, '0')}.ndjson`
    writeFileSync(join(folder, file), body)
    manifest.parts.push({ file, lines: lines.length, sha256: sha256(body) })
    lines = []
    say(`${manifest.items} items`)
  }
  let after: Item | undefined
  do {
    const page = await target.table.scan({ limit: READ, ...(after && { after }) })
    for (const item of page.items) {
      if (PASSING.some((begins) => String(item['pk']).startsWith(begins))) continue
      lines.push(JSON.stringify(item))
      manifest.items += 1
      const noun = item['ev'] === undefined ? '-' : String(item['noun'])
      manifest.kinds[noun] = (manifest.kinds[noun] ?? 0) + 1
      if (lines.length === LINES_A_PART) cut()
    }
    after = page.last
    await pace.keep(target.units())
  } while (after)
  cut()
  await exportFiles(target, folder, manifest)
  // Last: a folder without a manifest is no export.
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

async function exportFiles({ files }: Target, folder: string, manifest: Manifest): Promise<void> {
  for (const begins of FOLDERS) {
    let after: string | undefined
    do {
      const page = await files.list(begins, after)
      for (const key of page.keys) {
        const body = await wholeOf({ files }, key)
        const file = join('files', key)
        mkdirSync(dirname(join(folder, file)), { recursive: true })
        writeFileSync(join(folder, file), body)
        manifest.files.push({ key, file, sha256: sha256(body) })
      }
      after = page.after
    } while (after !== undefined)
  }
}

async function wholeOf({ files }: Pick<Target, 'files'>, key: string): Promise<Uint8Array> {
  const head = await files.head(key)
  if (!head) throw new FileMissing(key)
  const parts: Uint8Array[] = []
  for (let from = 0; from < head.bytes; from += FILE_CHUNK)
    parts.push(await files.read(key, from, Math.min(head.bytes, from + FILE_CHUNK), head.etag))
  return Buffer.concat(parts)
}

/** The manifest of an export of which every part is there as it was written. @throws Refusal naming the first that is not */
export function checkedExport(folder: string): Manifest {
  const path = join(folder, 'manifest.json')
  if (!existsSync(path)) throw new Refusal(`${folder} holds no whole export`)
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  if (manifest.format !== FORMAT) throw new Refusal(`the export is of format ${manifest.format}; this reads ${FORMAT}`)
  for (const { file, sha256: wanted } of [...manifest.parts, ...manifest.files]) {
    const whole = existsSync(join(folder, file)) && sha256(readFileSync(join(folder, file))) === wanted
    if (!whole) throw new Refusal(`${join(folder, file)} is not as it was written`)
  }
  return manifest
}

/**
 * Writes an export into a table, which must be empty unless an import that was cut off is gone on with: every item is written
 * again then, as it was exported. Nothing is written before every part was checked.
 */
export async function importFrom(target: Target, folder: string, { rate, say, again }: How & { again: boolean }): Promise<Manifest> {
  const manifest = checkedExport(folder)
  const { items: there } = await target.table.scan({ limit: 1 })
  if (there.length > 0 && !again) throw new Refusal(`${target.name} is not empty; --again goes on with an import that was cut off`)
  const pace = new Pace(rate)
  let written = 0
  for (const { file } of manifest.parts) {
    let waiting: (Item & Key)[] = []
    const flush = async () => {
      await target.table.writeEach(waiting.map((put) => ({ put })))
      written += waiting.length
      waiting = []
      await pace.keep(target.units())
    }
    for await (const line of createInterface({ input: createReadStream(join(folder, file), 'utf8'), crlfDelay: Infinity })) {
      waiting.push(JSON.parse(line) as Item & Key)
      if (waiting.length === WRITE) await flush()
    }
    await flush()
    say(`${written} of ${manifest.items} items`)
  }
  for (const { key, file } of manifest.files) await target.files.write(key, readFileSync(join(folder, file)), 'application/octet-stream')
  return manifest
}
