import { fault, type Fault } from '../../../kernel/fault.ts'

/** What a file of rows can be: text of a known encoding, or a workbook. `ascii`: nothing yet tells UTF-8 from GB18030. */
export const encodings = ['utf-8', 'gb18030', 'ascii'] as const
export type Encoding = (typeof encodings)[number]

/** What a file is, by its first bytes. `skip`: the byte order mark. */
export type Nature = { format: 'csv'; encoding: Encoding; skip: number } | { format: 'xlsx' }

const startsWith = (bytes: Uint8Array, ...start: number[]): boolean => start.every((byte, at) => bytes[at] === byte)

/**
 * Tells what a file is from its beginning.
 * @throws Fault `invalid` that says what the file is instead, and what to do
 */
export function natureOf(head: Uint8Array): Nature {
  if (head.length === 0) throw refused('file.empty', 'The file is empty.')
  if (startsWith(head, 0x50, 0x4b, 0x03, 0x04)) return { format: 'xlsx' }
  if (startsWith(head, 0xd0, 0xcf, 0x11, 0xe0))
    throw refused('file.old_excel', 'This is a workbook of Excel 97–2003: save it as .xlsx or CSV.')
  if (startsWith(head, 0xff, 0xfe) || startsWith(head, 0xfe, 0xff))
    throw refused('file.utf16', 'This text is UTF-16: save it as “CSV UTF-8”.')
  if (head.includes(0)) throw refused('file.binary', 'This is no text: the file holds bytes no CSV has.')
  const skip = startsWith(head, 0xef, 0xbb, 0xbf) ? 3 : 0
  const encoding = skip > 0 ? 'utf-8' : encodingOf(head)
  const text = decoderOf(encoding).decode(head.subarray(skip, wholeUpTo(head, encoding)))
  const first = text.trimStart().charAt(0)
  if (first === '') throw refused('file.empty', 'The file holds nothing but blanks.')
  if (first === '<' || first === '{' || first === '[')
    throw refused('file.not_csv', 'This is markup or JSON, not a table of rows: export it as CSV.')
  return { format: 'csv', encoding, skip }
}

/** A refusal of the file as a whole. */
export function refused(code: string, message: string): Fault {
  return fault('invalid', code, message, { errors: [{ path: 'file', code, message }] })
}

function encodingOf(head: Uint8Array): Encoding {
  if (head.every((byte) => byte < 0x80)) return 'ascii'
  for (const encoding of ['utf-8', 'gb18030'] as const) {
    // The head may end within a character, which is at most four bytes long.
    for (let cut = 0; cut < 4; cut++) {
      const whole = head.subarray(0, head.length - cut)
      if (decodes(whole, encoding) && !(encoding === 'gb18030' && isWestern(whole))) return encoding
    }
  }
  throw refused('file.unknown_encoding', 'The text is neither UTF-8 nor GB18030: save it as “CSV UTF-8”.')
}

/** Where the last whole character of a beginning ends. */
function wholeUpTo(head: Uint8Array, encoding: Encoding): number {
  for (let cut = 0; cut < 4; cut++) if (decodes(head.subarray(0, head.length - cut), encoding)) return head.length - cut
  return 0
}

function decodes(bytes: Uint8Array, encoding: Encoding): boolean {
  try {
    decoderOf(encoding).decode(bytes)
    return true
  } catch {
    return false
  }
}

type Decoder = InstanceType<typeof TextDecoder>
const decoders = new Map<string, Decoder>()

/** A strict decoder, which throws on bytes that are no text in its encoding. */
function decoderOf(encoding: Encoding): Decoder {
  const label = encoding === 'ascii' ? 'utf-8' : encoding
  let decoder = decoders.get(label)
  if (!decoder) decoders.set(label, (decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true })))
  return decoder
}

/**
 * Whether bytes that GB18030 could read are rather a Western text of one byte a letter, as Excel in Europe writes it: `Müller` would
 * become `M黮ler`. There a byte beyond ASCII stands between letters; in Chinese it comes in pairs, but for rare signs.
 */
function isWestern(bytes: Uint8Array): boolean {
  let [pairs, western] = [0, 0]
  for (let at = 0; at < bytes.length; at++) {
    if ((bytes[at] ?? 0) < 0x80) continue
    pairs++
    const next = bytes[++at] ?? 0
    // Of four bytes, the second and the fourth are digits.
    if (next < 0x80 && !(next >= 0x30 && next <= 0x39)) western++
  }
  return western * 2 > pairs
}

/** The text of some bytes; undefined when they are none. What began as plain ASCII may turn out to be either encoding. */
export function textOf(bytes: Uint8Array, encoding: Encoding): string | undefined {
  for (const one of encoding === 'ascii' ? (['utf-8', 'gb18030'] as const) : [encoding]) {
    try {
      const text = decoderOf(one).decode(bytes)
      if (encoding === 'ascii' && one === 'gb18030' && isWestern(bytes)) return undefined
      return text
    } catch {
      // Not this one.
    }
  }
  return undefined
}
