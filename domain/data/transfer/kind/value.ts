import { once } from '../../../kernel/action.ts'
import { shownAt } from '../../../kernel/zone.ts'
import { longSalesforceId } from './salesforce-id.ts'
import type { Target } from './target.ts'

/** How numbers and dates are written in a file. */
export interface Writing {
  /** What parts whole from fraction. */
  decimal: '.' | ','
  /** Which comes first in `3/4/2026`; a date with the year first needs no telling. */
  dates: 'month_first' | 'day_first'
  timeZone: string
}

/** A cell as a value of its target's type, or what is wrong with it. */
export type Read = { value: unknown } | { problem: string; message: string }

const wrong = (problem: string, message: string): Read => ({ problem, message })

/** Reads a cell that is not empty. Only its form is judged here; whether the value is allowed, the action says. */
export function valueOf(target: Target, text: string, writing: Writing): Read {
  switch (target.type) {
    case 'text':
      return { value: text.replace(/\s+/g, ' ').trim() }
    case 'external': {
      const id = text.replace(/\s+/g, ' ').trim()
      return { value: target.name.endsWith('external:salesforce') ? longSalesforceId(id) : id }
    }
    case 'prose':
      return { value: text.replaceAll('\r\n', '\n').trim() }
    case 'number':
    case 'money':
      return numberIn(text, writing)
    case 'integer':
      return wholeIn(text, writing)
    case 'boolean':
      return yesOrNo(text)
    case 'day':
      return dayOf(text, writing)
    case 'instant':
      return instantOf(text, writing)
    case 'choice':
      return chosen(target, text)
    case 'slug':
      return { value: slugOf(text) }
    case 'slugs':
      return { value: [...new Set(parts(text).map(slugOf))].filter(Boolean) }
    case 'list':
      return { value: [...new Set(parts(text))] }
    case 'country':
      return countryOf(text)
    case 'currency':
      return { value: text.trim().toUpperCase() }
    case 'url':
      return { value: /^[a-z][a-z0-9+.-]*:/i.test(text.trim()) ? text.trim() : `https://${text.trim()}` }
  }
}

const parts = (text: string): string[] =>
  text
    .split(/[;,|、，；\n]/)
    .map((part) => part.trim())
    .filter(Boolean)

/** `Closed Won` as a machine's name: `closed_won`. */
export function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 40)
}

function numberIn(text: string, { decimal }: Writing): Read {
  const grouping = decimal === '.' ? /[,\s'’]/g : /[.\s'’]/g
  const plain = text
    .replace(/^\p{Sc}|\p{Sc}$/gu, '')
    .trim()
    .replace(grouping, '')
    .replace(',', '.')
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(plain)) return wrong('not_a_number', `“${shown(text)}” is no number.`)
  return { value: Number(plain) }
}

function wholeIn(text: string, writing: Writing): Read {
  const read = numberIn(text, writing)
  if ('value' in read && !Number.isInteger(read.value)) return wrong('not_whole', `“${shown(text)}” is no whole number.`)
  return read
}

const YES = new Set(['true', 'yes', 'y', '1', 'x', '是', 'ja', 'oui', 'sí', 'si'])
const NO = new Set(['false', 'no', 'n', '0', '否', 'nein', 'non'])

function yesOrNo(text: string): Read {
  const plain = text.trim().toLowerCase()
  if (YES.has(plain)) return { value: true }
  return NO.has(plain) ? { value: false } : wrong('not_yes_or_no', `“${shown(text)}” is neither yes nor no.`)
}

function chosen({ choices = [] }: Target, text: string): Read {
  const plain = slugOf(text)
  const found = choices.find((one) => slugOf(one) === plain)
  if (found !== undefined) return { value: found }
  return wrong('not_a_choice', `“${shown(text)}” is none of ${choices.join(', ')}.`)
}

/** Year, month and day, then perhaps a time: ISO, with slashes, with dots, or in Chinese. */
const DATE = /^(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,4})\s*日?(?:[T\s,]+(.*))?$/u
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(AM|PM)?\s*(Z|[+-]\d{2}:?\d{2})?$/i

/** The date of a text as milliseconds of a day in UTC, and what follows it. */
function dateIn(text: string, { dates }: Writing): { ms: number; rest: string } | undefined {
  const [, first = '', second = '', third = '', rest = ''] = DATE.exec(text.trim()) ?? []
  if (first === '') return undefined
  const dotted = text.includes('.')
  const [year, month, day] =
    first.length === 4 ? [first, second, third] : dates === 'day_first' || dotted ? [third, second, first] : [third, first, second]
  if (year.length !== 4) return undefined
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const back = new Date(ms)
  return back.getUTCMonth() === Number(month) - 1 && back.getUTCDate() === Number(day) ? { ms, rest } : undefined
}

function dayOf(text: string, writing: Writing): Read {
  const found = dateIn(text, writing)
  if (!found) return wrong('not_a_date', `“${shown(text)}” is no date; write it as 2026-11-22.`)
  return { value: new Date(found.ms).toISOString().slice(0, 10) }
}

function instantOf(text: string, writing: Writing): Read {
  const no = wrong('not_a_time', `“${shown(text)}” is no date with a time; write it as 2026-11-22 10:30.`)
  const found = dateIn(text, writing)
  if (!found) return no
  if (found.rest === '') return { value: wallTime(found.ms, writing.timeZone) }
  const [, hour = '', minute = '', second = '0', half = '', zone = ''] = TIME.exec(found.rest) ?? []
  if (hour === '') return no
  const hours = (Number(hour) % (half ? 12 : 24)) + (half.toUpperCase() === 'PM' ? 12 : 0)
  const ms = found.ms + ((hours * 60 + Number(minute)) * 60 + Number(second)) * 1000
  return { value: zone ? new Date(ms - offsetOf(zone)).toISOString() : wallTime(ms, writing.timeZone) }
}

/** Milliseconds that a zone such as `+08:00` is ahead of UTC. */
function offsetOf(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d{2}):?(\d{2})/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

const wallTime = (ms: number, timeZone: string): string => new Date(shownAt(ms, timeZone)).toISOString()

/** Country names in English and Chinese lead to their codes. */
const countries = once(() => {
  const known = new Map<string, string>()
  for (const language of ['en', 'zh-Hans', 'zh-Hant']) {
    const names = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' })
    for (let first = 65; first <= 90; first++)
      for (let second = 65; second <= 90; second++) {
        const code = String.fromCharCode(first, second)
        const name = names.of(code)
        if (name !== undefined && !known.has(name.toLowerCase())) known.set(name.toLowerCase(), code)
      }
  }
  for (const [name, code] of [
    ['usa', 'US'],
    ['uk', 'GB'],
    ['great britain', 'GB'],
    ['england', 'GB'],
    ['prc', 'CN'],
    ['korea', 'KR'],
  ] as const)
    known.set(name, code)
  return known
})

function countryOf(text: string): Read {
  const plain = text.trim()
  if (/^[A-Za-z]{2}$/.test(plain)) return { value: plain.toUpperCase() }
  const code = countries().get(plain.toLowerCase())
  return code === undefined ? wrong('not_a_country', `“${shown(text)}” is no country; write its code, such as CN.`) : { value: code }
}

/** A cell as a message quotes it. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39).toWellFormed()}…` : text
}
