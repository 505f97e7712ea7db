import type { Ctx } from '../../kernel/context.ts'
import { systemActor } from '../../kernel/permission.ts'
import { customerIdIn, keysOf, makeId } from '../../kernel/id.ts'
import type { Change, Projection } from '../../kernel/event.ts'
import type { Item } from '../../kernel/table/table.ts'
import { keep } from './keep.ts'
import { inLanes } from './lanes.ts'
import { segmentsOf, type Def } from './registry.ts'
import { lookAgain } from './walk.ts'

/**
 * Keeps segments in step with what happens, from the table's stream. Only the segments whose rule names a field that changed
 * are looked at, for that customer alone; a customer who is new, deleted or restored is looked at for all of them.
 *
 * A change that no segment names costs nothing: the rules are remembered for half a minute (1 unit for about 8 of them). One
 * that is named costs one round of reads, 1 to 4 units as rules are, and a move about 10 units of writes. What is told twice,
 * late or again finds nothing to do.
 */
export const keepSegments: Projection = {
  name: 'segment.keep',
  async project(ctx: Ctx, changes: readonly Change[]): Promise<void> {
    const zone = changes.find(({ before, after }) => after?.['noun'] === 'workspace' && differs('timeZone', before, after))
    if (zone) await lookAgain(ctx, await segmentsOf(ctx), String(zone.after?.['updatedAt']))
    const told = changes.filter(({ before, after }) => customerOf(after ?? before) !== undefined)
    if (told.length === 0) return
    const defs = await segmentsOf(ctx)
    if (defs.length === 0) return
    const named = new Map<string, Set<Def>>()
    for (const change of told) {
      const id = customerOf(change.after ?? change.before) ?? ''
      for (const def of defs) if (concerns(def, change)) named.set(id, (named.get(id) ?? new Set()).add(def))
    }
    await inLanes([...named], async ([id, some]) => {
      await keep(ownCtx(ctx, id), id, [...some])
    })
  },
}

/** The customer an item belongs to; undefined for what belongs to none, and for what segments themselves write. */
function customerOf(item: Item | undefined): string | undefined {
  const { pk, noun } = item ?? {}
  if (typeof pk !== 'string' || !pk.startsWith('customer#')) return undefined
  return String(noun).startsWith('segment_') ? undefined : makeId('cus', pk.slice('customer#'.length))
}

/** Whether a record counts at all, and which others count with it. */
const STANDING = ['deletedAt', 'erasedAt', 'mergedInto', 'absorbed']

/** Whether a change can change the truth of a segment's rule. */
export function concerns({ kind, on, walking }: Def, { before, after }: Change): boolean {
  const noun = String((after ?? before)?.['noun'])
  const came = !before || !after || STANDING.some((field) => differs(field, before, after))
  if (noun === 'customer' && came) return kind === 'rule' || before !== undefined
  // In the walk's order a customer who is renamed may pass the walk unseen.
  if (noun === 'customer' && walking && differs('name', before, after)) return true
  return on.some((one) => {
    const [of, field = '*'] = one.split(':')
    return of === noun && (came || field === '*' || differs(field, before, after))
  })
}

function differs(path: string, before: Item | undefined, after: Item | undefined): boolean {
  return JSON.stringify(at(path, before)) !== JSON.stringify(at(path, after))
}

function at(path: string, item: Item | undefined): unknown {
  const [field = '', inner] = path.split('.')
  const value = item?.[field]
  return inner === undefined ? value : typeof value === 'object' && value !== null ? (value as Item)[inner] : undefined
}

/** The context for one customer: what is written for one can be told from what is written for another when an answer is lost. */
function ownCtx(ctx: Ctx, customerId: string): Ctx {
  const request = { id: `${ctx.request.id}/${keysOf(customerIdIn(customerId)).first}`, action: 'segment.keep' }
  return { ...ctx, actor: systemActor('projection:segment.keep'), request }
}
