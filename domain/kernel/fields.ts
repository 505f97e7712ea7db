import * as z from 'zod'

/** Field schemas shared by all modules: what a text, a note, a time may be. */

/**
 * Without control characters (Unicode's category Cc); tab and line breaks are none. Written as ranges, since not every reader of
 * the API's description knows categories.
 */
// oxlint-disable-next-line no-control-regex -- it is control characters that are looked for
const CONTROL = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/
// oxlint-disable-next-line no-control-regex -- as above
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f]*$/
/** Half of a surrogate pair: not a character, and not storable as UTF-8. */
const wellFormed = (text: string): boolean => text.isWellFormed()

/** One line of text in any script, trimmed, in Unicode's composed form, without control characters. */
export const line = (longest = 200) =>
  z
    .string()
    .max(longest * 4)
    .trim()
    .normalize('NFC')
    .min(1)
    .max(longest)
    .regex(ONE_LINE, 'one line without control characters')
    .refine(wellFormed, 'not well-formed text')

/** Several lines of text. */
export const prose = (longest = 10_000) =>
  z
    .string()
    .max(longest * 4)
    .normalize('NFC')
    .min(1)
    .max(longest)
    .regex(CONTROL, 'no control characters but tab and line breaks')
    .refine(wellFormed, 'not well-formed text')

/** A short machine name: `gold`, `first-visit`. */
export const slug = () => z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _, at most 40')

/** A calendar day that exists. */
export const day = () => z.iso.date()
/** An instant in UTC, `2026-11-22T08:30:00Z`. */
export const instant = () => z.iso.datetime('a time in UTC such as 2026-12-01T09:00:00Z')
/** Country, ISO 3166-1. */
export const country = () => z.string().regex(/^[A-Z]{2}$/, 'two capital letters of ISO 3166-1')
/** Language tag, BCP 47. */
export const language = () =>
  z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 tag such as en or zh-Hant')
    .max(35)
/** IANA time zone the runtime knows. */
export const timeZone = () => z.string().max(64).refine(isTimeZone, 'an IANA time zone such as Asia/Shanghai')

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The input of a PATCH: each named field may be given; an optional one may be `null`, which clears it. */
export function patchOf<S extends z.core.$ZodLooseShape>(
  shape: S,
): { [K in keyof S]: z.ZodOptional<S[K] extends z.ZodOptional<infer I extends z.ZodType> ? z.ZodNullable<I> : S[K]> } {
  const entries = Object.entries(shape).map(([name, field]) => [
    name,
    field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType).nullable().optional() : (field as z.ZodType).optional(),
  ])
  return Object.fromEntries(entries)
}
