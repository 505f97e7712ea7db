import type { Write } from '../../../kernel/table/expression.ts'
import type { Item, Key, Outcome, Table } from '../../../kernel/table/table.ts'
import type { Note } from './job.ts'

/** A table that writes a note with the first record of a kind that is put, in the same transaction: so what a row did can be undone. */
export function noting(table: Table, noun: string, note: (put: Item) => Item): Table {
  const withNote = (writes: readonly Write[]): readonly Write[] => {
    const main = writes.find((one) => 'put' in one && one.put['noun'] === noun)
    return main && 'put' in main ? [...writes, { put: note(main.put) }] : writes
  }
  return {
    ...table,
    write: (write, how) => {
      const writes = withNote([write])
      return writes.length === 1 ? table.write(write, how) : table.writeAll(writes)
    },
    writeAll: (writes, token) => table.writeAll(withNote(writes), token),
  }
}

/** The note of a record that a row made, or changed: one it named by an id in another system, or a contact that was there. */
export function noteOf(place: Key, row: number, put: Item, changed: boolean): Item {
  const [noun, version] = [String(put['noun']), Number(put['version'])]
  const note: Note = {
    row,
    did: changed || (noun === 'contact' && version > 1) ? 'updated' : 'created',
    noun,
    id: String(put['id']),
    version,
  }
  return { ...place, ...note }
}

const nameOf = ({ pk, sk }: Key): string => `${pk}|${sk}`

/**
 * A table that reads and does not write: what would be written is remembered, and a condition that something is absent is held
 * against the table and what is remembered. So a check finds what a run would, values that two rows share included.
 */
export function dryTable(table: Table): Table {
  const written = new Map<string, Item | undefined>()
  const getAll: Table['getAll'] = async (keys, how) => {
    const unknown = keys.filter((key) => !written.has(nameOf(key)))
    const found = new Map<string, Item | undefined>()
    for (let from = 0; from < unknown.length; from += 100) {
      const part = unknown.slice(from, from + 100)
      for (const [at, item] of (await table.getAll(part, how)).entries()) found.set(nameOf(part[at] ?? { pk: '', sk: '' }), item)
    }
    return keys.map((key) => (written.has(nameOf(key)) ? written.get(nameOf(key)) : found.get(nameOf(key))))
  }
  const writeAll = async (writes: readonly Write[]): Promise<Outcome> => {
    const absent = writes.flatMap((write, index) => ('put' in write && write.if?.absent ? [{ index, key: keyOf(write.put) }] : []))
    const there = absent.length > 0 ? await getAll(absent.map(({ key }) => key)) : []
    const refused = absent.flatMap(({ index }, at) => (there[at] ? [{ index, item: there[at] }] : []))
    if (refused.length > 0) return { ok: false, refused }
    for (const write of writes) {
      if ('put' in write) written.set(nameOf(keyOf(write.put)), write.put)
      else if ('delete' in write) written.set(nameOf(write.delete), undefined)
    }
    return { ok: true }
  }
  return {
    ...table,
    get: async (key, how) => (await getAll([key], how))[0],
    getAll,
    write: (write) => writeAll([write]),
    writeAll,
    writeEach: async (writes) => void (await writeAll(writes)),
  }
}

const keyOf = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) })
