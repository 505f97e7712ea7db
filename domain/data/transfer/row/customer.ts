import { isDeepStrictEqual } from 'node:util'
import { following } from '../../../kernel/absorbed.ts'
import { alter, commit, create } from '../../../kernel/commit.ts'
import type { Ctx } from '../../../kernel/context.ts'
import { placeOf } from '../../../kernel/entity.ts'
import { Fault, fault, invalid } from '../../../kernel/fault.ts'
import { newKey } from '../../../kernel/id.ts'
import { invoke, untilFresh } from '../../../kernel/invoke.ts'
import { issuesOf } from '../../../kernel/issues.ts'
import { find } from '../../../kernel/record.ts'
import { cleanPatch, customer, customerChanged, type CustomerRecord, type FilePatch } from '../../../customer/customer/index.ts'
import { earlier, earlierKept } from '../import.store.ts'
import { actionNamed } from './action.ts'
import { customerIdOf, notePlace, type Job, type Note } from './job.ts'
import { unknownCustomer } from './whom.ts'

/** What became of a row. */
export type Did = 'created' | 'updated' | 'skipped'

type Input = Record<string, unknown>
const isText = (value: unknown): value is string => typeof value === 'string'

/** Fills in what follows from the rest of a row: the whole name, the country of an address, who owns what a team's member brings. */
function finished({ id: _, ...input }: Input, job: Job): Input {
  const { givenName, familyName, addresses } = input
  if (input['name'] === undefined) {
    const name = wholeName(isText(givenName) ? givenName : '', isText(familyName) ? familyName : '')
    if (name !== '') input['name'] = name
  }
  const [first] = Array.isArray(addresses) ? (addresses as Input[]) : []
  if (first) first['country'] ??= input['country'] ?? job.workspace.country
  return input
}

/** A name as its own script writes it: Chinese, Japanese and Korean put the family first, without a space. */
function wholeName(given: string, family: string): string {
  if (/^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]+$/u.test(family + given)) return family + given
  return `${given} ${family}`.trim()
}

/** Writes a row of customers. @param found the customer it names, when it is to be changed */
export async function writeCustomer(ctx: Ctx, job: Job, row: number, input: Input, found: string | undefined): Promise<Did> {
  const { mode } = job.settings
  const said = finished(input, job)
  if (mode === 'update' && found === undefined) throw unknownCustomer()
  if (mode === 'create' || found === undefined || found === customerIdOf(job, row)) return open(ctx, job, row, said)
  // By the id of before a merge too, and over a change at the same moment.
  return following(found, (id) => untilFresh(() => change(ctx, job, row, said, id)))
}

async function open(ctx: Ctx, job: Job, row: number, input: Input): Promise<Did> {
  const own = job.record.scope !== 'all' && input['ownerId'] === undefined && job.record.byId.startsWith('usr_')
  const id = customerIdOf(job, row)
  try {
    await invoke(actionNamed('customer.create'), ctx, { ...input, ...(own && { ownerId: job.record.byId }) })
  } catch (error) {
    // This very row made it, in a run whose success was not noted.
    if (!(error instanceof Fault) || error.facts['existingId'] !== id) throw error
  }
  return 'created'
}

/** What only its own action may change, and what says whom the row means. */
const NOT_CHANGED = new Set(['lifecycle', 'ownerId', 'kind', 'id'])
const LISTS = ['emails', 'phones', 'externalIds', 'addresses', 'tags', 'interests'] as const

async function change(ctx: Ctx, job: Job, row: number, input: Input, id: string): Promise<Did> {
  const before = await find(ctx, customer, id)
  if (input['kind'] !== undefined && input['kind'] !== before.kind)
    throw invalid('customer.kind_stands', 'kind', `This customer is a ${before.kind}.`)
  const said = Object.fromEntries(Object.entries(input).filter(([field]) => !NOT_CHANGED.has(field)))
  const clean = await cleanPatch(ctx, before, joined(before, parsed(said)))
  const patch = Object.fromEntries(
    Object.entries(clean).filter(
      ([field, value]) => value !== undefined && !isDeepStrictEqual(value, before[field as keyof CustomerRecord]),
    ),
  ) as FilePatch
  const kept = create(
    ctx,
    earlier,
    {
      importId: job.record.id,
      row,
      before: Object.fromEntries(Object.keys(patch).map((field) => [field, before[field as keyof CustomerRecord] ?? null])),
      after: { ...patch },
    },
    earlierKept,
    { customer: before.id, own: newKey(Date.parse(ctx.now), ctx.random) },
  )
  if (Object.keys(patch).length === 0) return (await ctx.table.get(placeOf(earlier, kept.record.id))) ? 'updated' : 'skipped'
  const { change: changing } = alter(ctx, customer, before, patch, customerChanged)
  const note: Note = { row, did: 'updated', noun: 'customer', id: before.id, version: before.version + 1 }
  try {
    await commit(ctx, [changing, kept.change], undefined, [
      { put: { ...notePlace(job.record.id, row), earlierId: kept.record.id, ...note } },
    ])
  } catch (error) {
    // This very row changed it, in a run whose success was not noted.
    if (!(error instanceof Fault) || error.facts['existingId'] !== kept.record.id) throw error
  }
  return 'updated'
}

/** The row's fields, held to the rules of a request. @throws Fault `invalid` with every issue at once */
function parsed(said: Input): FilePatch {
  const schema = actionNamed('customer.change').schemas().input
  const result = schema.safeParse({ id: customer.id('0'.repeat(20)), ...said })
  if (!result.success) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issuesOf(result.error) })
  const { id: _, ...patch } = result.data as FilePatch & { id: string }
  return patch
}

/** What a row says of a list is added to it: an import knows one of a customer's emails, not all. */
function joined(before: CustomerRecord, patch: FilePatch): FilePatch {
  const lists = LISTS.flatMap((field): [string, unknown][] => {
    const more = patch[field]
    if (!more) return []
    const there: readonly unknown[] = before[field]
    const fresh = (more as readonly unknown[]).filter((one) => !there.some((other) => sameEntry(one, other)))
    return [[field, [...there, ...fresh]]]
  })
  return { ...patch, ...Object.fromEntries(lists) }
}

/** Whether two entries of a list are one: by what they name, whatever their labels. */
function sameEntry(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  const key = (entry: object): unknown =>
    Object.entries(entry)
      .filter(([name]) => name !== 'label' && name !== 'primary')
      .sort(([a], [b]) => (a < b ? -1 : 1))
  return isDeepStrictEqual(key(one), key(other))
}
