import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { invoke } from '../../kernel/invoke.ts'
import { facet, page, work, type Stretch } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { mayTouch } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { member } from '../segment/index.ts'
import { idsKey, rowsFile, type ExportRecord } from './export.store.ts'
import { cellsOf } from './kind/column.ts'
import { CUSTOMER_NAME, listNamed, recordCells, type ListName } from './kind/list.ts'
import { line } from './text/cells.ts'

/** Lines by file, and where the next page begins; no cursor after the last. */
export interface Page {
  lines: Map<string, string[]>
  cursor?: string
}

/** Customers of a page, and items of one when everything is read. */
const ABREAST = 100
const SCANNED = 500

/** The next page of an export, read for whoever asked for it: what they may not see is left out. */
export async function nextPage(ctx: Ctx, record: ExportRecord): Promise<Page> {
  if (record.what === 'workspace') return scanned(ctx, record)
  return record.chosen.by === 'filters' ? listed(asWhoAsked(ctx, record), record, record.what) : customers(asWhoAsked(ctx, record), record)
}

function asWhoAsked(ctx: Ctx, { byId, scope, team, teamId }: ExportRecord): Ctx {
  return { ...ctx, scope, actor: { kind: 'client', id: byId, team, roles: [], ...(teamId !== undefined && { teamId }) } }
}

async function customers(ctx: Ctx, record: ExportRecord): Promise<Page> {
  const { ids, cursor } = await idsFrom(ctx, record)
  const items = ids.length > 0 ? await ctx.table.getAll(ids.map((id) => placeOf(customer, id))) : []
  const lines = items.flatMap((item) => {
    if (!item || !isLive(item) || !mayTouch(ctx, customer, item)) return []
    return [line(cellsOf(recordIn<'customer', CustomerRecord>(item), record.columns))]
  })
  return { lines: new Map([[rowsFile('customers'), lines]]), ...(cursor !== undefined && { cursor }) }
}

/** A page of a list, as the list itself gives it; its records are then read whole, with whose they are. */
async function listed(ctx: Ctx, { chosen, cursor, columns }: ExportRecord, what: ListName): Promise<Page> {
  const { kind, list } = listNamed(what)
  const filters = chosen.by === 'filters' ? chosen.filters : {}
  const request = { id: ctx.request.id, action: list.name }
  const asked = { ...filters, limit: ABREAST, ...(cursor !== undefined && { cursor }) }
  const { output } = await invoke(list, { ...ctx, request }, asked)
  const { items: rows, nextCursor } = output as { items: { id: string }[]; nextCursor?: string }
  const files = new Map(await filesOf(ctx, rows, columns))
  const items = rows.length > 0 ? await ctx.table.getAll(rows.map(({ id }) => placeOf(kind, id))) : []
  const lines = items.flatMap((item) => {
    if (!item || item['erasedAt'] || (item['deletedAt'] !== undefined) !== (filters['deleted'] === 'true')) return []
    const record = recordIn<string, Record<string, unknown>>(item)
    const cells =
      what === 'customers'
        ? cellsOf(record as unknown as CustomerRecord, columns)
        : recordCells({ ...record, [CUSTOMER_NAME]: files.get(customerIdIn(String(item['id'])))?.['name'] }, columns)
    return [line(cells)]
  })
  return { lines: new Map([[rowsFile(what), lines]]), ...(nextCursor !== undefined && { cursor: nextCursor }) }
}

/** The files of those whom records belong to, where a column shows them. Half a read unit each. */
async function filesOf(ctx: Ctx, rows: readonly { id: string }[], columns: readonly string[]): Promise<[string, Item][]> {
  if (!columns.includes(CUSTOMER_NAME)) return []
  const ids = [...new Set(rows.map(({ id }) => customerIdIn(id)))]
  const items = await ctx.table.getAll(
    ids.map((id) => placeOf(customer, id)),
    { eventual: true },
  )
  return items.flatMap((item): [string, Item][] =>
    item && !item['erasedAt'] && mayTouch(ctx, customer, item) ? [[String(item['id']), item]] : [],
  )
}

/** A page of customers' ids, wherever the export takes them from. */
async function idsFrom(ctx: Ctx, { id, chosen, cursor }: ExportRecord): Promise<{ ids: string[]; cursor?: string }> {
  if (chosen.by === 'ids') {
    const from = Number(cursor ?? 0)
    const all = JSON.parse(Buffer.from(await ctx.files.read(idsKey(id), 0, Number.MAX_SAFE_INTEGER)).toString()) as string[]
    const to = from + ABREAST
    return { ids: all.slice(from, to), ...(to < all.length && { cursor: String(to) }) }
  }
  const { items, nextCursor } = await page(ctx, stretchesOf(ctx, chosen), { limit: ABREAST, ...(cursor !== undefined && { cursor }) })
  const ids = items.map((item) => {
    const row = (item['row'] ?? {}) as Item
    return String(chosen.by === 'segment' ? row['customerId'] : row['id'])
  })
  return { ids, ...(nextCursor !== undefined && { cursor: nextCursor }) }
}

function stretchesOf(ctx: Ctx, chosen: ExportRecord['chosen']): Stretch[] {
  if (chosen.by === 'segment') return facet(member, chosen.segmentId)
  return chosen.by === 'owner' ? work({ ...ctx, scope: 'all' }, customer, '', chosen.ownerId) : facet(customer, 'name')
}

const isLive = (item: Item): boolean => !item['deletedAt'] && !item['erasedAt'] && !item['mergedInto']

/** Everything the workspace has, a file a kind: records as they are, those in the bin too, without what opens doors. */
async function scanned(ctx: Ctx, { cursor, columns }: ExportRecord): Promise<Page> {
  const after = cursor === undefined ? {} : { after: JSON.parse(cursor) as Item }
  const { items, last } = await ctx.table.scan({ limit: SCANNED, ...after })
  const lines = new Map<string, string[]>()
  const add = (file: string, text: string): void => {
    const list = lines.get(file)
    if (list) list.push(text)
    else lines.set(file, [text])
  }
  for (const item of items) {
    if (item['ev'] === undefined || typeof item['noun'] !== 'string' || item['erasedAt']) continue
    add(`${item['noun']}.ndjson`, `${JSON.stringify(withoutSecrets(recordIn(item)))}\n`)
    if (item['noun'] === 'customer' && isLive(item))
      add(rowsFile('workspace'), line(cellsOf(recordIn<'customer', CustomerRecord>(item), columns)))
  }
  return { lines, ...(last && { cursor: JSON.stringify(last) }) }
}

const SECRET = /secret|token|hash|password/i

/** A value without the fields that open doors: secrets of webhooks and calendars. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (SECRET.test(name) ? [] : [[name, withoutSecrets(inner)]])))
}
