import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { recordIn } from '../../kernel/place.ts'
import { rankOf, silenceKey, warningShape, type Warning } from './warning.ts'

/** Whose the warnings about customers without an account manager are. */
export const NOBODY = 'nobody'

/** A customer who has been silent for too long. In the customer's partition by the day of their last purchase. */
export const warning = entity({
  noun: 'warning',
  prefix: 'war',
  home: 'customer',
  fields: () => z.object(warningShape()),
  row: [
    'customerId',
    'state',
    'severity',
    'valueAtStake',
    'risk',
    'ownerId',
    'explanation',
    'raisedAt',
    'rankedAt',
    'snoozedUntil',
    'outcome',
    'endedAt',
  ],
  list: { on: ['state', 'valueAtStake', 'endedAt'], key: (one) => ({ facet: one.state, order: rankOf(one) }) },
  owner: {
    on: ['ownerId', 'state', 'valueAtStake', 'endedAt'],
    key: (one) => ({ user: one.ownerId ?? NOBODY, state: one.state, at: rankOf(one) }),
  },
  due: {
    on: ['state', 'snoozedUntil', 'rankedUntil'],
    key: ({ state, snoozedUntil, rankedUntil }) => {
      const at = state === 'snoozed' ? snoozedUntil : state === 'ranked' ? rankedUntil : undefined
      return at === undefined ? undefined : { job: 'warnings', at }
    },
  },
  responsible: 'ownerId',
  personal: ['snoozeReason', 'note'],
})
export type WarningRecord = RecordOf<typeof warning>

/** The id that the warning about a customer's silence has. */
export function warningIdOf(customerId: string, silenceDay: number): WarningRecord['id'] {
  return warning.id(silenceKey(customerId, silenceDay), customerId)
}

/** The warning about a silence; undefined when there is none. One read. */
export async function warningOf(ctx: Ctx, customerId: string, silenceDay: number): Promise<WarningRecord | undefined> {
  const item = await ctx.table.get(placeOf(warning, warningIdOf(customerId, silenceDay)))
  return item && !item['erasedAt'] ? recordIn<'warning', Warning>(item) : undefined
}
