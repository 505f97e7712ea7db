import { event } from '../../kernel/event.ts'

export const referralMade = event('referral.made', 'A customer referred somebody')
export const referralClaimed = event('referral.claimed', 'Somebody referred bought for the first time within the window')
export const referralExpired = event('referral.expired', 'Somebody referred did not buy within the window')
export const referralCancelled = event('referral.cancelled', 'A referral was cancelled')
export const referralVoided = event('referral.voided', 'A referral was found to lead back to the one referred')
export const referralCounted = event('referral.counted', 'What somebody referred bought in their period changed')
/** What tiers and segments may listen to. */
export const wordOfMouthChanged = event('word_of_mouth.changed', 'What a customer’s word of mouth comes to changed')
