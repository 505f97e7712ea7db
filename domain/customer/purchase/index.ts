import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { recordBatch } from './batch.ts'
import * as c from './correction.actions.ts'
import * as a from './purchase.actions.ts'
import { history, purchase } from './purchase.store.ts'
import { historyChanged, purchaseRecorded } from './recording.ts'

export { bin as deletePurchase, purchaseDeleted, purchaseRestored, purchaseReturned } from './correction.actions.ts'
export { recordFor as recordPurchase } from './purchase.actions.ts'
export { historyOf, saleOf, together, YEAR_DAYS, type History, type Sale } from './history.ts'
export { baseOf, remaining, returnedBase, type Purchase } from './purchase.ts'
export { history, historyIn, historyPlace, purchase, salesOf, type HistoryRecord, type PurchaseRecord } from './purchase.store.ts'
export { historyChanged, purchaseRecorded } from './recording.ts'

const sale = {
  orderId: { system: 'shop', id: '10042' },
  at: '2026-11-20T10:15:00Z',
  amount: { amount: 12900, currency: 'USD' },
  items: [{ sku: 'TEA-100', name: 'Green tea 100 g', quantity: 3, unitAmount: 4300 }],
  channel: 'web',
}
const faults = ['purchase.order_taken', 'purchase.deleted'] as const

export default module('purchase', {
  verbs: ['read', 'write', 'delete'],
  entities: [purchase, history],
  events: [purchaseRecorded, a.purchaseChanged, c.purchaseReturned, c.purchaseDeleted, c.purchaseRestored, historyChanged],
  routes: [
    route('POST /customers/{id}/purchases', a.recordFor, {
      can: 'purchase:write',
      summary: 'Record a purchase of a customer',
      faults,
      existing: true,
      example: sale,
      description: 'An order is recorded once: the same again answers 200 with what is there, with other facts 409.',
    }),
    route('GET /customers/{id}/purchases', a.list, { can: 'purchase:read', summary: 'A customer’s purchases, newest first' }),
    route('POST /purchases', a.record, {
      can: 'purchase:write',
      summary: 'Record a purchase of the customer the shop names',
      faults: [...faults, 'customer.not_found', 'customer.name_one'],
      existing: true,
      example: { customer: { system: 'shop', id: 'C-77' }, ...sale },
      description: 'Name the customer by customerId, by their id in another system, or by email.',
    }),
    route('POST /purchases/batch', recordBatch, {
      can: 'purchase:write',
      status: 207,
      summary: 'Record up to 100 purchases, with a result for each',
      example: { purchases: [{ email: 'ada@example.com', ...sale }] },
    }),
    route('GET /purchases/{id}', a.show, { can: 'purchase:read', summary: 'One purchase' }),
    route('PATCH /purchases/{id}', a.change, {
      can: 'purchase:write',
      summary: 'Change notes or channel of a purchase',
      example: { channel: 'store', notes: null },
      faults: ['purchase.version_differs'],
    }),
    route('POST /purchases/{id}/returns', c.giveBack, {
      can: 'purchase:write',
      status: 200,
      summary: 'Take some or all of a purchase back',
      example: { returnId: 'R-9', amount: { amount: 4300, currency: 'USD' }, reason: 'Too strong' },
      faults: [
        'purchase.return_exceeds',
        'purchase.return_differs',
        'purchase.too_many_returns',
        'currency.differs',
        'amount.zero',
        'in_the_future',
      ],
    }),
    route('DELETE /purchases/{id}', c.bin, {
      can: 'purchase:delete',
      summary: 'Put a purchase in the bin',
      faults: ['purchase.version_differs'],
    }),
    route('POST /purchases/{id}/restore', c.restore, {
      can: 'purchase:delete',
      summary: 'Take a purchase out of the bin',
      faults: ['purchase.not_deleted', 'purchase.order_taken'],
    }),
  ],
})
