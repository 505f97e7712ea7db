import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { placeOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { moved, opened } from '../allotment.ts'
import { occasionFileShape, occasionIssues, occasionStates, type Occasion } from './occasion.ts'
import { occasion, withSeats } from './occasion.store.ts'

export const occasionPlanned = event('occasion.planned', 'An event for customers was planned')
export const occasionChanged = event('occasion.changed', 'An event for customers changed')
export const occasionCancelled = event('occasion.cancelled', 'An event for customers was cancelled')
export const occasionDeleted = event('occasion.deleted', 'An event for customers was put in the bin')
export const occasionRestored = event('occasion.restored', 'An event for customers was taken out of the bin')

const view = () => viewOf(occasion)
const seatedView = () => z.intersection(view(), z.object({ seatsLeft: z.int(), waiting: z.int() }))
const byId = () => ({ id: idOf(occasion) })

function mustFit(file: Pick<Occasion, 'startsAt' | 'endsAt' | 'rsvpUntil'>): void {
  const issues = occasionIssues(file)
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
}

/** Instants in one form, so that they sort. */
function straight<T extends { startsAt?: string | undefined }>(file: T): T {
  return file.startsAt === undefined ? file : { ...file, startsAt: new Date(file.startsAt).toISOString() }
}

export const plan = action(
  'occasion.create',
  () => ({ input: z.strictObject(occasionFileShape()), output: seatedView() }),
  async (ctx, input) => {
    mustFit(input)
    const { record, change: planned } = create(ctx, occasion, { ...straight(input), state: 'planned' }, occasionPlanned)
    return commit(ctx, [planned], { ...record, seatsLeft: input.seats, waiting: 0 }, [opened(placeOf(occasion, record.id), input.seats)])
  },
)

/** An occasion, and the room that is left. */
export const show = action(
  'occasion.show',
  () => ({ input: z.strictObject(byId()), output: seatedView() }),
  async (ctx, { id }) => {
    const { party, seats } = await withSeats(ctx, id)
    return { ...party, seatsLeft: seats.left, waiting: seats.waiting }
  },
)

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    state: z.enum(occasionStates).optional().describe('planned, unless given'),
    from: f.day().optional().describe('that start on this day or later, UTC'),
    deleted: z.enum(['true', 'false']).optional().describe('what is in the bin; stands alone'),
  })

/** Sorts after every instant. */
const END = '~'

export const list = action(
  'occasion.list',
  () => ({ input: listInput(), output: pageOf(rowView(occasion)) }),
  (ctx, { state, from, deleted, ...input }) => {
    if (deleted === 'true') {
      if (state !== undefined || from !== undefined) throw invalid('filter.unsupported', 'deleted', 'The bin takes no other filter.')
      return listPage(ctx, occasion, bin(occasion), input, { descending: true })
    }
    const places = facet(occasion, state ?? 'planned')
    return listPage(ctx, occasion, from === undefined ? places : places.map((one) => ({ ...one, between: { from, to: END } })), input)
  },
)

/** Changes an occasion. Seats cannot be fewer than are taken; new ones go to who waits, a moment later. */
export const change = action(
  'occasion.change',
  () => ({ input: z.strictObject({ ...byId(), ...f.patchOf(occasionFileShape()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const { party, seats } = await withSeats(ctx, id)
    await mustMatch(ctx, occasion, party, patch)
    const { record, change: changed } = alter(ctx, occasion, party, straight(patch), occasionChanged)
    mustFit(record)
    const more = record.seats - party.seats
    if (seats.left + more < 0) {
      throw fault('conflict', 'occasion.seats_taken', `${party.seats - seats.left} seats are taken.`, { taken: party.seats - seats.left })
    }
    return commit(ctx, [changed], record, more === 0 ? [] : [moved(placeOf(occasion, id), { left: more })])
  },
)

export const cancel = action(
  'occasion.cancel',
  () => ({ input: z.strictObject({ ...byId(), reason: f.line(300) }), output: view() }),
  async (ctx, { id, reason }) => {
    const before = await find(ctx, occasion, id)
    if (before.state === 'cancelled') throw fault('conflict', 'occasion.is_cancelled', 'This is cancelled already.')
    const { record, change: changed } = alter(ctx, occasion, before, { state: 'cancelled', reason }, occasionCancelled)
    return commit(ctx, [changed], record)
  },
)

export const bin_ = action(
  'occasion.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, occasion, id)
    await mustMatch(ctx, occasion, before, {})
    const { record, change: changed } = alter(ctx, occasion, before, { deletedAt: ctx.now }, occasionDeleted)
    return commit(ctx, [changed], record)
  },
)

export const restore = action(
  'occasion.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, occasion, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'occasion.not_deleted', 'This is not in the bin.')
    const { record, change: changed } = alter(ctx, occasion, before, { deletedAt: null }, occasionRestored)
    return commit(ctx, [changed], record)
  },
)
