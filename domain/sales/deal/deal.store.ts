import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { namesOf } from '../../customer/customer/index.ts'
import { stretchOf } from '../pipeline/index.ts'
import { recordShape, type Deal } from './deal.ts'

/** Sorts after every day: deals with no date come last. */
const NO_DAY = '9999-12-31'

/** The day a deal is listed under: when it is expected to close, or was closed. */
const dayOfDeal = ({ closedAt, expectedClose }: Pick<Deal, 'closedAt' | 'expectedClose'>): string =>
  (closedAt ?? expectedClose ?? NO_DAY).slice(0, 10)

/** A chance to sell something to a customer. */
export const deal = entity({
  noun: 'deal',
  prefix: 'dea',
  home: 'customer',
  fields: () => z.object(recordShape()),
  row: [
    'customerId',
    'name',
    'state',
    'pipelineId',
    'stage',
    'value',
    'probability',
    'weighted',
    'expectedClose',
    'closedAt',
    'ownerId',
    'staleSince',
    'tags',
  ],
  list: {
    on: ['state', 'pipelineId', 'stage', 'expectedClose', 'closedAt'],
    key: (fields) => ({ facet: fields.state, order: stretchOf(fields.pipelineId, fields.stage) + dayOfDeal(fields) }),
  },
  owner: {
    on: ['ownerId', 'state', 'expectedClose', 'closedAt'],
    key: (fields) => (fields.ownerId ? { user: fields.ownerId, state: fields.state, at: dayOfDeal(fields) } : undefined),
  },
  due: { on: ['staleCheckAt'], key: ({ staleCheckAt }) => (staleCheckAt ? { job: 'deals', at: staleCheckAt } : undefined) },
  unique: { on: ['externalIds'], values: (fields) => namesOf('deal', fields), fault: 'deal.identity_taken' },
  responsible: 'ownerId',
  personal: ['externalIds', 'name', 'nextStep', 'custom', 'wonReason', 'lostNote', 'decisionFactors'],
})
export type DealRecord = RecordOf<typeof deal>

export const dealOpened = event('deal.opened', 'A deal was opened')
export const dealChanged = event('deal.changed', 'A deal changed')
export const dealStageChanged = event('deal.stage_changed', 'A deal went to another stage')
export const dealWon = event('deal.won', 'A deal was won')
export const dealLost = event('deal.lost', 'A deal was lost')
export const dealReopened = event('deal.reopened', 'A closed deal was opened again')
export const dealStale = event('deal.stale', 'A deal has been in its stage for too long')
export const dealLooked = event('deal.looked_at', 'The product looked whether a deal is stale, and will look again', { published: false })
export const dealDeleted = event('deal.deleted', 'A deal was put in the bin')
export const dealRestored = event('deal.restored', 'A deal was taken out of the bin')
