import type { Ctx } from '../../../kernel/context.ts'
import { Fault, fault } from '../../../kernel/fault.ts'
import { invoke } from '../../../kernel/invoke.ts'
import { minorDigits } from '../../../kernel/money.ts'
import type { ImportKind } from '../kind/kind.ts'
import { actionNamed } from './action.ts'
import type { Did } from './customer.ts'
import { noteOf, noting } from './table.ts'
import { notePlace, type Job } from './job.ts'

type Input = Record<string, unknown>

/** How rows of a kind that belong to a customer are written: by which action, to records of which noun. */
const ways: Readonly<Record<Exclude<ImportKind, 'customers'>, { action: string; noun: string }>> = {
  contacts: { action: 'contact.add', noun: 'contact' },
  purchases: { action: 'purchase.recordFor', noun: 'purchase' },
  deals: { action: 'deal.open', noun: 'deal' },
  tickets: { action: 'ticket.open', noun: 'ticket' },
  interactions: { action: 'interaction.record', noun: 'interaction' },
}

/**
 * Writes a row about a customer, with the note of what it did in the same transaction: 2 write units more than the record itself.
 * What was there already with the same facts is skipped, unless this very row made it.
 * @param ids of the customers the row names, by the word it names them with
 * @param self the record that the row names by its id in another system, when it is to be changed
 */
export async function writeWork(
  ctx: Ctx,
  job: Job,
  row: number,
  draft: Input,
  ids: ReadonlyMap<string, string>,
  self: string | undefined,
): Promise<Did> {
  const kind = job.record.kind as Exclude<ImportKind, 'customers'>
  const { action, noun } = ways[kind]
  const place = notePlace(job.record.id, row)
  // This very row may have made it, in a run whose success was not noted.
  const changes = self !== undefined && (await ctx.table.get(place))?.['did'] !== 'created'
  const noted: Ctx = { ...ctx, table: noting(ctx.table, noun, (put) => noteOf(place, row, put, changes)) }
  const { input, end } = inputOf(kind, draft, ids, job)
  // Who is a company's contact already gets the name of the other system too.
  const puts = self !== undefined || (kind === 'contacts' && job.settings.mode === 'upsert')
  const made = puts ? await put(noted, job, noun, input) : await opened(noted, action, input)
  if (made !== undefined && (self !== undefined || !ctx.request.existing)) await ended(noted, kind, made, end)
  if (self === undefined && made !== undefined && !ctx.request.existing) return 'created'
  const note = await ctx.table.get(place)
  return note ? (note['did'] === 'updated' ? 'updated' : 'created') : 'skipped'
}

/** Changes what a row names by its id in another system: what is the same already writes nothing. Fields not given stay. */
async function put(ctx: Ctx, { settings: { by = '' } }: Job, noun: string, input: Input): Promise<string> {
  const system = by.slice('external:'.length)
  const { id: whose, externalIds, stage, ...said } = input
  const named = (externalIds as { system: string; id: string }[] | undefined)?.find((one) => one.system === system)
  const owner = noun === 'contact' ? { companyId: whose } : { customerId: whose }
  const { output } = await invoke(actionNamed(`${noun}.putBy`), ctx, { ...said, ...owner, system, externalId: named?.id })
  const { id } = output as { id: string }
  if (noun === 'deal' && stage !== undefined) await once(ctx, 'deal.stage', { id, stage }, 'deal.already_closed')
  return id
}

/**
 * The id of what was made; undefined when an earlier run of the row had made it and someone has changed it since, and when another
 * file or system had brought what its id in that system names.
 */
async function opened(ctx: Ctx, action: string, input: Input): Promise<string | undefined> {
  try {
    const { output } = await invoke(actionNamed(action), ctx, input)
    return String((output as { id: unknown }).id)
  } catch (error) {
    if (error instanceof Fault && /^(deal|ticket|interaction)\.exists$|^(deal|ticket)\.identity_taken$/.test(error.code)) return undefined
    throw error
  }
}

