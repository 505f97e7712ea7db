/** The one table's shape: read by the store below, by the stack that creates it and by the documents about it. */
export const keyNames = {
  base: { pk: 'pk', sk: 'sk' },
  list: { pk: 'lpk', sk: 'lsk' },
  owner: { pk: 'opk', sk: 'osk' },
  due: { pk: 'dpk', sk: 'dsk' },
} as const

export type IndexName = 'list' | 'owner' | 'due'

/** What each index carries besides keys. `row` is the map of what lists show; due work is read from the base anyway. */
export const projections: Readonly<Record<IndexName, readonly string[]>> = {
  list: ['row'],
  owner: ['row'],
  due: [],
}

/** Epoch seconds after which DynamoDB may drop an item: idempotency records only. */
export const ttlName = 'expires'

/**
 * Shards of low-cardinality index partitions. Raise a number and new keys spread wider; old items stay where they
 * are and are still read, since readers merge all shards. `list` is one: DynamoDB splits a hot partition of an index
 * by sort key, and one shard lets a page read exactly its rows. `due` is read by machines, so it is spread.
 */
export const shards = { list: 1, due: 4 } as const

/** The shard of an id, stable for a given count (FNV-1a). */
export function shardOf(id: string, count: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % count
}
