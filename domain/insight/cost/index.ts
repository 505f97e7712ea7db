import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './cost.actions.ts'
import { cost, costTotals } from './cost.store.ts'
import { costBooked, costCorrected, costsSummed, costVoided } from './ledger.ts'
import * as r from './rates.actions.ts'
import { costRates } from './rates.store.ts'

export { costKinds, sayCost, type Cost, type CostKind } from './cost.ts'
export { cost, costTotals, costsWithin, purchasesWithin, type CostRecord, type TotalsRecord } from './cost.store.ts'
export { bookTicket, bookVisit, isTicket, TICKET } from './follow.ts'
export { noTotals, withCost } from './totals.ts'
export { costBooked, costCorrected, costVoided } from './ledger.ts'
export { monthsOf, periodBefore, periodInput, periodOf, type Period } from './period.ts'
export { costOfPurchase, type PurchaseCost } from './purchase-cost.ts'
export { costRates, pricingOf } from './rates.store.ts'
export type { Pricing } from './rates.ts'

const usd = (amount: number) => ({ amount, currency: 'USD' })
const ratesExample = {
  servicePerHour: usd(3_000),
  visitPerHour: usd(4_000),
  perVisit: usd(2_000),
  minutesPerTicket: 5,
  minutesPerMessage: 5,
  perReturn: usd(500),
  perSend: usd(1),
  returnLoss: 0.1,
}

export default module('cost', {
  verbs: ['read', 'write', 'rates'],
  entities: [cost, costTotals, costRates],
  events: [costBooked, costCorrected, costVoided, costsSummed, r.ratesChanged, r.ratesKept],
  routes: [
    route('GET /cost-rates', r.showRates, { can: 'cost:read', summary: 'What serving customers costs: the rates in force' }),
    route('GET /cost-rates/{version}', r.showVersion, {
      can: 'cost:read',
      summary: 'The rates as a version had them',
      faults: ['costrates.not_found'],
    }),
    route('POST /cost-rates', r.setRates, {
      can: 'cost:rates',
      status: 200,
      summary: 'Set what serving customers costs, as a whole',
      example: ratesExample,
      faults: ['costrates.version_differs'],
      description:
        'Holds for what is booked from now on. Send If-Match with the version you read to refuse a change that overlooks another one.',
    }),
    route('GET /customers/{id}/costs', a.ledger, {
      can: 'cost:read',
      summary: 'What serving a customer cost, latest first, each with its cause',
      description: 'Tickets, visits, compensation, campaigns and entries as booked; discounts and returns as their purchases tell of them.',
    }),
    route('POST /customers/{id}/costs', a.enter, {
      can: 'cost:write',
      summary: 'Enter a cost: an amount, or minutes or messages at the workspace’s rates',
      description: 'A cause with a sourceId is entered once: the same again answers 200 with what is there, told otherwise 409.',
      example: { kind: 'compensation', amount: usd(1_500), reason: 'Parcel arrived late', sourceId: 'claim-881' },
      faults: ['cost.source_taken', 'ticket.unknown', 'in_the_future', 'too_early'],
      existing: true,
    }),
    route('GET /costs/{id}', a.show, { can: 'cost:read', summary: 'One line of a customer’s costs, with what it was made of' }),
    route('POST /costs/{id}/void', a.takeBack, {
      can: 'cost:write',
      summary: 'Take an entered cost back',
      example: { reason: 'Entered twice' },
      faults: ['cost.follows'],
    }),
  ],
})
