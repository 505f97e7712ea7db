import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './consent.actions.ts'
import { newPolicy } from './consent.ts'
import * as s from './consent.store.ts'

export { consentShape, permits, standingsParted, standingsTogether, type Consent, type Permit } from './consent.ts'
export { consent, consentEntry, consentMoved, consentPolicy, mayContact, type ConsentRecord } from './consent.store.ts'

export default module('consent', {
  verbs: ['read', 'write', 'policy'],
  entities: [s.consent, s.consentEntry, s.consentPolicy],
  events: [s.consentGiven, s.consentWithdrawn, s.consentMoved, s.policyChanged],
  routes: [
    route('GET /consent-policy', a.showPolicy, {
      can: 'consent:read',
      summary: 'What the workspace contacts people for, and the words they agree to',
    }),
    route('POST /consent-policy', a.setPolicy, {
      can: 'consent:policy',
      summary: 'Set what the workspace contacts people for',
      description: 'Sets the policy as a whole. The words of a version stand for ever; new words are a new version.',
      example: { ...newPolicy },
      faults: ['consent_policy.version_differs', 'consent_policy.text_fixed'],
    }),
    route('POST /customers/{id}/consents', a.record, {
      can: 'consent:write',
      status: 200,
      summary: 'Record what a customer agreed to or withdrew, with its proof',
      example: { purpose: 'marketing', channels: ['email'], decision: 'given', how: 'form', textVersion: '1', source: 'Newsletter page' },
      faults: ['consent.purpose_unknown', 'consent.channel_unused', 'consent.text_unknown', 'consent.text_missing', 'consent.in_future'],
    }),
    route('GET /customers/{id}/consents', a.show, { can: 'consent:read', summary: 'For what and how a customer may be contacted now' }),
    route('GET /customers/{id}/consents/history', a.history, {
      can: 'consent:read',
      summary: 'All a customer ever agreed to or withdrew, newest first',
    }),
  ],
})
