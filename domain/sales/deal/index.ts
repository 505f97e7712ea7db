import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './deal.actions.ts'
import * as course from './deal.course.ts'
import * as lists from './deal.list.ts'
import * as s from './deal.store.ts'
import { putBy } from './upsert.ts'

export { list as listDeals } from './deal.list.ts'
export { deal, dealLost, dealOpened, dealReopened, dealStageChanged, dealStale, dealWon, type DealRecord } from './deal.store.ts'
export { buyingRoleNames, dealStates, lostReasons, type Deal, type DealState } from './deal.ts'
export { bin_ as deleteDeal, open as openDeal } from './deal.actions.ts'
export { putBy as putDeal } from './upsert.ts'
export { age, lose as loseDeal, moveTo as moveDeal, reopen as reopenDeal, win as winDeal } from './deal.course.ts'
export { daysInStages } from './progress.ts'
export { lineAmount, weightedBy } from './worth.ts'

const example = {
  name: 'Loom line 2',
  lines: [{ sku: 'LM-2', name: 'Loom', quantity: 2, unitAmount: 1_250_000, discountPercent: 5 }],
  currency: 'CNY',
  expectedClose: '2027-03-31',
  competitors: ['Jacquard & Sons'],
  tags: ['expansion'],
}

export default module('deal', {
  verbs: ['read', 'write', 'delete'],
  entities: [s.deal],
  events: [
    s.dealOpened,
    s.dealChanged,
    s.dealStageChanged,
    s.dealWon,
    s.dealLost,
    s.dealReopened,
    s.dealStale,
    s.dealLooked,
    s.dealDeleted,
    s.dealRestored,
  ],
  routes: [
    route('POST /customers/{id}/deals', a.open, {
      can: 'deal:write',
      summary: 'Open a deal with a customer',
      example,
      faults: [
        'deal.fields_missing',
        'deal.value_computed',
        'deal.currency_differs',
        'deal.value_too_large',
        'pipeline.unknown',
        'stage.unknown',
        'user.unknown',
        'customer.unknown',
      ],
    }),
    route('GET /customers/{id}/deals', lists.listOfCustomer, { can: 'deal:read', summary: 'A customer’s deals, latest first' }),
    route('GET /deals', lists.list, {
      can: 'deal:read',
      summary: 'Deals of a state by pipeline, stage and day; a person’s; or in the bin',
      faults: ['filter.unsupported'],
    }),
    route('PUT /deals/by/{system}/{externalId}', putBy, {
      can: 'deal:write',
      status: 201,
      summary: 'Open or change another system’s deal',
      description:
        'Whose it is by customerId, or by customer: their id in another system. 201 when it was opened, 200 when it was there. Fields not given stay; what is the same already writes nothing.',
      example: { customer: { system: 'erp', id: 'C-7' }, name: 'Loom line 2', expectedClose: '2027-03-31' },
      faults: [
        'deal.needs_customer',
        'deal.needs_name',
        'deal.customer_stands',
        'deal.identity_taken',
        'deal.version_differs',
        'deal.already_closed',
        'deal.fields_missing',
        'deal.value_computed',
        'deal.currency_differs',
        'deal.value_too_large',
        'pipeline.unknown',
        'stage.unknown',
        'user.unknown',
        'customer.unknown',
      ],
      existing: true,
    }),
    route('GET /deals/{id}', a.show, { can: 'deal:read', summary: 'One deal' }),
    route('PATCH /deals/{id}', a.change, {
      can: 'deal:write',
      summary: 'Change an open deal',
      example: { nextStep: 'Send the offer', expectedClose: '2027-04-15' },
      faults: [
        'deal.version_differs',
        'deal.already_closed',
        'deal.value_computed',
        'deal.currency_differs',
        'deal.value_too_large',
        'user.unknown',
        'customer.unknown',
      ],
    }),
    route('DELETE /deals/{id}', a.bin_, { can: 'deal:delete', summary: 'Put an open deal in the bin', faults: ['deal.already_closed'] }),
    route('POST /deals/{id}/restore', a.restore, {
      can: 'deal:delete',
      summary: 'Take a deal out of the bin',
      faults: ['deal.not_deleted'],
    }),
    route('POST /deals/{id}/stage', course.moveTo, {
      can: 'deal:write',
      summary: 'Move a deal to another stage',
      example: { stage: 'proposal' },
      faults: ['deal.already_closed', 'deal.fields_missing', 'stage.unknown', 'pipeline.unknown'],
    }),
    route('POST /deals/{id}/win', course.win, {
      can: 'deal:write',
      summary: 'Close a deal as won',
      example: { reason: 'Shortest delivery' },
      faults: ['deal.already_closed', 'deal.closed_in_future'],
    }),
    route('POST /deals/{id}/lose', course.lose, {
      can: 'deal:write',
      summary: 'Close a deal as lost',
      example: { reason: 'price', note: '8 % above the other offer' },
      faults: ['deal.already_closed', 'deal.closed_in_future'],
    }),
    route('POST /deals/{id}/reopen', course.reopen, {
      can: 'deal:write',
      summary: 'Open a closed deal again',
      faults: ['deal.not_closed'],
    }),
  ],
})
