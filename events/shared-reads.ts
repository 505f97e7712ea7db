import type { Write } from '../domain/kernel/table/expression.ts'
import type { Table } from '../domain/kernel/table/table.ts'

/**
 * A table that reads the same thing once. The reactions to a batch of events begin by looking at the same few customers,
 * and each may act on what was true at any moment after its event, so one look serves them all. A write forgets what was
 * read of its partitions, so that who was overtaken, or comes after a change, looks anew. Indexes are never kept: no write
 * says which of their partitions it moves.
 */
export function sharedReads(table: Table): Table {
  const kept = new Map<string, Map<string, Promise<unknown>>>()
  const once = <T>(pk: string, asked: object, read: () => Promise<T>): Promise<T> => {
    const partition = kept.get(pk) ?? new Map<string, Promise<unknown>>()
    kept.set(pk, partition)
    const key = JSON.stringify(asked)
    const known = partition.get(key)
    if (known) return known as Promise<T>
    const fresh = read()
    partition.set(key, fresh)
    fresh.catch(() => partition.delete(key))
    return fresh
  }
  const forgetting = async <T>(writes: readonly Write[], work: () => Promise<T>): Promise<T> => {
    const forget = () => {
      for (const write of writes) kept.delete(partitionOf(write))
    }
    forget()
    try {
      return await work()
    } finally {
      forget()
    }
  }
  return {
    get: (key, how) => once(key.pk, { sk: key.sk, ...how }, () => table.get(key, how)),
    getAll: (keys, how) => table.getAll(keys, how),
    query: (query) => (query.index ? table.query(query) : once(query.pk, query, () => table.query(query))),
    writeEach: (writes) => forgetting(writes, () => table.writeEach(writes)),
    scan: (page) => table.scan(page),
    write: (write, how) => forgetting([write], () => table.write(write, how)),
    writeAll: (writes, token) => forgetting(writes, () => table.writeAll(writes, token)),
  }
}

function partitionOf(write: Write): string {
  const key = 'put' in write ? write.put : 'update' in write ? write.update : 'delete' in write ? write.delete : write.check
  return String(key['pk' as keyof typeof key])
}
