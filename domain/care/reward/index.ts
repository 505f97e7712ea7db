import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as r from './redemption.actions.ts'
import * as a from './reward.actions.ts'
import { redemption, reward } from './reward.store.ts'

export { redemption, reward, type RedemptionRecord, type RewardRecord } from './reward.store.ts'
export { redemptionCancelled, rewardRedeemed } from './redemption.actions.ts'

export default module('reward', {
  verbs: ['read', 'write', 'delete', 'redeem'],
  entities: [reward, redemption],
  events: [a.rewardCreated, a.rewardChanged, a.rewardRestocked, a.rewardDeleted, a.rewardRestored, r.rewardRedeemed, r.redemptionCancelled],
  routes: [
    route('POST /rewards', a.define, {
      can: 'reward:write',
      summary: 'Put a reward in the catalogue',
      example: { name: 'Tea set', cost: 500, stock: 20, perCustomer: 1 },
    }),
    route('GET /rewards', a.list, { can: 'reward:read', summary: 'Rewards by cost, or in the bin' }),
    route('GET /rewards/{id}', a.show, { can: 'reward:read', summary: 'One reward and how many are left' }),
    route('PATCH /rewards/{id}', a.change, {
      can: 'reward:write',
      summary: 'Change a reward',
      example: { cost: 450, until: '2027-01-01T00:00:00Z' },
      faults: ['reward.version_differs'],
    }),
    route('POST /rewards/{id}/restock', a.restock, {
      can: 'reward:write',
      summary: 'Put more of a reward in stock, or take some out',
      example: { by: 10 },
      faults: ['reward.not_limited', 'reward.out_of_stock', 'stock.unchanged'],
    }),
    route('DELETE /rewards/{id}', a.bin_, { can: 'reward:delete', summary: 'Put a reward in the bin', faults: ['reward.version_differs'] }),
    route('POST /rewards/{id}/restore', a.restore, {
      can: 'reward:delete',
      summary: 'Take a reward out of the bin',
      faults: ['reward.not_deleted'],
    }),
    route('POST /customers/{id}/redemptions', r.redeem, {
      can: 'reward:redeem',
      summary: 'Redeem a customer’s points for a reward',
      example: { rewardId: 'rwd_0000000000000000000A', quantity: 1 },
      faults: [
        'reward.not_found',
        'points.insufficient',
        'reward.not_available',
        'reward.tier_not_allowed',
        'reward.limit_reached',
        'reward.out_of_stock',
      ],
    }),
    route('GET /customers/{id}/redemptions', r.listOfCustomer, { can: 'reward:read', summary: 'What a customer redeemed, newest first' }),
    route('GET /redemptions/{id}', r.show, { can: 'reward:read', summary: 'One redemption' }),
    route('POST /redemptions/{id}/cancel', r.cancel, {
      can: 'reward:redeem',
      summary: 'Cancel a redemption and give the points back',
      example: { reason: 'Not in the store after all' },
      faults: ['redemption.cancelled'],
    }),
  ],
})
