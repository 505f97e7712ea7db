import { createHash } from 'node:crypto'
import { FileMissing, LEAST_PART, type Files } from '../../domain/kernel/files.ts'

/** Files in memory, as strict as the bucket is where the product could get it wrong: sizes of parts, links that name one file. */
export interface MemoryFiles extends Files {
  /** What is kept, by key. */
  readonly kept: Map<string, Uint8Array>
  /** Uploads in parts that are neither complete nor given up. */
  readonly open: ReadonlyMap<string, unknown>
  /** What a browser does with a link to upload to. @throws Error for a body that is not as long as the link says */
  put(url: string, body: Uint8Array | string): void
  /** What a browser gets from a link to download from. */
  get(url: string): Uint8Array
}

const PAGE = 1000
const tagOf = (body: Uint8Array): string => `"${createHash('md5').update(body).digest('hex')}"`
const bytesOf = (body: Uint8Array | string): Uint8Array => (typeof body === 'string' ? Buffer.from(body) : Uint8Array.from(body))

export function memoryFiles(): MemoryFiles {
  const kept = new Map<string, Uint8Array>()
  const open = new Map<string, Map<number, Uint8Array>>()
  let uploads = 0
  const there = (key: string): Uint8Array => {
    const body = kept.get(key)
    if (!body) throw new FileMissing(key)
    return body
  }
  return {
    kept,
    open,
    put(url, body) {
      const { pathname, searchParams } = new URL(url)
      const bytes = bytesOf(body)
      if (searchParams.get('do') !== 'put') throw new Error('This link is not for uploading.')
      if (String(bytes.length) !== searchParams.get('bytes')) throw new Error('The body is not as long as the link says.')
      kept.set(pathname.slice(1), bytes)
    },
    get(url) {
      const { pathname, searchParams } = new URL(url)
      if (searchParams.get('do') !== 'get') throw new Error('This link is not for downloading.')
      return there(pathname.slice(1))
    },
    uploadUrl: async (key, { bytes }) => `https://files.test/${key}?do=put&bytes=${bytes}`,
    downloadUrl: async (key, { name }) => `https://files.test/${key}?do=get&name=${encodeURIComponent(name)}`,
    async head(key) {
      const body = kept.get(key)
      return body && { bytes: body.length, etag: tagOf(body) }
    },
    async read(key, from, to, etag) {
      const body = there(key)
      if (etag !== undefined && etag !== tagOf(body)) throw new FileMissing(key)
      return body.slice(from, to)
    },
    write: async (key, body) => void kept.set(key, bytesOf(body)),
    async begin(key) {
      const upload = `${key}#${++uploads}`
      open.set(upload, new Map())
      return upload
    },
    async part(key, upload, number, body) {
      const parts = open.get(upload)
      if (!parts) throw new FileMissing(key)
      parts.set(number, bytesOf(body))
      return tagOf(body)
    },
    async complete(key, upload, tags) {
      const parts = open.get(upload)
      if (!parts) return void there(key)
      const bodies = tags.map((tag, at) => {
        const body = parts.get(at + 1)
        if (!body || tagOf(body) !== tag) throw new Error(`Part ${at + 1} of ${key} is not there.`)
        if (at < tags.length - 1 && body.length < LEAST_PART) throw new Error(`Part ${at + 1} of ${key} is too small.`)
        return body
      })
      kept.set(key, Uint8Array.from(Buffer.concat(bodies)))
      open.delete(upload)
    },
    abandon: async (_, upload) => void open.delete(upload),
    async list(prefix, after = '') {
      const keys = [...kept.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
      const page = keys.slice(0, PAGE)
      return { keys: page, ...(keys.length > PAGE && { after: page.at(-1) ?? '' }) }
    },
    remove: async (key) => void kept.delete(key),
  }
}
