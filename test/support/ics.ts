/**
 * A strict reader of iCalendar text, written from the grammar of RFC 5545 (3.1, 3.3, 3.6.1) and not from our writer. Throws
 * with the rule that is broken.
 */
export interface Component {
  name: string
  lines: { name: string; parameters: Record<string, string>; value: string }[]
  inner: Component[]
}

// oxlint-disable-next-line no-control-regex
const LINE = /^([A-Z][A-Z0-9-]*)((?:;[A-Z0-9-]+=(?:"[^"\u0000-\u001f]*"|[^";:,\u0000-\u001f]*))*):([^\u0000-\u0008\u000a-\u001f\u007f]*)$/
const DATE_TIME = /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])[0-5]\d([0-5]\d|60)Z$/
const DATE = /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/
/** ESCAPED-CHAR, or a character that is neither a backslash, a semicolon nor a comma. */
const TEXT = /^(?:\\[\\;,Nn]|[^\\;,])*$/

function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Error(rule)
}

export function readCalendar(text: string): Component {
  must(text.endsWith('\r\n'), 'the last line ends')
  must(!/[^\r]\n|\r[^\n]/.test(text), 'lines end with CRLF and nothing else does')
  const physical = text.slice(0, -2).split('\r\n')
  for (const line of physical) {
    must(Buffer.byteLength(line) <= 75, `75 octets: ${line}`)
    must(!line.includes('\uFFFD'), `no character is cut in two: ${line}`)
  }
  const logical = physical.reduce<string[]>((lines, line) => {
    if (!line.startsWith(' ')) return [...lines, line]
    return [...lines.slice(0, -1), (lines.at(-1) ?? '') + line.slice(1)]
  }, [])
  const root: Component = { name: '', lines: [], inner: [] }
  const open = [root]
  for (const line of logical) {
    const found = LINE.exec(line)
    must(found !== null, `contentline: ${line}`)
    const [, name = '', rest = '', value = ''] = found
    const parameters = Object.fromEntries(
      rest
        .split(';')
        .slice(1)
        .map((one) => one.split('=') as [string, string]),
    )
    const top = open.at(-1) ?? root
    if (name === 'BEGIN') {
      const inner = { name: value, lines: [], inner: [] }
      top.inner.push(inner)
      open.push(inner)
    } else if (name === 'END') {
      must(top.name === value, `BEGIN and END match: ${value}`)
      open.pop()
    } else top.lines.push({ name, parameters, value })
  }
  must(open.length === 1 && root.inner.length === 1, 'one calendar, closed')
  const [calendar] = root.inner
  must(calendar !== undefined && calendar.name === 'VCALENDAR', 'VCALENDAR')
  checkCalendar(calendar)
  return calendar
}

const valuesOf = (component: Component, name: string) => component.lines.filter((line) => line.name === name)

function checkCalendar(calendar: Component): void {
  must(valuesOf(calendar, 'VERSION').length === 1 && valuesOf(calendar, 'VERSION')[0]?.value === '2.0', 'VERSION once, 2.0')
  must(valuesOf(calendar, 'PRODID').length === 1, 'PRODID once')
  const uids = calendar.inner.map((one) => valuesOf(one, 'UID')[0]?.value)
  must(new Set(uids).size === uids.length, 'UIDs are unique')
  for (const event of calendar.inner) checkEvent(event)
}

function checkEvent(event: Component): void {
  must(event.name === 'VEVENT' && event.inner.length === 0, 'VEVENT alone')
  for (const name of ['UID', 'DTSTAMP', 'DTSTART', 'SUMMARY']) must(valuesOf(event, name).length === 1, `${name} once`)
  for (const name of ['DTEND', 'DESCRIPTION', 'PRIORITY', 'TRANSP']) must(valuesOf(event, name).length <= 1, `${name} at most once`)
  for (const { name, parameters, value } of event.lines) {
    if (name === 'DTSTAMP') must(DATE_TIME.test(value), `DTSTAMP in UTC: ${value}`)
    if (name === 'DTSTART' || name === 'DTEND')
      must(parameters['VALUE'] === 'DATE' ? DATE.test(value) : DATE_TIME.test(value), `${name}: ${value}`)
    if (name === 'SUMMARY' || name === 'DESCRIPTION' || name === 'UID') must(TEXT.test(value), `TEXT: ${value}`)
    if (name === 'PRIORITY') must(/^[0-9]$/.test(value), `PRIORITY: ${value}`)
    if (name === 'TRANSP') must(value === 'TRANSPARENT' || value === 'OPAQUE', `TRANSP: ${value}`)
  }
}

/** A TEXT value as people read it. */
export function plain(value: string): string {
  return value.replace(/\\([\\;,Nn])/g, (_, one: string) => (one.toLowerCase() === 'n' ? '\n' : one))
}

/** The value of a property of each appointment. */
export function allOf(calendar: Component, name: string): (string | undefined)[] {
  return calendar.inner.map((one) => valuesOf(one, name)[0]?.value)
}
