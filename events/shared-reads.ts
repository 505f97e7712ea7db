import type { Write } from '../domain/kernel/table/expression.ts'
import type { Item, Key, Query, Table } from '../domain/kernel/table/table.ts'

/** A read of a partition that is kept: of one item, or of a range of them. */
interface Look {
  readonly asked: { sk: string } | Query
  /** When the table was asked, and when it had answered: places in the order of all that this batch asked. */
  readonly begun: number
  ended: number
  readonly answer: Promise<unknown>
}
type Page = Awaited<ReturnType<Table['query']>>

/**
 * Tables that read the same thing once, one for each action. The reactions to a batch of events begin by looking at the same
 * few customers, and each may act on what was true at any moment after its event, so one look serves them all. An item that
 * was put goes into what was read of its partition; any other write, and one that was refused, forgets the reads it touches,
 * so that who was overtaken looks anew. Indexes are never kept: no write says which of their partitions it moves.
 *
 * What one action sees never goes back in time ("monotonic reads", Terry et al. 1994): a look that is older than one it has
 * used is taken anew. A sum may stand on a record's version only when what is summed was read after that record.
 */
export function sharedReads(table: Table): () => Table {
  const kept = new Map<string, Map<string, Look>>()
  let moment = 0
  const keep = (pk: string, asked: Look['asked'], answer: Promise<unknown>, former?: Look): Look => {
    const partition = kept.get(pk) ?? new Map<string, Look>()
    const name = JSON.stringify(asked)
    const look: Look = { asked, answer, begun: former?.begun ?? ++moment, ended: former?.ended ?? Infinity }
    kept.set(pk, partition.set(name, look))
    answer.then(
      () => {
        look.ended = Math.min(look.ended, ++moment)
      },
      () => partition.get(name) === look && partition.delete(name),
    )
    return look
  }
  const learn = (write: Write, done: boolean): void => {
    const key = ('put' in write ? write.put : 'update' in write ? write.update : 'delete' in write ? write.delete : write.check) as Key
    if (done && 'check' in write) return
    const partition = kept.get(key.pk)
    const touched = [...(partition ?? [])].filter(([, { asked }]) => covers(asked, key.sk))
    for (const [name, look] of touched) {
      partition?.delete(name)
      if (!done || !('put' in write)) continue
      const item = asStored(write.put)
      const anew = async (): Promise<Page> => {
        const page = withItem(look.asked as Query, (await look.answer) as Page, item)
        if (page) return page
        next.ended = Infinity
        return table.query(look.asked as Query)
      }
      const next = keep(key.pk, look.asked, 'sk' in look.asked ? Promise.resolve(item) : anew(), look)
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
  return () => {
    let seen = 0
    const once = async <T>(pk: string, asked: Look['asked'] & { eventual?: boolean }, read: () => Promise<T>): Promise<T> => {
      const known = kept.get(pk)?.get(JSON.stringify(asked))
      const look = known && known.begun >= seen ? known : keep(pk, asked, read())
      const answer = (await look.answer) as T
      seen = Math.max(seen, look.ended)
      return answer
    }
    return {
      get: (key, how) => once(key.pk, { sk: key.sk, ...how }, () => table.get(key, how)),
      getAll: async (keys, how) => {
        const items = await table.getAll(keys, how)
        seen = ++moment
        return items
      },
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
