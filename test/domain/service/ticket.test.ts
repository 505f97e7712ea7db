import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { daysLater, later } from '../../../domain/kernel/clock.ts'
import { Fault } from '../../../domain/kernel/fault.ts'
import {
  afterMessage,
  become,
  CLOSE_AFTER_DAYS,
  dueAt,
  mayBecome,
  ticketStates,
  type Step,
  type Ticket,
  type TicketState,
} from '../../../domain/service/ticket/ticket.ts'

const START = '2026-01-01T00:00:00.000Z'
const fresh: Ticket = {
  customerId: 'cus',
  subject: 'x',
  priority: 'normal',
  tags: [],
  channel: 'web',
  state: 'new',
  messageCount: 1,
  lastMessageAt: START,
  lastMessageFrom: 'customer',
  reopenedCount: 0,
}

type Doing = { become: TicketState } | { says: 'customer' | 'staff'; internal: boolean }
const doing: fc.Arbitrary<Doing> = fc.oneof(
  fc.constantFrom(...ticketStates).map((to) => ({ become: to })),
  fc.record({ says: fc.constantFrom('customer' as const, 'staff' as const), internal: fc.boolean() }),
)

function apply(ticket: Ticket, step: Step): Ticket {
  return Object.fromEntries(Object.entries({ ...ticket, ...step }).filter(([, value]) => value !== null)) as unknown as Ticket
}

/** Every ticket along a life, with what was done to it; what is refused leaves it as it was. */
function live(doings: readonly Doing[]) {
  const seen: { before: Ticket; after: Ticket; did: Doing; now: string; refused: boolean }[] = []
  let ticket = fresh
  doings.forEach((did, at) => {
    const now = later(START, (at + 1) * 60_000)
    const before = ticket
    let refused = false
    try {
      ticket =
        'become' in did
          ? apply(ticket, become(ticket, did.become, now, did.become === 'pending' ? { pendingUntil: later(now, 60_000) } : {}))
          : apply(ticket, afterMessage(ticket, { from: did.says, internal: did.internal }, now).step)
    } catch (error) {
      expect(error).toBeInstanceOf(Fault)
      refused = true
    }
    seen.push({ before, after: ticket, did, now, refused })
  })
  return seen
}
const lives = fc.array(doing, { maxLength: 40 }).map(live)

describe('a ticket’s states', () => {
  test('follow only where they may, and a taken-up ticket is never new again', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        expect(steps.filter(({ before, after }) => before.state !== after.state && !mayBecome(before.state, after.state))).toEqual([])
        expect(steps.filter(({ before, did, refused }) => 'become' in did && refused === mayBecome(before.state, did.become))).toEqual([])
        expect(steps.filter(({ before, after }) => before.state !== 'new' && after.state === 'new')).toEqual([])
      }),
    )
  })

  test('own their times: pending waits, resolved and closed have their moments, no other state does', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        for (const { after } of steps) {
          expect(after.pendingUntil !== undefined).toBe(after.state === 'pending')
          expect(after.resolvedAt !== undefined).toBe(after.state === 'resolved' || after.state === 'closed')
          expect(after.closedAt !== undefined).toBe(after.state === 'closed')
        }
      }),
    )
  })

  test('count each coming back from resolved or closed, once', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const back = steps.filter(({ before, after }) => ['resolved', 'closed'].includes(before.state) && after.state === 'open')
        expect(steps.at(-1)?.after.reopenedCount ?? 0).toBe(back.length)
      }),
    )
  })

  test('are due only while pending until a time, or resolved, and then a week later', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        for (const { after } of steps) {
          const expected =
            after.state === 'pending'
              ? after.pendingUntil
              : after.state === 'resolved'
                ? daysLater(after.resolvedAt ?? '', CLOSE_AFTER_DAYS)
                : undefined
          expect(dueAt(after)).toBe(expected)
        }
      }),
    )
  })
})

describe('a message', () => {
  test('is the first response once: the first public word of staff', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const first = steps.find(({ did, refused }) => !refused && 'says' in did && did.says === 'staff' && !did.internal)
        expect(steps.at(-1)?.after.firstRespondedAt).toBe(first?.now)
      }),
    )
  })

  test('that is internal only counts', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const notes = steps.filter(({ did }) => 'says' in did && did.internal)
        expect(notes.map(({ after }) => after)).toEqual(notes.map(({ before }) => ({ ...before, messageCount: before.messageCount + 1 })))
      }),
    )
  })

  test('of the customer never leaves a ticket waiting or done', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const words = steps.filter(({ did }) => 'says' in did && did.says === 'customer' && !did.internal)
        expect(words.map(({ refused }) => refused)).toEqual(words.map(({ before }) => before.state === 'closed'))
        expect(words.filter(({ after, refused }) => !refused && after.state !== 'new' && after.state !== 'open')).toEqual([])
      }),
    )
  })
})
