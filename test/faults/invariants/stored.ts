import { isDeepStrictEqual } from 'node:util'
import { indexKeys, recordIn, rowOf, sentinelKey } from '../../../domain/kernel/place.ts'
import type { Happened } from '../../../domain/kernel/event.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import type { Finding, Kept, Snapshot } from './snapshot.ts'

/** What any table must hold, whoever wrote it: the same checks as `fsck` makes. */

const indexAttributes = ['lpk', 'lsk', 'opk', 'osk', 'dpk', 'dsk'] as const

/** I3: live records and their sentinels match both ways. */
export function sentinels(snapshot: Snapshot): Finding[] {
  const findings: Finding[] = []
  const held = new Map((snapshot.others.get('unique') ?? []).map((item) => [String(item['pk']), String(item['id'])]))
  const wanted = new Map<string, string>()
  for (const { item, kind, id } of snapshot.records) {
    const record = recordIn<string, Record<string, unknown>>(item)
    if (!kind.unique || item['deletedAt'] || item['erasedAt']) continue
    for (const value of kind.unique.values(record)) {
      const { pk } = sentinelKey(value)
      const other = wanted.get(pk)
      if (other !== undefined && other !== id) findings.push({ invariant: 'I3', words: `${id} and ${other} both have ${value}` })
      wanted.set(pk, id)
      if (held.get(pk) !== id)
        findings.push({ invariant: 'I3', words: `${id} has ${value}, but its sentinel names ${held.get(pk) ?? 'nobody'}` })
    }
  }
  for (const [pk, id] of held) if (!wanted.has(pk)) findings.push({ invariant: 'I3', words: `the sentinel ${pk} of ${id} is left behind` })
  return findings
}

/** I8: what indexes and lists say of a record is what follows from the record. */
export function keysAndRows(snapshot: Snapshot): Finding[] {
  return snapshot.records.flatMap(({ item, kind, id }): Finding[] => {
    const record = recordIn<string, Record<string, unknown>>(item)
    const wanted = indexKeys(kind, record)
    const has = Object.fromEntries(indexAttributes.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])))
    if (!isDeepStrictEqual(wanted, has))
      return [{ invariant: 'I8', words: `${id} should be in the indexes as ${JSON.stringify(wanted)}, but is as ${JSON.stringify(has)}` }]
    const listed = 'lpk' in wanted || 'opk' in wanted
    const row = listed ? rowOf(kind, record) : undefined
    if (row && !isDeepStrictEqual(row, item['row']))
      return [{ invariant: 'I8', words: `lists show ${JSON.stringify(item['row'])} of ${id}, which is ${JSON.stringify(row)}` }]
    return []
  })
}

/** I5: the log has every version once, and folding it gives the record. */
export function logs(snapshot: Snapshot): Finding[] {
  return snapshot.records.flatMap((kept): Finding[] => {
    const events = snapshot.log.get(kept.id) ?? []
    const versions = events.map(({ version }) => version)
    const gap = Array.from({ length: kept.version }, (_, at) => at + 1).find((version) => !versions.includes(version))
    if (gap !== undefined) return [{ invariant: 'I5', words: `the log of ${kept.id} lacks version ${gap} of ${kept.version}` }]
    if (versions.length > kept.version)
      return [{ invariant: 'I5', words: `the log of ${kept.id} has versions ${versions.join(', ')}, the record is at ${kept.version}` }]
    return folded(kept, events)
  })
}

function folded({ id, item }: Kept, events: readonly Happened[]): Finding[] {
  const fields = new Map<string, unknown>()
  const hidden = new Set<string>()
  // Where a record was put right it had drifted from its log, and the entry that says so stays.
  const mended = events.findLast(({ type }) => type === 'record.mended')?.version ?? 0
  for (const { version, changed } of events) {
    if (version === mended) for (const field of [...fields.keys(), ...Object.keys(item)]) hidden.add(field)
    for (const [field, change] of Object.entries(changed)) {
      if (change === 'private') {
        hidden.add(field)
        continue
      }
      const before = fields.get(field)
      if (!hidden.has(field) && version > mended && !isDeepStrictEqual(change.from, before)) {
        return [
          {
            invariant: 'I5',
            words: `version ${version} of ${id} changed ${field} from ${JSON.stringify(change.from)}, which was ${JSON.stringify(before)}`,
          },
        ]
      }
      hidden.delete(field)
      if (change.to === undefined) fields.delete(field)
      else fields.set(field, change.to)
    }
  }
  const wrong = [...fields].find(([field, value]) => !hidden.has(field) && !isDeepStrictEqual(value, item[field]))
  return wrong
    ? [
        {
          invariant: 'I5',
          words: `the log of ${id} ends with ${wrong[0]} ${JSON.stringify(wrong[1])}, the record has ${JSON.stringify(item[wrong[0]])}`,
        },
      ]
    : []
}

/** A customer has one primary contact at most, and the pointer names it. Of a company that was erased it is of no account. */
export function primaries(snapshot: Snapshot): Finding[] {
  const gone = new Set(snapshot.of('customer').flatMap(({ item, pk }) => (item['erasedAt'] === undefined ? [] : [pk])))
  const pointers = new Map(
    (snapshot.others.get('primary-contact') ?? [])
      .map((item: Item) => [String(item['pk']), String(item['contactId'])] as const)
      .filter(([pk]) => !gone.has(pk)),
  )
  const primary = snapshot.of('contact').filter(({ item }) => item['primary'] === true && !item['deletedAt'] && !item['erasedAt'])
  const findings = primary
    .filter(({ pk, id }) => pointers.get(pk) !== id)
    .map(({ id, pk }) => ({ invariant: 'I3', words: `${id} is primary, but the company’s pointer names ${pointers.get(pk) ?? 'nobody'}` }))
  const known = new Set(primary.map(({ id }) => id))
  for (const id of pointers.values())
    if (!known.has(id)) findings.push({ invariant: 'I3', words: `a company’s pointer names ${id}, which is not its primary contact` })
  return findings
}
