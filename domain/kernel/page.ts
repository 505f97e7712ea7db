import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import * as z from 'zod'
import { beyond } from './absorbed.ts'
import type { Ctx } from './context.ts'
import type { Entity, Stamp } from './entity.ts'
import { fault, invalid } from './fault.ts'
import { DELETED, listPartition, recordIn } from './place.ts'
import { peopleOf } from './record.ts'
import { keyNames, shards } from './table/shape.ts'
import type { Item } from './table/table.ts'

/** Input every list takes. */
export const pageInput = () => ({
  limit: z.coerce.number().int().min(1).max(100).default(25).describe('rows a page, at most'),
  cursor: z.string().max(2_000).optional().describe('`nextCursor` of the page before'),
  fields: z.string().max(500).optional().describe('fields to return, comma-separated; `id` always comes'),
})

export interface PageInput {
  limit: number
  cursor?: string | undefined
  fields?: string | undefined
}
export interface Page<T> {
  items: T[]
  nextCursor?: string
}

/** Schema of a page. */
export const pageOf = <T extends z.ZodType>(row: T) => z.object({ items: z.array(row), nextCursor: z.string().optional() })

/** Schema of a list's row: the id and the declared row fields, any of them absent when `fields` left it out. */
export function rowView<N extends string, F>(kind: Entity<N, F>): z.ZodType<Partial<F> & { id: Stamp<N>['id'] }> {
  const fields = kind.fields()
  if (!(fields instanceof z.ZodObject)) throw new Error(`${kind.noun} has no object schema`)
  const shape: Record<string, z.ZodType> = fields.shape
  const shown = Object.fromEntries((kind.row ?? []).flatMap((field) => (shape[field] ? [[field, shape[field].optional()]] : [])))
  return z.object({ id: z.string(), ...shown }) as unknown as z.ZodType<Partial<F> & { id: Stamp<N>['id'] }>
}

/** A partition to read and the prefix of sort keys in it. Stretches are merged by what follows their prefixes. */
export interface Stretch {
  index?: 'list' | 'owner'
  pk: string
  begins: string
  /** Sort keys from here up to there, both inclusive and both with the prefix, instead of all that begin so. */
  between?: { from: string; to: string }
  /** Of this customer alone: what lies with those whom they absorbed is counted elsewhere. */
  alone?: true
}

/** The list partitions of a facet, all shards. @param begins leading parts of the order that act as a filter */
export function facet(kind: Pick<Entity, 'noun'>, name: string, begins = ''): Stretch[] {
  return Array.from({ length: shards.list }, (_, shard) => ({ index: 'list', pk: listPartition(kind.noun, name, shard), begins }))
}

/** The deleted records of a kind, newest first when read descending. */
export function bin(kind: Pick<Entity, 'noun'>): Stretch[] {
  return facet(kind, DELETED)
}

/** Holds that no other filter is given beside one that stands alone. @throws Fault `invalid` */
export function standsAlone(filter: string, others: Readonly<Record<string, unknown>>): void {
  const beside = Object.entries(others).filter(([, value]) => value !== undefined)
  const errors = beside.map(([path]) => ({ path, code: 'filter.unsupported', message: `${filter} stands alone.` }))
  if (errors.length > 0) throw fault('invalid', 'filter.unsupported', `${filter} takes no other filter.`, { errors })
}

/**
 * Partitions of people's own work of one kind. Without a person, everybody's that the caller's scope covers.
 * @throws Fault `forbidden` for a person outside the caller's scope
 */
export function work(ctx: Ctx, kind: Pick<Entity, 'noun'>, begins: string, person?: string): Stretch[] {
  const people = ctx.scope === 'all' ? [person ?? ctx.actor.id] : person ? [person] : peopleOf(ctx)
  if (ctx.scope !== 'all' && person && !peopleOf(ctx).includes(person)) {
    throw fault('forbidden', 'scope.outside', 'You may list only your own records, or your team’s.')
  }
  return people.map((pk) => ({ index: 'owner', pk, begins: `${kind.noun}#${begins}` }))
}

/** Highest code point: ends a range of sort keys. */
const LAST = '\u{10FFFF}'

