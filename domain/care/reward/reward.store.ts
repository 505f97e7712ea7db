import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { keysOf } from '../../kernel/id.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Key } from '../../kernel/table/table.ts'
import { redemptionShape, rewardShape } from './reward.ts'

/** Something that points buy. Listed by cost. */
export const reward = entity({
  noun: 'reward',
  prefix: 'rwd',
  home: 'workspace',
  fields: () => z.object(rewardShape()),
  row: ['name', 'cost', 'value', 'perCustomer', 'tiers', 'from', 'until', 'active', 'limited'],
  list: { on: ['cost'], key: ({ cost }) => ({ facet: 'all', order: String(cost).padStart(10, '0') }) },
})
export type RewardRecord = RecordOf<typeof reward>

/** What a customer got for points. */
export const redemption = entity({
  noun: 'redemption',
  prefix: 'rdm',
  home: 'customer',
  fields: () => z.object(redemptionShape()),
  personal: ['reason'],
})
export type RedemptionRecord = RecordOf<typeof redemption>

/** Where it is counted how many of a reward a customer has had. */
export function takenPlace(customerId: string, rewardId: string): Key {
  return { pk: placeOf(customer, customerId).pk, sk: `taken#${keysOf(rewardId).first}` }
}

/** Counts some more; of a limited reward only while the limit holds. */
export function counting(place: Key, by: number, limit?: number): Write {
  return { update: place, add: { taken: by }, ...(limit !== undefined && { if: { lessThan: { taken: limit - by + 1 } } }) }
}
