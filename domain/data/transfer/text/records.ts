/**
 * Where the records of a CSV file begin and end, byte by byte (RFC 4180, 2). Works on bytes, so that a position is a place in the
 * file from which reading can go on; in UTF-8 and GB18030 no byte of a longer character is a quote, a delimiter or a line end.
 * A record that breaks the rules is one bad record: reading goes on with the next line.
 */
export type Trouble = 'quote_not_closed' | 'quote_misplaced' | 'too_long'

/** A record's bytes, without its line end. */
export interface Piece {
  from: number
  to: number
  trouble?: Trouble
}

/** The longest record. Bytes; a stored item holds 400 KB at most. */
export const LONGEST_RECORD = 256 * 1024

export const [QUOTE, LF, CR] = [0x22, 0x0a, 0x0d] as const
export const isEnd = (byte: number | undefined): boolean => byte === LF || byte === CR

/**
 * The first record of some bytes; undefined when it may go on beyond them.
 * @param last whether the bytes end with the file
 * @returns the record, where the next one begins, and whether the rest of its line is yet to be passed over; `open`: it is cut off
 *   where a quote is open, which may be closed further on
 */
export function nextRecord(
  bytes: Uint8Array,
  from: number,
  delimiter: number,
  last: boolean,
): { piece: Piece; next: number; skipping?: true; open?: true } | undefined {
  let state: 'start' | 'plain' | 'quoted' | 'closed' | 'bad' = 'start'
  const most = Math.min(bytes.length, from + LONGEST_RECORD)
  for (let at = from; at < most; at++) {
    const byte = bytes[at]
    if (state === 'quoted') {
      if (byte === QUOTE) state = 'closed'
    } else if (isEnd(byte)) {
      const next = afterEnd(bytes, at, last)
      if (next === undefined) return undefined
      return state === 'bad' ? misplaced(bytes, from, at, next, last) : { piece: { from, to: at }, next }
    } else if (state === 'bad') continue
    else if (byte === delimiter) state = 'start'
    else if (byte === QUOTE) state = state === 'start' || state === 'closed' ? 'quoted' : state
    else state = state === 'closed' ? 'bad' : 'plain'
  }
  const cut = most < bytes.length || most - from >= LONGEST_RECORD
  if (!cut && !last) return undefined
  if (state === 'quoted' && cut) return { ...atFirstLine(bytes, from, most, 'too_long', last), open: true }
  if (state === 'quoted') return atFirstLine(bytes, from, most, 'quote_not_closed', last)
  if (cut) return atFirstLine(bytes, from, most, 'too_long', last)
  return state === 'bad' ? misplaced(bytes, from, most, most, last) : { piece: { from, to: most }, next: most }
}

/** A quote that closes where nothing may follow it; when it had swallowed whole lines, it is rather one that was never closed. */
function misplaced(bytes: Uint8Array, from: number, to: number, next: number, last: boolean) {
  for (let at = from; at < to; at++) if (isEnd(bytes[at])) return atFirstLine(bytes, from, to, 'quote_not_closed', last)
  return { piece: { from, to, trouble: 'quote_misplaced' as const }, next }
}

/** A record that cannot be read is its first line; a quote that swallowed whole lines was not closed. */
function atFirstLine(bytes: Uint8Array, from: number, most: number, trouble: Trouble, last: boolean) {
  for (let at = from; at < most; at++) {
    if (!isEnd(bytes[at])) continue
    const next = afterEnd(bytes, at, last) ?? at + 1
    return { piece: { from, to: at, trouble: 'quote_not_closed' as const }, next }
  }
  const more = trouble === 'too_long'
  return { piece: { from, to: most, trouble }, next: most, ...(more && { skipping: true as const }) }
}

/** Where the line after this one begins; undefined when a carriage return is all that is known of its end. */
function afterEnd(bytes: Uint8Array, at: number, last: boolean): number | undefined {
  if (bytes[at] === LF) return at + 1
  if (at + 1 < bytes.length) return bytes[at + 1] === LF ? at + 2 : at + 1
  return last ? at + 1 : undefined
}

/** Where the line that lies at `from` ends, and the next begins; undefined when that is not in these bytes. */
export function afterLine(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; at < bytes.length; at++) if (isEnd(bytes[at])) return afterEnd(bytes, at, true)
  return undefined
}

const DELIMITERS = [',', ';', '\t', '|'] as const
export type Delimiter = (typeof DELIMITERS)[number]

/** The delimiter of a header line: of those that stand outside quotes, the most frequent. */
export function delimiterOf(header: string): Delimiter {
  const bare = header.replace(/"(?:[^"]|"")*"/g, '')
  const counts = DELIMITERS.map((one) => ({ one, count: bare.split(one).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).one
}
