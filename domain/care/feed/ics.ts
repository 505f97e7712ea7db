import type { Day, Instant } from '../../kernel/clock.ts'

/** iCalendar text (RFC 5545), as much of it as a list of appointments needs. */

export interface Appointment {
  /** The same for the same record, always. */
  uid: string
  summary: string
  description?: string | undefined
  categories?: readonly string[]
  /** 1 the highest to 9 the lowest. */
  priority?: number | undefined
  /** A moment and how long it takes in minutes, or a whole day. */
  when: { at: Instant; minutes: number } | { day: Day }
}

const CRLF = '\r\n'
/** Octets of a line, its line break aside (RFC 5545, 3.1). */
const LINE_OCTETS = 75

/** A calendar in which each appointment is free time: it says what is due and books nothing. @param stamp as of when it holds */
export function calendarText(name: string, stamp: Instant, appointments: readonly Appointment[]): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//crm//calendar//EN',
    'CALSCALE:GREGORIAN',
    `X-WR-CALNAME:${text(name)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    'X-PUBLISHED-TTL:PT1H',
    ...appointments.flatMap((one) => eventLines(one, stamp)),
    'END:VCALENDAR',
  ]
  return lines.map(folded).join(CRLF) + CRLF
}

function eventLines({ uid, summary, description, categories = [], priority, when }: Appointment, stamp: Instant): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${text(uid)}`,
    `DTSTAMP:${moment(stamp)}`,
    ...timeLines(when),
    `SUMMARY:${text(summary)}`,
    ...(description === undefined ? [] : [`DESCRIPTION:${text(description)}`]),
    ...(categories.length > 0 ? [`CATEGORIES:${categories.map(text).join(',')}`] : []),
    ...(priority === undefined ? [] : [`PRIORITY:${priority}`]),
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ]
}

function timeLines(when: Appointment['when']): string[] {
  if ('day' in when) return [`DTSTART;VALUE=DATE:${when.day.replaceAll('-', '')}`]
  const end = new Date(Date.parse(when.at) + when.minutes * 60_000).toISOString()
  return [`DTSTART;VALUE=DATE-TIME:${moment(when.at)}`, `DTEND;VALUE=DATE-TIME:${moment(end)}`]
}

/** A DATE-TIME in UTC, `20261122T083000Z`. */
const moment = (at: Instant): string => `${at.slice(0, 19).replace(/[-:]/g, '')}Z`

/** A TEXT value: backslash, semicolon, comma and line break escaped; no other control character (RFC 5545, 3.3.11). */
function text(value: string): string {
  const escaped = value.replace(/[\\;,]/g, (one) => `\\${one}`).replace(/\r\n|\r|\n/g, '\\n')
  // oxlint-disable-next-line no-control-regex
  return escaped.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '')
}

/** A content line in pieces of 75 octets, each but the first begun with a space, no character cut in two (RFC 5545, 3.1). */
function folded(line: string): string {
  const pieces: string[] = []
  let piece = ''
  let octets = 0
  for (const character of line) {
    const size = Buffer.byteLength(character)
    if (octets + size > LINE_OCTETS) {
      pieces.push(piece)
      piece = ' '
      octets = 1
    }
    piece += character
    octets += size
  }
  return [...pieces, piece].join(CRLF)
}
