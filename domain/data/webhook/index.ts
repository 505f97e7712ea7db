import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { webhookDisabled, webhookTested } from './attempt.ts'
import * as d from './delivery.actions.ts'
import * as a from './webhook.actions.ts'
import { webhook } from './webhook.store.ts'

export { isLoopback, isPublic } from './address.ts'
export { deliver, deliveries, send, type Delivered, type Receiver } from './attempt.ts'
export { type Answered, type Delivery } from './delivery.ts'
export { DELIVERIES_JOB } from './delivery.store.ts'
export { webhook } from './webhook.store.ts'

export default module('webhook', {
  verbs: ['read', 'write', 'delete'],
  entities: [webhook],
  events: [a.webhookCreated, a.webhookChanged, a.webhookRotated, a.webhookDeleted, webhookTested, webhookDisabled],
  routes: [
    route('POST /webhooks', a.open, {
      can: 'webhook:write',
      summary: 'Have events sent to a receiver; answers with its secret, this once',
      description:
        'Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`. 2xx within 15 s is success. Otherwise again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; then, or at once on 410, the webhook is disabled.',
      example: { url: 'https://shop.example.com/hooks/crm', types: ['deal.won', 'purchase.*'] },
      faults: [
        'webhook.too_many',
        'webhook.url_not_https',
        'webhook.url_not_public',
        'webhook.url_credentials',
        'webhook.url_fragment',
        'event.type_unknown',
      ],
    }),
    route('GET /webhooks', a.list, { can: 'webhook:read', summary: 'Webhooks by url' }),
    route('GET /webhooks/{id}', a.show, { can: 'webhook:read', summary: 'One webhook' }),
    route('PATCH /webhooks/{id}', a.change, {
      can: 'webhook:write',
      summary: 'Change a webhook, switch it on or off',
      example: { types: ['*'], state: 'on' },
      faults: [
        'patch.empty',
        'webhook.url_not_https',
        'webhook.url_not_public',
        'webhook.url_credentials',
        'webhook.url_fragment',
        'event.type_unknown',
      ],
    }),
    route('DELETE /webhooks/{id}', a.bin_, { can: 'webhook:delete', summary: 'Remove a webhook and its secret' }),
    route('POST /webhooks/{id}/rotate', a.rotate, {
      can: 'webhook:write',
      summary: 'Make a new secret; the one before counts for a while',
      example: { overlapHours: 24 },
    }),
    route('POST /webhooks/{id}/test', a.test, { can: 'webhook:write', summary: 'Send `webhook.tested` to this webhook' }),
    route('GET /webhooks/{id}/deliveries', d.list, {
      can: 'webhook:read',
      summary: 'What a webhook was told or is to be told, latest first',
      example: { state: 'failed' },
    }),
    route('GET /deliveries/{id}', d.show, {
      can: 'webhook:read',
      summary: 'One delivery with every attempt: status, time, error',
      faults: ['delivery.not_found'],
    }),
    route('POST /deliveries/{id}/replay', d.replay, {
      can: 'webhook:write',
      summary: 'Tell it once more, under the same id',
      faults: ['delivery.not_found', 'delivery.waiting', 'webhook.off'],
    }),
  ],
})
