import { isDeepStrictEqual } from 'node:util'
import { later, type Instant } from '../../kernel/clock.ts'
import type { EventStamp, Happened } from '../../kernel/event.ts'
import { indexKeys, recordIn, rowOf } from '../../kernel/place.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { isCompleteness } from '../completeness/index.ts'
import { logItem } from '../event/index.ts'
import type { Finding, Kept, Sorted } from './finding.ts'
import { recordMended } from './mend.ts'

/** Checks of one record by itself, and of its log. Pure. */

const indexAttributes = ['lpk', 'lsk', 'opk', 'osk', 'dpk', 'dsk'] as const
/** Log and search follow the table's stream; that long after a change they have it, or something is wrong that has its own alarm. Milliseconds. */
export const LOG_MS = 15 * 60_000

const keyOf = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) })

/** I8 of one record: its index keys and its list row. */
export function keysAndRow({ item, kind, id, version }: Kept): Finding[] {
  const record = recordIn<string, Record<string, unknown>>(item)
  const keys = indexKeys(kind, record)
  const has = Object.fromEntries(indexAttributes.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])))
  const listed = 'lpk' in keys || 'opk' in keys
  const row = listed ? rowOf(kind, record) : undefined
  const wrong = isDeepStrictEqual(keys, has) ? (isDeepStrictEqual(row, item['row']) ? undefined : 'its list row') : 'its index keys'
  if (!wrong || (wrong === 'its list row' && !listed)) return []
  const wanted: Item = { ...keys, ...(row && { row }) }
  const remove = [...indexAttributes, 'row'].filter((name) => !(name in wanted) && item[name] !== undefined)
  const write = { update: keyOf(item), set: wanted, remove, if: { equals: { version } } }
  return [{ invariant: 'I8', id, words: `${wrong} differ from what it says`, mend: { writes: [write] } }]
}

/** I12 of one record: of who was erased nothing personal is left. @param erased whether its customer was */
export function emptied({ item, kind, id }: Kept, erased: boolean): Finding[] {
  if (!erased && item['erasedAt'] === undefined) return []
  const left = (kind.personal ?? []).filter((field) => item[field] !== undefined)
  if (item['erasedAt'] !== undefined && left.length === 0) return []
  return [{ invariant: 'I12', id, words: `belongs to who was erased and still has ${left.join(', ') || 'no mark of it'}` }]
}

/** I12 of what is kept beside an erased file. */
export function leftBeside(id: string, items: readonly Item[]): Finding[] {
  return items.filter(isCompleteness).map((item) => ({
    invariant: 'I12',
    id,
    words: 'was erased, and what its file lacked is still kept',
    mend: { writes: [{ delete: keyOf(item) }] },
  }))
}

/** I5 of one record: its log has every version once, and folding it gives the record. */
export function log({ item, kind, id, version }: Kept, events: readonly Happened[], now: Instant): Finding[] {
  const settled = String(item['updatedAt']) < later(now, -LOG_MS)
  const versions = new Set(events.map((one) => one.version))
  const missing = Array.from({ length: version }, (_, at) => at + 1).filter((one) => !versions.has(one))
  if (missing.length > 0) {
    if (!settled) return []
    const [first = 0] = missing
    const fields = new Set([item, ...events.map(({ changed }) => changed)].flatMap(Object.keys).filter((field) => !(field in HOUSE)))
    const lost = missing.map((one) => lostEvent({ item, kind, id, version }, one, fields))
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : ''
    return [{ invariant: 'I5', id, words: `its log lacks version ${first}${more} of ${version}`, mend: { writes: lost } }]
  }
  const last = events.at(-1)?.version ?? 0
  if (last > version) {
    // The next change would meet an entry of its version and be told by nobody: the record goes on behind its log.
    const words = `its log goes to version ${last}; the record is at ${version}`
    return [{ invariant: 'I5', id, words, mend: { fields: {}, version: last + 1 } }]
  }
  const wrong = folded(item, events)
  return wrong === undefined ? [] : [{ invariant: 'I5', id, words: wrong, mend: { fields: {} } }]
}

const SUMS = new Set(['history', 'points', 'costs'])

/** I5 of a partition: what the log tells of is there. Nothing is ever taken from the table with its log left behind. */
export function gone({ records, log: logs }: Sorted): Finding[] {
  const there = new Set(records.map(({ id }) => id))
  // Sums are found missing by what they sum up, and made anew.
  const lost = [...logs].filter(([id, [first]]) => !there.has(id) && !SUMS.has(first?.noun ?? ''))
  return lost.map(([id]) => ({ invariant: 'I5', id, words: 'is gone, though its log says it was made' }))
}

/**
 * What is put in the place of an event that the log never got: that something happened, not what.
 * @param fields all that the record or its log names: any of them may have changed
 */
function lostEvent({ item, kind, id, version }: Kept, lost: number, fields: ReadonlySet<string>) {
  const place = keyOf(item)
  const stamp = item['ev'] as EventStamp
  const last = lost === version
  const event: Happened = {
    id: `${id}.${lost}`,
    type: last ? stamp.type : 'log.lost',
    at: last ? stamp.at : String(item['updatedAt']),
    actor: last ? stamp.actor : 'unknown',
    action: last ? stamp.action : 'unknown',
    request: last ? stamp.request : 'unknown',
    noun: kind.noun,
    recordId: id,
    version: lost,
    ...(place.pk.startsWith('customer#') && { customerId: `cus_${place.pk.slice('customer#'.length)}` }),
    changed: Object.fromEntries(Array.from(fields, (field) => [field, 'private' as const])),
  }
  return { put: logItem(place, event, { sequence: '', quiet: true }), if: { absent: true } } as const
}
const HOUSE: Readonly<Record<string, true>> = Object.fromEntries(
  ['pk', 'sk', 'id', 'noun', 'ev', 'row', 'version', 'updatedAt', 'form', 'expires', ...indexAttributes].map((name) => [name, true]),
)

/**
 * What folding a log shows to be wrong; undefined when it gives the record. Values the log keeps private are taken as they are, and so
 * is everything at the moment a record was put right: it had drifted from its log, and the entry that says so stays there. Fields in
 * order, since a second look must say the same and the table gives them in any.
 */
function folded(item: Item, events: readonly Happened[]): string | undefined {
  const fields = new Map<string, unknown>()
  const hidden = new Set<string>()
  const mended = events.findLast(({ type }) => type === recordMended.type)?.version ?? 0
  for (const { version, changed } of events) {
    if (version === mended) for (const field of [...fields.keys(), ...Object.keys(item)]) hidden.add(field)
    for (const [field, change] of Object.entries(changed).sort(byName)) {
      if (change === 'private') {
        hidden.add(field)
        continue
      }
      if (!hidden.has(field) && version > mended && !isDeepStrictEqual(change.from, fields.get(field)))
        return `version ${version} changed ${field} from something it was not`
      hidden.delete(field)
      if (change.to === undefined) fields.delete(field)
      else fields.set(field, change.to)
    }
  }
  const wrong = [...fields].sort(byName).find(([field, value]) => !hidden.has(field) && !isDeepStrictEqual(value, item[field]))
  if (wrong) return `its log ends with another ${wrong[0]} than it has`
  const unheard = Object.keys(item)
    .sort()
    .find((field) => !(field in HOUSE) && !fields.has(field) && !hidden.has(field))
  return unheard && `it has a ${unheard} that its log knows nothing of`
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number => (one < other ? -1 : 1)
