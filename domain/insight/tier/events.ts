import { event } from '../../kernel/event.ts'
import type { Cause } from './tier.ts'

export const tierJoined = event('tier.joined', 'A customer entered the lowest tier with a purchase')
export const tierPromoted = event('tier.promoted', 'A customer’s trailing spend reached the line of a higher tier')
export const tierRenewed = event('tier.renewed', 'A customer requalified for their tier for another year')
export const tierDemoted = event('tier.demoted', 'A customer’s tier expired and they dropped to the one below')
export const tierAtRisk = event('tier.at_risk', 'A customer will drop from their tier unless they spend more before it expires')
export const tierOverridden = event('tier.overridden', 'A person gave a customer a tier by hand')
export const overrideEnded = event('tier.override_ended', 'A tier given by hand ended')
/** Housekeeping: a look ahead that found nothing amiss, or purchases that earned a tier which an override hides. */
export const tierLooked = event('tier.looked', 'A customer’s tier was looked at', { published: false })

export const policyDrafted = event('tier_policy.drafted', 'A version of the workspace’s tiers was drafted')
export const policyChanged = event('tier_policy.changed', 'A draft of the workspace’s tiers changed')
export const policyPublished = event('tier_policy.published', 'A version of the workspace’s tiers was published for a date to come')
export const policyTookEffect = event('tier_policy.took_effect', 'A version of the workspace’s tiers came into force')
export const policyRetired = event('tier_policy.retired', 'A version of the workspace’s tiers gave way to another')
export const policyBlocked = event('tier_policy.blocked', 'A version of the workspace’s tiers could not take effect on its date')
/** Housekeeping: the copy of the version in force by which customers are judged. */
export const rulesChanged = event('tier.rules_changed', 'The tiers in force changed', { published: false })
export const policySimulated = event('tier_policy.simulated', 'A simulation of a version of the workspace’s tiers is complete')
export const walkMoved = event('tier.walk_moved', 'A walk over the customers on behalf of a tier policy went on', { published: false })

/** The event of a change that is seen. */
export const eventOf: Readonly<Record<Cause, ReturnType<typeof event>>> = {
  joined: tierJoined,
  promoted: tierPromoted,
  renewed: tierRenewed,
  demoted: tierDemoted,
  overridden: tierOverridden,
  override_ended: overrideEnded,
}
