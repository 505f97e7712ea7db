import type { Ctx } from '../../../kernel/context.ts'
import { Fault, type Issue } from '../../../kernel/fault.ts'
import type { Item, Table } from '../../../kernel/table/table.ts'
import { namesOf } from '../../../customer/customer/index.ts'
import { columnOf, draftOf, type Draft } from '../kind/draft.ts'
import { namedNoun } from '../kind/kind.ts'
import type { Row } from '../source.ts'
import { writeCustomer, type Did } from './customer.ts'
import { gathered } from './gather.ts'
import { rowCtx, type Job } from './job.ts'
import { idsOf, unknownCustomer, unknownRecord, valueOf, type Named } from './whom.ts'
import { writeWork } from './work.ts'

/** What became of a row, and for one that failed what is wrong with it, by column. */
export interface Told {
  row: number
  did: Did | 'failed'
  issues: { column: string; code: string; message: string }[]
}

/** Rows written at once: enough to keep the table busy, few enough for a small function. */
const ABREAST = 48

interface Ready {
  row: Row
  draft: Draft
  /** Whom it names, by the word it names them with: `customer`, `company`, `person`; for rows of customers `self`. */
  named: Map<string, { id: string } | { value: string }>
}

/**
 * Writes rows, each wholly or not at all and each once, however often this is called with it. Rows that touch the same customer
 * or share a value take turns in the order of the file.
 * @param table where to: the real one, or one that only checks
 * @throws what the table throws when it cannot be reached: then the rows are to be written again
 */
export async function writeRows(ctx: Ctx, job: Job, rows: readonly Row[], table: Table): Promise<Told[]> {
  const told = new Map<number, Told>()
  const ready: Ready[] = []
  for (const row of rows) {
    const draft = draftOf(row.cells, job.bound, job.writing)
    if (row.trouble) told.set(row.row, failed(row.row, [{ path: '', code: `row.${row.trouble}`, message: TROUBLES[row.trouble] }], draft))
    else if (draft.issues.length > 0) told.set(row.row, failed(row.row, draft.issues, draft))
    else await attempt(told, row.row, draft, async () => void ready.push({ row, draft, named: await namedIn(ctx, job, draft) }))
  }
  for (const wave of wavesOf(ready)) {
    const values = wave.flatMap(({ named }) => [...named.values()].flatMap((one) => ('value' in one ? one.value : [])))
    const ids = await idsOf({ table }, values)
    const write = (one: Ready, to: Table) =>
      attempt(told, one.row.row, one.draft, async () => {
        const did = await writeRow(ctx, job, one, ids, to)
        told.set(one.row.row, { row: one.row.row, did, issues: [] })
      })
    // Two companies of lanes: while one waits for the table, the other works.
    const halves = [wave.filter((_, at) => at % 2 === 0), wave.filter((_, at) => at % 2 === 1)]
    const ends = await Promise.allSettled(halves.map((half) => gathered(table, half, ABREAST, write)))
    const broken = ends.find((end) => end.status === 'rejected')
    if (broken) throw broken.reason
  }
  return rows.flatMap(({ row }) => told.get(row) ?? [])
}

const TROUBLES: Readonly<Record<NonNullable<Row['trouble']>, string>> = {
  quote_not_closed: 'A quote that is opened in this line is not closed.',
  quote_misplaced: 'After a closing quote comes the next column or line.',
  too_long: 'A row has at most 256 KB.',
  not_text: 'The row holds bytes that are no text in the encoding of the file.',
}

async function namedIn(ctx: Ctx, job: Job, { input }: Draft): Promise<Ready['named']> {
  const named: Ready['named'] = new Map()
  const add = async (word: string, by: Named): Promise<void> => {
    const value = await valueOf(ctx, by)
    if (value) named.set(word, value)
  }
  for (const word of ['customer', 'company', 'person']) if (input[`@${word}`] !== undefined) await add(word, input[`@${word}`] as Named)
  const { mode, by = '' } = job.settings
  const { kind } = job.record
  if (mode === 'create') return named
  const self = selfIn(input, by)
  const noun = namedNoun(kind)
  if (kind === 'customers') await add('self', self)
  else if (self.external && noun !== undefined) {
    const [value] = namesOf(noun, { externalIds: [self.external] })
    if (value !== undefined) named.set('self', { value })
  }
  return named
}