/** An action's input from a row, and what is to follow once the record is there. */
function inputOf(
  kind: ImportKind,
  { '@state': state, ...draft }: Input,
  ids: ReadonlyMap<string, string>,
  job: Job,
): { input: Input; end: Input } {
  const end = { state, reason: draft['@reason'], lostReason: draft['@lostReason'], resolution: draft['@resolution'] }
  const said = Object.fromEntries(Object.entries(draft).filter(([field]) => !field.startsWith('@')))
  const { workspace } = job
  if (kind === 'contacts') {
    const role = job.settings.mode === 'create' ? { role: 'other' } : {}
    return { input: { ...role, ...said, id: ids.get('company'), personId: ids.get('person') }, end }
  }
  const input: Input = { ...said, id: ids.get('customer') }
  if (kind === 'purchases') return { input: inMinorUnits(input, ['amount', 'baseAmount'], ['cost', 'discount'], workspace.currency), end }
  if (kind === 'deals') {
    const probability = input['probability']
    const share = typeof probability === 'number' && probability > 1 ? { probability: Math.round(probability * 100) / 10_000 } : {}
    return { input: { ...inMinorUnits(input, ['value'], [], workspace.currency), ...share }, end }
  }
  if (kind === 'tickets') return { input: { channel: 'api', ...input, body: input['body'] ?? input['subject'] }, end }
  return { input, end }
}

/** Amounts as files have them, `129.90`, in whole minor units of their currency. Money beyond the last digit is refused, not rounded. */
function inMinorUnits(input: Input, moneys: readonly string[], numbers: readonly string[], workspaceCurrency: string): Input {
  const [first = ''] = moneys
  const currency = textIn(moneyIn(input[first])?.['currency']) ?? workspaceCurrency
  const result: Input = { ...input }
  for (const field of moneys) {
    const value = moneyIn(input[field])
    if (!value) continue
    if (typeof value['amount'] !== 'number') result[field] = undefined
    else {
      const own = field === 'baseAmount' ? workspaceCurrency : currency
      result[field] = { amount: minor(value['amount'], own, `${field}.amount`), currency: own }
    }
  }
  for (const field of numbers) if (typeof input[field] === 'number') result[field] = minor(input[field], currency, field)
  return result
}

const moneyIn = (value: unknown): Input | undefined => (typeof value === 'object' && value !== null ? (value as Input) : undefined)
const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function minor(amount: number, currency: string, path: string): number {
  if (!/^[A-Z]{3}$/.test(currency)) {
    const message = 'A currency is three letters of ISO 4217.'
    throw fault('invalid', 'currency.unknown', message, {
      errors: [{ path: path.replace('amount', 'currency'), code: 'currency.unknown', message }],
    })
  }
  const units = amount * 10 ** minorDigits(currency)
  const whole = Math.round(units)
  if (Math.abs(units - whole) < 1e-6 * Math.max(1, Math.abs(units))) return whole
  const message = `${currency} has ${minorDigits(currency)} digits after the point.`
  throw fault('invalid', 'amount.too_fine', message, { errors: [{ path, code: 'amount.too_fine', message }] })
}

/** Brings a record to the end it has in the file. Done already, it stays so: the row may have come this far before. */
async function ended(ctx: Ctx, kind: ImportKind, id: string, { state, reason, lostReason, resolution }: Input): Promise<void> {
  const words = typeof reason === 'string' ? reason.slice(0, 300) : 'Imported'
  if (kind === 'deals' && state === 'won') await once(ctx, 'deal.win', { id, reason: words }, 'deal.already_closed')
  if (kind === 'deals' && state === 'lost') {
    const note = typeof reason === 'string' ? { note: words } : {}
    await once(ctx, 'deal.lose', { id, reason: lostReason ?? 'other', ...note }, 'deal.already_closed')
  }
  if (kind !== 'tickets' || (state !== 'resolved' && state !== 'closed')) return
  await once(ctx, 'ticket.resolve', { id, resolution: resolution ?? 'Imported' }, 'ticket.move_not_possible')
  if (state === 'closed') await once(ctx, 'ticket.close', { id }, 'ticket.move_not_possible')
}

async function once(ctx: Ctx, action: string, input: Input, already: string): Promise<void> {
  try {
    await invoke(actionNamed(action), ctx, input)
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== already) throw error
  }
}
