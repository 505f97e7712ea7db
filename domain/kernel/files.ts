/** Files beside the table: uploads, imports, exports, archives. Keys are `folder/…/name`, never with anything personal in them. */
export interface Files {
  /** A link to which the holder may PUT this one file, of exactly this type and size. Lives for so many seconds. */
  uploadUrl(key: string, how: { type: string; bytes: number; seconds: number }): Promise<string>
  /** A link from which the holder may GET this one file, saved under a name. Lives for so many seconds. */
  downloadUrl(key: string, how: { name: string; seconds: number }): Promise<string>
  /** What is there; undefined when nothing is. `etag` differs between two contents of one key. */
  head(key: string): Promise<{ bytes: number; etag: string } | undefined>
  /**
   * Bytes `from` (included) to `to` (not included) of a file; fewer at its end, none beyond it.
   * @param etag reads that content only
   * @throws FileMissing when nothing is there, or no longer that content
   */
  read(key: string, from: number, to: number, etag?: string): Promise<Uint8Array>
  /** Writes a whole file at once. */
  write(key: string, body: Uint8Array | string, type: string): Promise<void>
  /** Begins a file that is written in parts of 5 MiB or more (the last may be smaller). @returns the upload's id */
  begin(key: string, type: string): Promise<string>
  /** Writes a part; the same number again replaces it. Parts count from 1. @returns the part's tag */
  part(key: string, upload: string, number: number, body: Uint8Array): Promise<string>
  /** Makes the parts one file. Done a second time it changes nothing. @throws FileMissing when the upload is gone and made no file */
  complete(key: string, upload: string, tags: readonly string[]): Promise<void>
  /** Gives up a file begun in parts; nothing happens when it is complete or gone. */
  abandon(key: string, upload: string): Promise<void>
  /** The keys under a prefix, in order, a page at a time. */
  list(prefix: string, after?: string): Promise<{ keys: string[]; after?: string }>
  /** Removes a file and every earlier version of it; nothing happens when there is none. */
  remove(key: string): Promise<void>
}

/** A part other than the last has at least this many bytes. */
export const LEAST_PART = 5 * 1024 * 1024

/** Nothing is under this key, or no longer what was asked for. */
export class FileMissing extends Error {
  constructor(key: string) {
    super(`there is no such file: ${key}`)
    this.name = 'FileMissing'
  }
}

/** Of a function without a bucket: each call throws, and says which function lacks what. */
export const noFiles: Files = new Proxy({} as Files, {
  get: (_, name) => async () => {
    throw new Error(`This function has no bucket, so it cannot ${String(name)} files: give it one in infra/crm-stack.ts.`)
  },
})
