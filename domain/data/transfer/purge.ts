import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { keysOf } from '../../kernel/id.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { customer } from '../../customer/customer/index.ts'
import { earlier, type ImportRecord } from './import.store.ts'
import { customersMade, notesIn } from './row/done.ts'
import { gathered } from './row/gather.ts'
import { notePlace, type Note } from './row/job.ts'

/** Takes what an undone import had made out of the table for good, logs included: as if it had never been. */

const ABREAST = 48
/** Items deleted in one transaction. */
const MOST = 90

export async function purgeRows(ctx: Ctx, record: ImportRecord, rows: readonly number[]): Promise<void> {
  const notes = await notesIn(ctx, record.id, rows)
  const made = record.kind === 'customers' ? await customersMade(ctx, record, rows) : new Map<number, Item>()
  await gathered(ctx.table, rows, ABREAST, async (row, table) => {
    const file = made.get(row)
    const note = notes.get(row)
    const to = { ...ctx, table }
    if (file?.['deletedAt'] && !file['erasedAt'])
      await dropAll(to, [{ pk: placeOf(customer, String(file['id'])).pk, begins: '' }], keyIn(file), file)
    if (note) await dropNote(to, record.id, note)
  })
}

async function dropNote(ctx: Ctx, importId: string, note: Note & { earlierId?: string }): Promise<void> {
  if (note.noun === 'customer') {
    const place = placeOf(earlier, note.earlierId ?? '')
    await dropAll(ctx, [{ pk: place.pk, begins: `log#${place.sk}#` }], place)
  } else {
    const place = placeOf({ noun: note.noun, home: 'customer' }, note.id)
    const item = await ctx.table.get(place)
    if (item?.['deletedAt'] && !item['erasedAt']) await dropAll(ctx, rangesOf(note, place), place, item)
  }
  await ctx.table.write({ delete: notePlace(importId, note.row) })
}

/** Where a record's log is, and what lies beside it. */
function rangesOf({ noun, id }: Note, place: Key): { pk: string; begins: string }[] {
  const log = { pk: place.pk, begins: `log#${place.sk}#` }
  if (noun === 'ticket') {
    const thread = `message#${keysOf(id).second}`
    return [log, { pk: place.pk, begins: thread }, { pk: place.pk, begins: `log#${thread}` }]
  }
  if (noun !== 'contact') return [log]
  const { first, second } = keysOf(id)
  const mirror = { pk: `customer#${second}`, begins: `employer#${first}` }
  return [log, mirror, { pk: mirror.pk, begins: `log#${mirror.begins}` }]
}

/** Deletes ranges, the record itself last and only while it is as it was: someone may have taken it out of the bin. */
async function dropAll(ctx: Ctx, ranges: readonly { pk: string; begins: string }[], main: Key, item?: Item): Promise<void> {
  const keys: Key[] = []
  for (const { pk, begins } of ranges) {
    let after: Item | undefined
    do {
      const page = await ctx.table.query({ pk, ...(begins ? { begins } : { from: '' }), limit: MOST, ...(after && { after }) })
      keys.push(...page.items.map(keyIn))
      after = page.last
    } while (after)
  }
  const rest = keys.filter(({ sk }) => sk !== main.sk)
  const condition = item ? { if: { equals: { version: item['version'] } } } : {}
  for (let from = 0; from < rest.length || from === 0; from += MOST) {
    const part = rest.slice(from, from + MOST).map((key) => ({ delete: key }))
    const outcome = await ctx.table.writeAll([...part, ...(from + MOST >= rest.length ? [{ delete: main, ...condition }] : [])])
    if (!outcome.ok) return
  }
}

const keyIn = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) })
