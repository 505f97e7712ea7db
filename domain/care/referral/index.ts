import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './referral.actions.ts'
import * as e from './referral.events.ts'
import { referral } from './referral.store.ts'

export { expire } from './referral.actions.ts'
export { follow, followMerge } from './follow.ts'
export { referralClaimed, wordOfMouthChanged } from './referral.events.ts'
export { referral, referralsOf, type ReferralRecord } from './referral.store.ts'

export default module('referral', {
  verbs: ['read', 'write'],
  entities: [referral],
  events: [
    e.referralMade,
    e.referralClaimed,
    e.referralExpired,
    e.referralCancelled,
    e.referralVoided,
    e.referralCounted,
    e.wordOfMouthChanged,
  ],
  routes: [
    route('POST /customers/{id}/referrals', a.refer, {
      can: 'referral:write',
      summary: 'Note whom a customer referred',
      example: { email: 'grace@example.com', note: 'A colleague' },
      faults: [
        'referral.name_one',
        'referral.two_people',
        'referral.self',
        'referral.already_buyer',
        'referral.cycle',
        'referral.chain_too_long',
        'referral.taken',
      ],
      description: 'Claimed by their first purchase within the window of the points programme. Of each person there is one referrer.',
    }),
    route('GET /customers/{id}/referrals', a.listOfCustomer, { can: 'referral:read', summary: 'Whom a customer referred, newest first' }),
    route('GET /customers/{id}/word-of-mouth', a.value, { can: 'referral:read', summary: 'What those a customer referred bought' }),
    route('GET /referrals/{id}', a.show, { can: 'referral:read', summary: 'One referral' }),
    route('POST /referrals/{id}/cancel', a.cancel, {
      can: 'referral:write',
      summary: 'Cancel an open referral',
      example: { reason: 'Entered for the wrong customer' },
      faults: ['referral.closed'],
    }),
  ],
})
