import { customer } from '../../customer/customer/index.ts'
import { following } from '../../kernel/absorbed.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type FieldsOf } from '../../kernel/entity.ts'
import { Fault, fault } from '../../kernel/fault.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { issuesOf } from '../../kernel/issues.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, mayTouch } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { newPlan } from '../bulk/index.ts'
import { requestFor, type Line } from './edit.ts'
import { editLine, lineAt, lineWritten, tallied, type EditRecord } from './edit.store.ts'
import { requestOf, routeOf } from './target.ts'

/** What came of one customer. `seen`: changed by this edit before. */
export type Outcome = 'edited' | 'unchanged' | 'seen' | { customerId: string; code: string; detail: string }

/**
 * Changes one customer as the API would for who asked, in one transaction with the line that tells how to undo it and the
 * counter: so it is done once, counted once, and never over a change it has not seen.
 */
export async function changeOne(ctx: Ctx, edit: EditRecord, customerId: string): Promise<Outcome> {
  try {
    return await following(customerId, (id) =>
      untilFresh(() => changed(requestOf(ctx, edit.id, id, 'bulk_edit.run'), edit, id), ctx.request.left),
    )
  } catch (error) {
    if (!(error instanceof Fault) || error.status >= 500) throw error
    if (await lineAt(ctx, edit.id, customerId)) return 'seen'
    return { customerId, code: error.code, detail: error.message }
  }
}

async function changed(ctx: Ctx, edit: EditRecord, customerId: string): Promise<Outcome> {
  const [file, known] = await Promise.all([find(ctx, customer, customerId), lineAt(ctx, edit.id, customerId)])
  if (known) return 'seen'
  const asked = requestFor(edit.does, file)
  // Another run of this step may have changed them between our two reads: its line is there whenever its change is.
  const asItIs = async (): Promise<Outcome> => ((await lineAt(ctx, edit.id, customerId)) ? 'seen' : 'unchanged')
  if (!asked) return asItIs()
  const { action } = routeOf(asked.route)
  const { input } = action.schemas()
  const parsed = input.safeParse({ ...asked.body, id: customerId })
  if (!parsed.success) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issuesOf(parsed.error, input, ['id']) })
  const plan = newPlan(ctx.table, { images: true })
  const within: Ctx = { ...ctx, request: { ...ctx.request, action: action.name }, table: plan.tableFor(0) }
  await following(parsed.data, (said) => action.run(within, said))
  const image = plan.images().find(({ after }) => after?.['noun'] === 'customer' && after['id'] === customerId)
  if (!image?.after) return asItIs()
  const line: Line = {
    editId: edit.id,
    customerId,
    state: 'edited',
    madeVersion: Number(image.after['version']),
    event: String((image.after['ev'] as Item)['type']),
    before: differing(image.before ?? {}, image.after),
  }
  const { change } = create(ctx, editLine, line, lineWritten, { customer: customerId, own: edit.id.slice(4) })
  const writes = [...plan.writes.map(({ write }) => write), tallied(edit.id, customerId, 'edited')]
  await commit(ctx, [change], undefined, writes)
  return 'edited'
}

/** The fields that a change changed, as they were before; null for those that were not there. */
function differing(before: Item, after: Item): Record<string, unknown> {
  const one = recordIn<'customer', Item>(before)
  const other = recordIn<'customer', Item>(after)
  const fields = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => !STAMP.has(name))
  const changed = fields.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
  return Object.fromEntries(changed.map((name) => [name, one[name] ?? null]))
}
const STAMP = new Set(['id', 'version', 'createdAt', 'updatedAt', 'form'])

/** Undoes what an edit did to one customer, unless they changed since, or are gone, or not the caller's to change. */
export async function undoOne(ctx: Ctx, editId: string, customerId: string): Promise<void> {
  await untilFresh(() => undone(requestOf(ctx, editId, customerId, 'bulk_edit.undo'), editId, customerId), ctx.request.left)
}

async function undone(ctx: Ctx, editId: string, customerId: string): Promise<void> {
  const [line, item] = await Promise.all([lineAt(ctx, editId, customerId), ctx.table.get(placeOf(customer, customerId))])
  if (line?.state !== 'edited') return
  const file = item && recordIn<'customer', FieldsOf<typeof customer>>(item)
  if (!file || file.version !== line.madeVersion || file.deletedAt || file.erasedAt || !mayTouch(ctx, customer, item)) {
    const { change } = alter(ctx, editLine, line, { state: 'kept' }, lineWritten)
    await commit(ctx, [change], undefined, [tallied(editId, customerId, 'kept')])
    return
  }
  const type = ctx.catalogue().types.find((one) => one.type === line.event)
  if (!type) throw new Error(`There is no event ${line.event}.`)
  const back = alter(ctx, customer, file, line.before, type)
  const told = alter(ctx, editLine, line, { state: 'undone' }, lineWritten)
  await commit(ctx, [back.change, told.change], undefined, [tallied(editId, customerId, 'undone')])
}
