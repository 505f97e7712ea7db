/** Writing CSV: RFC 4180 with the guard of the OWASP notes on CSV injection. */

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/
const QUOTED = /[",\n\r]/

const quoted = (value: string): string => (QUOTED.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

/** A line for people's spreadsheets. What one would run as a formula gets a `'` in front, and so is shown and not run. */
export function line(values: readonly string[]): string {
  return plainLine(values.map((value) => (FORMULA.test(value) ? `'${value}` : value)))
}

/** A line that only this product reads. */
export function plainLine(values: readonly string[]): string {
  return `${values.map(quoted).join(',')}\r\n`
}

/** In front of a file, so that a spreadsheet takes it for UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF'
