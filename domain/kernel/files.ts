/** Files beside the table: uploads, imports, exports, archives. Keys are `folder/…/name`, never with anything personal in them. */
export interface Files {
  /** A link to which the holder may PUT this one file. Lives for so many seconds. */
  uploadUrl(key: string, how: { type: string; bytes: number; seconds: number }): Promise<string>
  /** A link from which the holder may GET this one file, saved under a name. Lives for so many seconds. */
  downloadUrl(key: string, how: { name: string; seconds: number }): Promise<string>
  /** What is there; undefined when nothing is. */
  head(key: string): Promise<{ bytes: number; etag: string } | undefined>
  /** Bytes `from` (included) to `to` (not included) of a file; fewer at its end. */
  read(key: string, from: number, to: number): Promise<Uint8Array>
  /** Writes a whole file at once. */
  write(key: string, body: Uint8Array | string, type: string): Promise<void>
  /** Begins a file that is written in parts of 5 MiB or more (the last may be smaller). @returns the upload's id */
  begin(key: string, type: string): Promise<string>
  /** Writes a part; the same number again replaces it. Parts count from 1. @returns the part's tag */
  part(key: string, upload: string, number: number, body: Uint8Array): Promise<string>
  /** Makes the parts one file. */
  complete(key: string, upload: string, tags: readonly string[]): Promise<void>
  /** The keys under a prefix, a page at a time. */
  list(prefix: string, after?: string): Promise<{ keys: string[]; after?: string }>
  /** Removes a file and every earlier version of it. */
  remove(key: string): Promise<void>
}
