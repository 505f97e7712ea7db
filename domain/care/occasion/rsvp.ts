import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, Stale, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { moved, type Allotment } from '../allotment.ts'
import { guestAccepted, guestDeclined, guestPromoted, guestWaits } from './guest.events.ts'
import { rsvps, stepOf, takesGuests, type Step } from './occasion.ts'
import { firstWaiting, guest, occasion, queued, queueKeyFor, unqueued, withSeats, type GuestRecord } from './occasion.store.ts'

/** What an answer changes: the guests it concerns, and the counter and queue with the conditions under which it may. */
interface Move {
  record: GuestRecord
  changes: Change[]
  extra: Write[]
}

/**
 * Records a guest's answer. A seat is taken and given back in the transaction of the answer, under conditions on the
 * counter, so there are never more guests than seats; who frees one hands it to the guest who has waited longest, in the
 * same transaction. 4 write units, 8 with a hand-over.
 */
export const rsvp = action(
  'occasion.rsvp',
  () => ({ input: z.strictObject({ id: idOf(guest), answer: z.enum(rsvps) }), output: viewOf(guest) }),
  async (ctx, { id, answer }) => {
    const before = await find(ctx, guest, id)
    const { party, seats } = await withSeats(ctx, before.occasionId)
    const step = stepOf(before.state, answer, seats)
    if (step === 'stays') return before
    if (answer !== 'no' && !takesGuests(party, ctx.now)) throw fault('conflict', 'occasion.closed', 'Guests can no longer accept.')
    if (step === 'full')
      throw fault('conflict', 'occasion.full', 'There is no seat left; answer `waitlist` to wait for one.', { waiting: seats.waiting })
    const { record, changes, extra } = await moveOf(ctx, before, step, seats)
    return commit(ctx, changes, record, extra)
  },
)

async function moveOf(ctx: Ctx, before: GuestRecord, step: Exclude<Step, 'stays' | 'full'>, seats: Allotment): Promise<Move> {
  const { occasionId } = before
  const place = placeOf(occasion, occasionId)
  const stamp = { since: ctx.now, byId: ctx.actor.id }
  const said = (state: 'yes' | 'no', event: typeof guestAccepted) => alter(ctx, guest, before, { ...stamp, state, queueKey: null }, event)
  switch (step) {
    case 'takes':
      return alone(said('yes', guestAccepted), [moved(place, { left: -1 }, { waiting: 0 })])
    case 'waits': {
      const queueKey = queueKeyFor(before.customerId, ctx.now)
      const joined = alter(ctx, guest, before, { ...stamp, state: 'waiting', queueKey }, guestWaits)
      // The queue may only grow while nothing is to be had, or seats are being handed on to it anyway.
      return alone(joined, [
        moved(place, { waiting: 1 }, seats.left > 0 ? { waits: true } : { left: 0 }),
        queued(occasionId, queueKey, before.id),
      ])
    }
    case 'leaves_queue':
      return alone(said('no', guestDeclined), [moved(place, { waiting: -1 }), unqueued(occasionId, before.queueKey ?? '')])
    case 'declines':
      return alone(said('no', guestDeclined), [])
    case 'frees': {
      const left = said('no', guestDeclined)
      const next = await firstWaiting(ctx, occasionId)
      if (!next && seats.waiting > 0) throw new Stale(occasionId)
      if (!next) return alone(left, [moved(place, { left: 1 }, { waiting: 0 })])
      return {
        record: left.record,
        changes: [left.change, promoted(ctx, next)],
        extra: [moved(place, { waiting: -1 }), unqueued(occasionId, next.queueKey)],
      }
    }
  }
}

function alone({ record, change }: { record: GuestRecord; change: Change }, extra: Write[]): Move {
  return { record, changes: [change], extra }
}

function promoted(ctx: Ctx, next: GuestRecord): Change {
  return alter(ctx, guest, next, { state: 'yes', since: ctx.now, queueKey: null }, guestPromoted).change
}

/** After an occasion changed: hands seats that were added to who waits, each in a transaction of its own, in their order. */
export const fill = action(
  'occasion.fill',
  () => ({ input: happenedSchema(), output: z.object({ seated: z.int() }) }),
  async (ctx, { recordId }) => {
    let seated = 0
    while (await untilFresh(() => seatNext(ctx, recordId))) seated += 1
    return { seated }
  },
)

async function seatNext(ctx: Ctx, occasionId: string): Promise<boolean> {
  const { party, seats } = await withSeats(ctx, occasionId)
  if (party.state !== 'planned' || seats.left === 0 || seats.waiting === 0) return false
  const next = await firstWaiting(ctx, occasionId)
  if (!next) throw new Stale(occasionId)
  await commit(ctx, [promoted(ctx, next)], undefined, [
    moved(placeOf(occasion, occasionId), { left: -1, waiting: -1 }),
    unqueued(occasionId, next.queueKey),
  ])
  return true
}
