import { isDeepStrictEqual } from 'node:util'
import type { Ctx } from '../../kernel/context.ts'
import { survivorIn, survivorOf } from '../../kernel/absorbed.ts'
import { placeOf } from '../../kernel/entity.ts'
import type { Change, Projection } from '../../kernel/event.ts'
import { KEY_LENGTH, keysOf } from '../../kernel/id.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { childNouns, docOf, gistOf, isKnown, movesOthers, type Doc } from './document.ts'
import { keepInTable } from './table-keep.ts'

/** Records looked at together: with customers and tickets three reads each, of 100 in a call. */
const AT_ONCE = 30
/** Rounds in which a record may be overtaken by another run; beyond them the batch comes again. */
const ROUNDS = 5

/** A record to look at. */
interface Looked {
  id: string
  place: Key
  /** As the changes that tell of it show it, before and after: any of them may be what a run that broke off has written. */
  told: Item[]
  /** The customer it belongs to, as it was before and after it moved. */
  files: Item[]
  /** What it was written as in rounds before. */
  earlier: Doc[]
  anew?: true
}

/**
 * Keeps the index in step with the table, from its stream. A change only says where to look: what is kept is made from the
 * record as it stands now, and only where it differs from what is kept; so a change told twice, late or out of order writes
 * nothing wrong and nothing twice. A change that touches nothing searchable is not even looked at.
 *
 * When a customer is given to another manager or team, deleted, restored, merged or erased, everything of theirs is looked at
 * again, since who may find it hangs on the customer; a deleted ticket takes its thread along.
 */
export const keepSearchable: Projection = {
  name: 'search.keep',
  async project(ctx: Ctx, changes: readonly Change[]): Promise<void> {
    const telling = changes.filter(({ before, after }) => isKnown(after ?? before ?? {}) && gistOf(before) !== gistOf(after))
    const looked = new Map<string, Looked>()
    for (const { before, after } of telling) note(looked, [before, after])
    const moved = telling.filter(({ before, after }) => before && movesOthers(before, after))
    for (const { before, after } of moved) await lookAtAllOf(ctx, (after ?? before) as Item, before as Item)
    await lookAt(ctx, [...looked.values()])
  },
}

function note(looked: Map<string, Looked>, told: readonly (Item | undefined)[], files: Item[] = []): void {
  const images = told.filter((image) => image !== undefined)
  const item = images.at(-1)
  if (!item) return
  const place = { pk: String(item['pk']), sk: String(item['sk']) }
  const key = `${place.pk} ${place.sk}`
  const known = looked.get(key) ?? { id: String(item['id']), place, told: [], files, earlier: [] }
  looked.set(key, { ...known, told: [...known.told, ...images] })
}

/** Writes all rows of records anew, as they stand, whatever the index holds: where it was found to hold something else. */
export function keepAnew(ctx: Ctx, records: readonly { id: string; place: Key }[]): Promise<void> {
  return lookAt(
    ctx,
    records.map((one) => ({ ...one, told: [], files: [], earlier: [], anew: true })),
  )
}

/** Brings the index up to date with records as they stand. */
async function lookAt(ctx: Ctx, records: readonly Looked[]): Promise<void> {
  for (let from = 0; from < records.length; from += AT_ONCE) {
    let left: readonly Looked[] = records.slice(from, from + AT_ONCE)
    for (let round = 0; left.length > 0; round++) {
      if (round === ROUNDS) throw new Error('records are being indexed by many at once')
      left = await lookOnce(ctx, left)
    }
  }
}

async function lookOnce(ctx: Ctx, records: readonly Looked[]): Promise<Looked[]> {
  const items = await ctx.table.getAll(records.flatMap(placesOf))
  const entries = await Promise.all(
    records.map(async (record, at) => {
      const [item, file, thread] = [items[at * 3], items[at * 3 + 1], items[at * 3 + 2]]
      const scope = await standing(ctx, item, file)
      const doc = docOf(item, scope, thread)
      const { id, place, anew } = record
      return { id, place, earlier: [...record.earlier, ...mayHaveBeen(record, scope, doc)], ...(doc && { doc }), ...(anew && { anew }) }
    }),
  )
  const overtaken = new Set(await keepInTable(ctx, entries))
  return records.flatMap((record, at): Looked[] => {
    const { doc } = entries[at] ?? {}
    return overtaken.has(record.id) ? [{ ...record, earlier: doc ? [...record.earlier, doc] : record.earlier, anew: true }] : []
  })
}

/**
 * What a run that broke off between rows and register may have written of a record: as it was told, and for those who saw it then.
 * Neither a customer nor a thread that is gone by now hides it: it was not, when it was written.
 */
function mayHaveBeen({ told, files }: Looked, scope: Item | undefined, now: Doc | undefined): Doc[] {
  const docs = told.flatMap((image) =>
    (image['noun'] === 'customer' ? [image] : [scope, ...files]).map((file) =>
      docOf(image, { ...file, deletedAt: undefined, erasedAt: undefined }, {}),
    ),
  )
  return docs.filter((doc): doc is Doc => doc !== undefined && !isDeepStrictEqual(doc, now))
}

/** The customer who decides who sees a record: an absorbed one's survivor; the file itself when it is what is looked at. */
export async function standing(ctx: Pick<Ctx, 'table'>, item: Item | undefined, file: Item | undefined): Promise<Item | undefined> {
  return item?.['noun'] === 'customer' || survivorIn(file) === undefined ? file : survivorOf(ctx, file)
}

/** Where a record lies, its customer's file, and, of a message, its ticket; of others the file once more, which costs nothing. */
function placesOf({ id, place }: Looked): [Key, Key, Key] {
  const { prefix, first, second } = keysOf(id)
  const file = placeOf({ noun: 'customer', home: 'workspace' }, `cus_${first}`)
  return [place, file, prefix === 'msg' ? { pk: place.pk, sk: `ticket#${second.slice(0, KEY_LENGTH)}` } : file]
}

const PAGE = 90

/** Looks at everything that hangs on a record: a ticket's thread, or all of a customer's, and of those whom they absorbed. */
async function lookAtAllOf(ctx: Ctx, item: Item, before: Item): Promise<void> {
  if (item['noun'] === 'ticket') return lookAtRange(ctx, String(item['pk']), `message#${keysOf(String(item['id'])).second}`, [])
  if (item['noun'] !== 'customer') return
  const absorbed = Array.isArray(item['absorbed']) ? item['absorbed'].map(String) : []
  for (const id of [String(item['id']), ...absorbed]) {
    const { pk } = placeOf({ noun: 'customer', home: 'workspace' }, id)
    for (const noun of childNouns) await lookAtRange(ctx, pk, `${noun}#`, [before, item])
  }
}

async function lookAtRange(ctx: Ctx, pk: string, begins: string, files: Item[]): Promise<void> {
  let after: Item | undefined
  do {
    const { items, last } = await ctx.table.query({ pk, begins, limit: PAGE, ...(after && { after }) })
    const looked = new Map<string, Looked>()
    for (const item of items) note(looked, [item], files)
    await lookAt(ctx, [...looked.values()])
    after = last
  } while (after)
}
