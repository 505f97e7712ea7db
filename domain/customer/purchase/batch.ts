import * as z from 'zod'
import { following } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { inLanes as inSome } from '../../kernel/lanes.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Fault, fault, type Issue } from '../../kernel/fault.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { issuesOf } from '../../kernel/issues.ts'
import { idOf } from '../../kernel/record.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { buyerShape, customerIds, NAME_ONE, namesOne, unknownBuyer, type Buyer } from './buyer.ts'
import { prepared, saleInput } from './purchase.actions.ts'
import type { Measure, Purchase } from './purchase.ts'
import { purchase } from './purchase.store.ts'
import { keysFor, MOST_AT_ONCE, recordAll, type Outcome, type Read } from './recording.ts'

/** Purchases of one call. */
const MOST_ROWS = 100
/** Customers whose purchases are written at the same time. */
const LANES = 10
/** Keys of one read. */
const MOST_KEYS = 100

const rowSchema = () => z.strictObject({ ...buyerShape(), ...saleInput() }).refine(namesOne, { path: ['customerId'], message: NAME_ONE })

const resultSchema = () =>
  z.object({
    index: z.int().describe('the row’s place in the request, from 0'),
    status: z.int().describe('201 recorded, 200 was there already, else why not'),
    id: idOf(purchase).optional(),
    code: z.string().optional(),
    detail: z.string().optional(),
    existingId: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
type Result = z.input<ReturnType<typeof resultSchema>>

interface Row {
  index: number
  buyer: Buyer
  purchase: Purchase
}

/**
 * Records up to 100 purchases, each with a result of its own: a bad row stops no other. Purchases of one customer share a
 * transaction; customers do not wait for one another. Sent again, rows that were recorded are answered as there already.
 */
export const recordBatch = action(
  'purchase.recordBatch',
  () => ({
    input: z.strictObject({ purchases: z.array(z.unknown()).min(1).max(MOST_ROWS).describe('each like the body of POST /purchases') }),
    output: z.object({ results: z.array(resultSchema()) }),
  }),
  async (ctx, input) => {
    const measure = await workspaceOf(ctx)
    const { rows, results } = checked(ctx, measure, input.purchases)
    const ids = await customerIds(
      ctx,
      rows.map((row) => row.buyer),
    )
    const known = rows.flatMap((row, at): Known[] => {
      const id = ids[at]
      if (typeof id === 'string') return [{ ...row, customerId: id }]
      results[row.index] = refused(row.index, id ?? unknownBuyer(row.buyer))
      return []
    })
    for (const wave of wavesOf(known)) {
      const groups = Map.groupBy(wave, (row) => row.customerId)
      const read = await readAhead(ctx, groups)
      await inLanes([...groups], async ([customerId, group]) => {
        for (const result of await recordGroup(ctx, measure, customerId, group, read)) results[result.index] = result
      })
    }
    // What may go otherwise next time is not kept as the answer of an idempotency key.
    if (results.some(({ status }) => status >= 500)) delete ctx.request.idempotency
    return { results }
  },
)

/** A row whose customer is found. */
interface Known extends Row {
  customerId: string
}

/** Rows in turns: one that names an order again waits for the one before it, so the first row wins. Usually one turn. */
function wavesOf(rows: readonly Known[]): Known[][] {
  const waves: Known[][] = []
  const times = new Map<string, number>()
  for (const row of rows) {
    const { system, id } = row.purchase.orderId
    const time = times.get(`${system} ${id}`) ?? 0
    times.set(`${system} ${id}`, time + 1)
    const wave = (waves[time] ??= [])
    wave.push(row)
  }
  return waves
}

/** The rows that can be recorded, and the results of those that cannot. */
function checked(ctx: Ctx, measure: Measure, said: readonly unknown[]): { rows: Row[]; results: Result[] } {
  const schema = rowSchema()
  const results: Result[] = []
  const rows = said.flatMap((one, index): Row[] => {
    try {
      const parsed = schema.safeParse(one)
      if (!parsed.success) throw fault('invalid', 'input.invalid', 'The row is not valid.', { errors: issuesOf(parsed.error, schema) })
      const { customerId, customer: external, email, ...sale } = parsed.data
      return [{ index, buyer: { customerId, customer: external, email }, purchase: prepared(ctx, measure, sale) }]
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      results[index] = refused(index, error)
      return []
    }
  })
  return { rows, results }
}

/** Reads what all groups have to know in as few calls as there can be. Each key serves once: a second try reads afresh. */
async function readAhead(ctx: Ctx, groups: ReadonlyMap<string, readonly Row[]>): Promise<Read> {
  const keys = [...groups].flatMap(([id, rows]) =>
    keysFor(
      id,
      rows.map((row) => row.purchase),
    ),
  )
  const parts = Array.from({ length: Math.ceil(keys.length / MOST_KEYS) }, (_, part) =>
    keys.slice(part * MOST_KEYS, (part + 1) * MOST_KEYS),
  )
  const items = (await Promise.all(parts.map((part) => ctx.table.getAll(part)))).flat()
  const ahead = new Map<string, Item | undefined>(keys.map((key, at) => [nameOf(key), items[at]]))
  return async (wanted) => {
    if (!wanted.every((key) => ahead.has(nameOf(key)))) return ctx.table.getAll(wanted)
    const found = wanted.map((key) => ahead.get(nameOf(key)))
    for (const key of wanted) ahead.delete(nameOf(key))
    return found
  }
}
const nameOf = ({ pk, sk }: Key): string => `${pk}|${sk}`

/** Records a customer's rows in order of time, as many in a transaction as it holds. */
async function recordGroup(ctx: Ctx, measure: Measure, customerId: string, group: readonly Row[], read: Read): Promise<Result[]> {
  const rows = [...group].sort((a, b) => (a.purchase.at < b.purchase.at ? -1 : a.purchase.at > b.purchase.at ? 1 : a.index - b.index))
  const results: Result[] = []
  for (let from = 0; from < rows.length; from += MOST_AT_ONCE) {
    const part = rows.slice(from, from + MOST_AT_ONCE)
    const outcomes = await outcomesOf(ctx, measure, customerId, part, read)
    for (const [at, row] of part.entries()) results.push(resultOf(row, outcomes[at]))
  }
  return results
}

async function outcomesOf(ctx: Ctx, measure: Measure, customerId: string, rows: readonly Row[], read: Read): Promise<Outcome[]> {
  try {
    const purchases = rows.map((row) => row.purchase)
    return await untilFresh(() => following(customerId, (id) => recordAll(ctx, measure, id, purchases, { read })))
  } catch (error) {
    if (error instanceof Fault) return rows.map(() => ({ refusal: error }))
    // A defect or an outage met by one customer's rows is theirs alone; the log says what it was.
    ctx.log.error('purchases of a customer were not recorded', { customerId, error: error instanceof Error ? error.name : typeof error })
    const refusal = fault('unavailable', 'purchase.not_recorded', 'This could not be recorded now. Send it again.')
    return rows.map(() => ({ refusal }))
  }
}

function resultOf({ index, buyer }: Row, outcome: Outcome | undefined): Result {
  if (outcome && 'record' in outcome) return { index, status: outcome.existing ? 200 : 201, id: outcome.record.id }
  const refusal = outcome?.refusal ?? unknownBuyer(buyer)
  return refused(index, refusal.kind === 'missing' ? unknownBuyer(buyer) : refusal)
}

function refused(index: number, { status, code, message, facts }: Fault): Result {
  const existingId = facts['existingId']
  return {
    index,
    status,
    code,
    detail: message,
    ...(typeof existingId === 'string' && { existingId }),
    ...(facts.errors && {
      errors: facts.errors.map(({ path, code: issue, message: why }: Issue) => ({ path, code: issue, message: why })),
    }),
  }
}

/** Does work for each, a few at a time. */
const inLanes = <T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> => inSome(all, LANES, work)