/**
 * One page over any number of partitions, merged in order. Each partition is read once per page, all at the same time;
 * one partition is read for exactly the page's rows, several for their share, so a page over several may be short;
 * `full` reads each for a whole page instead. A customer who absorbed others brings theirs along, in a second round.
 */
export async function page(
  ctx: Ctx,
  stretches: readonly Stretch[],
  input: PageInput,
  how: { descending?: boolean; full?: boolean } = {},
): Promise<Page<Item>> {
  const after = input.cursor === undefined ? undefined : await openCursor(ctx, stretches, input.cursor)
  const share = how.full ? input.limit : Math.ceil(input.limit / stretches.length)
  const read = (stretch: Stretch) => readStretch(ctx, stretch, share, after, how.descending ?? false)
  const own = await Promise.all(stretches.map(read))
  const further = await beyond(ctx, stretches)
  const answers = further.length === 0 ? own : [...own, ...(await Promise.all(further.map(read)))]
  const sign = how.descending ? -1 : 1
  const rows = answers.flatMap((answer) => answer.rows).sort((a, b) => sign * Buffer.compare(Buffer.from(a.order), Buffer.from(b.order)))
  const safe = horizon(answers, sign)
  const ready = rows.filter((row) => safe === undefined || sign * Buffer.compare(Buffer.from(row.order), Buffer.from(safe)) <= 0)
  const given = ready.slice(0, further.length === 0 ? input.limit : cutBetween(ready, input.limit))
  const more = answers.some((answer) => answer.more) || given.length < rows.length
  const last = given.at(-1)
  return { items: given.map((row) => row.item), ...(more && last && { nextCursor: await sealCursor(ctx, stretches, last.order) }) }
}

/** Where a page over several customers' partitions may end: rows of one order stay together, since a cursor names only the order. */
function cutBetween(rows: readonly { order: string }[], limit: number): number {
  const whole = (at: number): boolean => at >= rows.length || rows[at - 1]?.order !== rows[at]?.order
  let cut = limit
  while (cut > 0 && !whole(cut)) cut--
  if (cut > 0) return cut
  for (cut = limit; !whole(cut); ) cut++
  return cut
}

interface Read {
  rows: { order: string; item: Item }[]
  more: boolean
}

async function readStretch(ctx: Ctx, stretch: Stretch, limit: number, after: string | undefined, descending: boolean): Promise<Read> {
  const sort = keyNames[stretch.index ?? 'base'].sk
  const again = after !== undefined && descending ? 1 : 0
  const { begins, between } = stretch
  const { from, to } = between ?? { from: begins, to: begins + LAST }
  const range =
    after === undefined ? (between ?? { begins }) : descending ? { from, to: begins + after } : { from: `${begins}${after}\u0000`, to }
  const answer = await ctx.table.query({
    ...(stretch.index && { index: stretch.index }),
    pk: stretch.pk,
    ...range,
    limit: limit + again,
    descending,
  })
  const rows = answer.items.map((item) => ({ order: String(item[sort]).slice(begins.length), item })).filter((row) => row.order !== after)
  return { rows, more: answer.last !== undefined }
}

/** How far rows are certainly in order: the nearest end among the partitions that have more. */
function horizon(answers: readonly Read[], sign: number): string | undefined {
  const ends = answers.filter((answer) => answer.more).map((answer) => answer.rows.at(-1)?.order ?? '')
  return ends.sort((a, b) => sign * Buffer.compare(Buffer.from(a), Buffer.from(b)))[0]
}

/** A page of list rows, with only the fields asked for. @throws Fault `invalid` for a field the list does not show */
export async function list<N extends string, F>(
  ctx: Ctx,
  kind: Entity<N, F>,
  stretches: readonly Stretch[],
  input: PageInput,
  how: { descending?: boolean } = {},
): Promise<Page<Partial<F> & { id: Stamp<N>['id'] }>> {
  const wanted = chosenFields(kind, input.fields)
  const { items, nextCursor } = await page(ctx, stretches, input, how)
  const rows = items.map((item) => {
    const row = (item['row'] ?? {}) as Partial<F> & { id: Stamp<N>['id'] }
    return wanted ? (Object.fromEntries(Object.entries(row).filter(([field]) => wanted.has(field))) as typeof row) : row
  })
  return { items: rows, ...(nextCursor && { nextCursor }) }
}