/** The identity by which a row of customers finds its own. */
function selfIn(input: Item, by: string): Named {
  const list = (field: string): Item[] => (Array.isArray(input[field]) ? (input[field] as Item[]) : [])
  const [email] = list('emails')
  const [phone] = list('phones')
  if (by === 'id') return typeof input['id'] === 'string' ? { id: input['id'] } : {}
  if (by === 'email') return typeof email?.['address'] === 'string' ? { email: email['address'] } : {}
  if (by === 'phone') return typeof phone?.['number'] === 'string' ? { phone: phone['number'] } : {}
  const system = by.slice('external:'.length)
  const id = list('externalIds').find((one) => one['system'] === system)?.['id']
  return typeof id === 'string' ? { external: { system, id } } : {}
}

/** Rows in turns: one that shares a value with one before it waits for it. Usually one turn. */
function wavesOf(rows: readonly Ready[]): Ready[][] {
  const waves: Ready[][] = []
  const turns = new Map<string, number>()
  for (const one of rows) {
    const keys = sharedIn(one)
    const turn = Math.max(0, ...keys.map((key) => turns.get(key) ?? 0))
    for (const key of keys) turns.set(key, turn + 1)
    const wave = (waves[turn] ??= [])
    wave.push(one)
  }
  return waves
}

function sharedIn({ named, draft: { input } }: Ready): string[] {
  const values = (field: string, key: string): string[] =>
    Array.isArray(input[field]) ? (input[field] as Item[]).map((one) => `${field} ${String(one[key]).toLowerCase()}`) : []
  const whom = [...named.values()].map((one) => ('id' in one ? one.id : one.value))
  const order = typeof input['orderId'] === 'object' && input['orderId'] !== null ? [`order ${JSON.stringify(input['orderId'])}`] : []
  return [...whom, ...order, ...values('emails', 'address'), ...values('phones', 'number'), ...values('externalIds', 'id')]
}

async function writeRow(ctx: Ctx, job: Job, { row, draft, named }: Ready, ids: ReadonlyMap<string, string>, table: Table): Promise<Did> {
  const within = rowCtx(ctx, job, row.row, table)
  const idOf = (word: string): string | undefined => {
    const one = named.get(word)
    return one && ('id' in one ? one.id : ids.get(one.value))
  }
  if (job.record.kind === 'customers') return writeCustomer(within, job, row.row, draft.input, idOf('self'))
  const words = job.record.kind === 'contacts' ? ['company', 'person'] : ['customer']
  const found = new Map<string, string>()
  const self = idOf('self')
  if (self === undefined && job.settings.mode === 'update') throw unknownRecord(namedNoun(job.record.kind) ?? 'record')
  for (const word of words) {
    const id = idOf(word)
    // Of a record that is there it is known whose it is; a customer who is named all the same must be the one.
    if (id === undefined && (self === undefined || named.has(word))) throw unknownCustomer(word)
    if (id !== undefined) found.set(word, id)
  }
  return writeWork(within, job, row.row, draft.input, found, self)
}

/** Does work on a row; a refusal is the row's, what the table throws is everyone's, and a defect met by one row is that row's alone. */
async function attempt(told: Map<number, Told>, row: number, draft: Draft, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Fault && error.kind !== 'unavailable' && error.kind !== 'limited') {
      const issues = error.facts.errors ?? [{ path: pathOf(error), code: error.code, message: wordsOf(error) }]
      told.set(row, failed(row, issues, draft))
    } else if (isOfThisRow(error)) {
      told.set(row, failed(row, [{ path: '', code: 'row.not_possible', message: 'This row cannot be stored.' }], draft))
    } else throw error
  }
}

/** What the table refuses about one item, such as its size; anything else may pass. */
const isOfThisRow = (error: unknown): boolean => error instanceof Error && ['ValidationException', 'RangeError'].includes(error.name)

const LISTS: Readonly<Record<string, string>> = { email: 'emails', phone: 'phones', external: 'externalIds', messaging: 'messaging' }

/** The field that a conflict about a unique value is about. */
function pathOf({ facts }: Fault): string {
  const { value } = facts
  return typeof value === 'string' ? (LISTS[value.slice(0, value.indexOf(':'))] ?? '') : ''
}

/** A refusal in words that hold no value of the row: reports are files, and outlive the person. */
function wordsOf({ facts, message }: Fault): string {
  const { value, existingId } = facts
  return value !== undefined && typeof existingId === 'string' ? `Belongs to ${existingId} already.` : message
}

function failed(row: number, issues: readonly Issue[], draft: Draft): Told {
  const known = new Set(draft.columns.values())
  return {
    row,
    did: 'failed',
    issues: issues.map(({ path, code, message }) => ({ column: known.has(path) ? path : columnFor(draft, path), code, message })),
  }
}

/** The column that a refusal is about; `customerId` is the one that says whose the row is. */
const columnFor = (draft: Draft, path: string): string => columnOf(draft, path) || columnOf(draft, `@${path.replace(/Id$/, '')}`) || path
