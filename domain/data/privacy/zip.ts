import type { Zip, ZipDeflate } from 'fflate'
import { customer } from '../../customer/customer/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { LEAST_PART } from '../../kernel/files.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { kindsOfPeople } from './kinds.ts'
import { foldersOf } from './privacy.store.ts'

const PAGE = 500
const FILE_CHUNK = 1024 * 1024
const TYPE = 'application/zip'

/** Loaded by the first archive. */
const library = () => import('fflate')

interface Into {
  zipper: Awaited<ReturnType<typeof library>>
  zip: Zip
}

/** A file that is written as it comes, in parts where it is long: what is held in memory is a part and a page. */
class Upload {
  readonly #ctx: Ctx
  readonly #key: string
  #waiting: Uint8Array[] = []
  #size = 0
  #tags: string[] = []
  #upload: string | undefined
  bytes = 0

  constructor(ctx: Ctx, key: string) {
    this.#ctx = ctx
    this.#key = key
  }
  add(chunk: Uint8Array): void {
    this.#waiting.push(chunk)
    this.#size += chunk.length
    this.bytes += chunk.length
  }
  /** Sends what is waiting once it makes a part. */
  async flush(): Promise<void> {
    if (this.#size < LEAST_PART) return
    this.#upload ??= await this.#ctx.files.begin(this.#key, TYPE)
    await this.#part(this.#upload)
  }
  async end(): Promise<void> {
    if (this.#upload === undefined) return this.#ctx.files.write(this.#key, Buffer.concat(this.#waiting), TYPE)
    if (this.#size > 0) await this.#part(this.#upload)
    await this.#ctx.files.complete(this.#key, this.#upload, this.#tags)
  }
  async #part(upload: string): Promise<void> {
    this.#tags.push(await this.#ctx.files.part(this.#key, upload, this.#tags.length + 1, Buffer.concat(this.#waiting)))
    this.#waiting = []
    this.#size = 0
  }
}

/** Writes all records of some partitions as JSON, a file a kind, and the person's own files, into one archive. */
export async function writeArchive(ctx: Ctx, key: string, ids: readonly string[]): Promise<{ records: number; bytes: number }> {
  const zipper = await library()
  const upload = new Upload(ctx, key)
  let failed: Error | undefined
  const zip = new zipper.Zip((error, chunk) => {
    if (error) failed = error
    else upload.add(chunk)
  })
  let records = 0
  for (const id of ids) {
    records += await addRecords(ctx, { zipper, zip }, id, () => upload.flush())
    await addFiles(ctx, { zipper, zip }, id, key, () => upload.flush())
  }
  zip.end()
  if (failed) throw failed
  await upload.end()
  return { records, bytes: upload.bytes }
}

/** A partition is in order of kind, so each kind's file is written to its end before the next begins. */
async function addRecords(ctx: Ctx, { zipper, zip }: Into, id: string, flush: () => Promise<void>): Promise<number> {
  const { pk } = placeOf(customer, id)
  const text = new TextEncoder()
  let open: { name: string; file: ZipDeflate } | undefined
  let [count, after]: [number, Item | undefined] = [0, undefined]
  const close = () => open?.file.push(text.encode('\n]\n'), true)
  do {
    const page: { items: Item[]; last?: Item } = await ctx.table.query({ pk, limit: PAGE, ...(after && { after }) })
    for (const item of page.items) {
      const name = nameOf(item)
      if (name === undefined) continue
      const first = open?.name !== name
      if (first) {
        close()
        open = { name, file: new zipper.ZipDeflate(`${id}/${name}.json`, { level: 6 }) }
        zip.add(open.file)
      }
      open?.file.push(text.encode(`${first ? '[\n' : ',\n'}${JSON.stringify(recordIn(item))}`))
      count += 1
    }
    await flush()
    after = page.last
  } while (after)
  close()
  return count
}

/** The archive's file for an item; undefined for what is no record and no event. */
function nameOf(item: Item): string | undefined {
  if (String(item['sk']).startsWith('log#')) return 'events'
  const noun = String(item['noun'])
  return item['ev'] !== undefined && kindsOfPeople().has(noun) ? noun : undefined
}

async function addFiles(ctx: Ctx, { zipper, zip }: Into, id: string, archive: string, flush: () => Promise<void>): Promise<void> {
  const [, folder = ''] = foldersOf(id)
  let after: string | undefined
  do {
    const page = await ctx.files.list(folder, after)
    for (const key of page.keys.filter((one) => one !== archive)) {
      const { bytes = 0, etag } = (await ctx.files.head(key)) ?? {}
      const file = new zipper.ZipPassThrough(`${id}/files/${key.slice(folder.length)}`)
      zip.add(file)
      for (let from = 0; from < bytes; from += FILE_CHUNK) {
        file.push(await ctx.files.read(key, from, Math.min(bytes, from + FILE_CHUNK), etag))
        await flush()
      }
      file.push(new Uint8Array(), true)
    }
    after = page.after
  } while (after !== undefined)
}
