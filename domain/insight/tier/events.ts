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

/** The event of a change that is seen. */
export const eventOf: Readonly<Record<Cause, ReturnType<typeof event>>> = {
  joined: tierJoined,
  promoted: tierPromoted,
  renewed: tierRenewed,
  demoted: tierDemoted,
  overridden: tierOverridden,
  override_ended: overrideEnded,
}