/** A page of a small list that is whole in memory (what is built in and what the workspace added), sorted by one of its fields. */
export async function few<N extends string, F>(
  ctx: Ctx,
  kind: Entity<N, F>,
  rows: readonly (Partial<F> & { id: Stamp<N>['id'] })[],
  by: keyof F & string,
  input: PageInput,
): Promise<Page<Partial<F> & { id: Stamp<N>['id'] }>> {
  const wanted = chosenFields(kind, input.fields) ?? new Set<string>(['id', ...(kind.row ?? [])])
  const place: Stretch[] = [{ pk: `few#${kind.noun}`, begins: '' }]
  const after = input.cursor === undefined ? '' : await openCursor(ctx, place, input.cursor)
  const orderOf = (row: (typeof rows)[number]) => `${String(row[by])}#${row.id}`
  const rest = rows.filter((row) => orderOf(row) > after).sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  const given = rest.slice(0, input.limit)
  const last = given.at(-1)
  const items = given.map((row) => Object.fromEntries(Object.entries(row).filter(([field]) => wanted.has(field))) as typeof row)
  return { items, ...(last && given.length < rest.length && { nextCursor: await sealCursor(ctx, place, orderOf(last)) }) }
}

function chosenFields<F>(kind: Entity<string, F>, fields: string | undefined): Set<string> | undefined {
  if (fields === undefined) return undefined
  const allowed = new Set<string>(['id', ...(kind.row ?? [])])
  const wanted = fields.split(',').map((field) => field.trim())
  const unknown = wanted.filter((field) => !allowed.has(field))
  if (unknown.length > 0)
    throw invalid('field.unknown', 'fields', `A ${kind.noun} list has no ${unknown.join(', ')}; it has ${[...allowed].join(', ')}.`)
  return new Set(['id', ...wanted])
}

/** The records of a page of base items. */
export function recordsOf<N extends string, F>(items: readonly Item[]): (F & Stamp<N>)[] {
  return items.map((item) => recordIn<N, F>(item))
}

const CURSOR_CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Where a page ended, which is a sort key and so may hold a name: enciphered, since cursors stand in addresses, and addresses in
 * logs and histories. Bound to the very partitions it was made for, so it opens nothing else.
 */
async function sealCursor(ctx: Ctx, stretches: readonly Stretch[], order: string): Promise<string> {
  const nonce = ctx.random(NONCE_BYTES)
  const cipher = createCipheriv(CURSOR_CIPHER, cursorKey(await workspaceSecret(ctx)), nonce)
  cipher.setAAD(Buffer.from(JSON.stringify(stretches)))
  const body = Buffer.concat([cipher.update(order, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

/** @throws Fault `invalid` for a cursor that was not made for these partitions */
async function openCursor(ctx: Ctx, stretches: readonly Stretch[], cursor: string): Promise<string> {
  const sealed = Buffer.from(cursor, 'base64url')
  const [nonce, tag] = [sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)]
  if (tag.length !== TAG_BYTES) throw notOurs()
  const decipher = createDecipheriv(CURSOR_CIPHER, cursorKey(await workspaceSecret(ctx)), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(JSON.stringify(stretches))).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString()
  } catch {
    throw notOurs()
  }
}

const notOurs = () => invalid('cursor.invalid', 'cursor', 'This cursor is not from this list with these filters.')
const cursorKey = (secret: Buffer): Buffer => createHmac('sha256', secret).update('cursor').digest()

const SECRET = { pk: 'workspace', sk: 'secret' }

/** The workspace's own secret, made by the first who needs it and kept in its table. */
export function workspaceSecret(ctx: Ctx): Promise<Buffer> {
  return ctx.memo.get('secret', ctx.now, async () => {
    const kept = await ctx.table.get(SECRET)
    if (kept) return Buffer.from(String(kept['secret']), 'base64')
    const secret = Buffer.from(ctx.random(32))
    const outcome = await ctx.table.write({ put: { ...SECRET, secret: secret.toString('base64') }, if: { absent: true } })
    return outcome.ok ? secret : Buffer.from(String(outcome.refused[0]?.item?.['secret']), 'base64')
  })
}
