import type { Files } from '../../../kernel/files.ts'
import { CR, isEnd, LF, QUOTE } from './records.ts'

/** Bytes read at once, and how far a cell is followed. */
const STEP = 1024 * 1024
const FARTHEST = 32 * STEP

/**
 * Where a record ends that is longer than any that is taken, and in which a quote is open: past a cell of many lines, which are no rows
 * of their own. Undefined when the quote is rather one that was never closed: it ends before a letter, or not at all.
 * @param from where the record begins
 */
export async function endOfLong(
  files: Files,
  { key, etag, bytes: size, delimiter }: { key: string; etag: string; bytes: number; delimiter: string },
  from: number,
): Promise<number | undefined> {
  const parting = delimiter.charCodeAt(0)
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start'
  const most = Math.min(size, from + FARTHEST)
  for (let begins = from; begins < most; begins += STEP) {
    // A byte more, to see what follows a carriage return.
    const bytes = await files.read(key, begins, Math.min(begins + STEP + 1, size), etag)
    for (let at = 0; at < Math.min(STEP, bytes.length); at++) {
      const byte = bytes[at]
      if (state === 'quoted') {
        if (byte === QUOTE) state = 'closed'
      } else if (isEnd(byte)) return begins + at + (byte === CR && bytes[at + 1] === LF ? 2 : 1)
      else if (byte === parting) state = 'start'
      else if (byte === QUOTE) state = state === 'plain' ? 'plain' : 'quoted'
      else if (state === 'closed') return undefined
      else state = 'plain'
    }
  }
  return most === size && state !== 'quoted' ? size : undefined
}
