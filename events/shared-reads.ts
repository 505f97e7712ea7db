import type { Write } from '../domain/kernel/table/expression.ts'
import type { Item, Key, Query, Table } from '../domain/kernel/table/table.ts'

/** A read of a partition that is kept: of one item, or of a range of them. */
interface Look {
  readonly asked: { sk: string } | Query
  answer: Promise<unknown>
}
type Page = Awaited<ReturnType<Table['query']>>

/**
 * A table that reads the same thing once. The reactions to a batch of events begin by looking at the same few customers,
 * and each may act on what was true at any moment after its event, so one look serves them all. An item that was put goes
 * into what was read of its partition; any other write, and one that was refused, forgets the reads it touches, so that who
 * was overtaken looks anew. Indexes are never kept: no write says which of their partitions it moves.
 */
export function sharedReads(table: Table): Table {
  const kept = new Map<string, Map<string, Look>>()
  const keep = (pk: string, name: string, look: Look): void => {
    const partition = kept.get(pk) ?? new Map<string, Look>()
    kept.set(pk, partition.set(name, look))
    look.answer.catch(() => partition.get(name) === look && partition.delete(name))
  }
  const once = <T>(pk: string, asked: Look['asked'] & { eventual?: boolean }, read: () => Promise<T>): Promise<T> => {
    const name = JSON.stringify(asked)
    const known = kept.get(pk)?.get(name)
    if (known) return known.answer as Promise<T>
    const answer = read()
    keep(pk, name, { asked, answer })
    return answer
  }
  const learn = (write: Write, done: boolean): void => {
    const key = ('put' in write ? write.put : 'update' in write ? write.update : 'delete' in write ? write.delete : write.check) as Key
    if (done && 'check' in write) return
    const partition = kept.get(key.pk)
    const touched = [...(partition ?? [])].filter(([, { asked }]) => covers(asked, key.sk))
    for (const [name, { asked, answer }] of touched) {
      partition?.delete(name)
      if (!done || !('put' in write)) continue
      const item = asStored(write.put)
      const anew = async () => withItem(asked as Query, (await answer) as Page, item) ?? table.query(asked as Query)
      keep(key.pk, name, { asked, answer: 'sk' in asked ? Promise.resolve(item) : anew() })
    }
  }
  const learning = async <T>(writes: readonly Write[], work: () => Promise<T>, done: (outcome: T) => boolean): Promise<T> => {
    let certain = false
    try {
      const outcome = await work()
      certain = done(outcome)
      return outcome
    } finally {
      for (const write of writes) learn(write, certain)
    }
  }
  return {
    get: (key, how) => once(key.pk, { sk: key.sk, ...how }, () => table.get(key, how)),
    getAll: (keys, how) => table.getAll(keys, how),
    query: (query) => (query.index ? table.query(query) : once(query.pk, query, () => table.query(query))),
    writeEach: (writes) =>
      learning(
        writes,
        () => table.writeEach(writes),
        () => true,
      ),
    scan: (page) => table.scan(page),
    write: (write, how) =>
      learning(
        [write],
        () => table.write(write, how),
        ({ ok }) => ok,
      ),
    writeAll: (writes, token) =>
      learning(
        writes,
        () => table.writeAll(writes, token),
        ({ ok }) => ok,
      ),
  }
}

/** Whether an item of the partition may be among what was asked. */
function covers(asked: Look['asked'], sk: string): boolean {
  if ('sk' in asked) return asked.sk === sk
  const { begins = '', from = '', to } = asked
  return sk.startsWith(begins) && sk >= from && (to === undefined || sk <= to)
}

/** A page with an item put into its place; undefined where only the table knows what the page is now. */
function withItem({ limit, after, descending }: Query, { items, last }: Page, item: Item): Page | undefined {
  const others = items.filter(({ sk }) => sk !== item['sk'])
  if (last || after || others.length === limit) return undefined
  const order = descending ? -1 : 1
  return { items: [...others, item].sort((a, b) => (String(a['sk']) < String(b['sk']) ? -order : order)) }
}

/** An item as the store gives it back: without what is undefined. */
const asStored = (item: Item): Item => JSON.parse(JSON.stringify(item)) as Item
