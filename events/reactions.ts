import { on, type Reaction } from '../domain/kernel/event.ts'
import {
  calm,
  contact,
  followMerge as followPlanMerge,
  followPurchase,
  followTicket,
  reconsider,
  settle,
  warn,
} from '../domain/care/cadence/index.ts'
import { follow as followGreeting } from '../domain/care/greeting/index.ts'
import { followTier } from '../domain/care/club/index.ts'
import { fill, occasionChanged } from '../domain/care/occasion/index.ts'
import { reckon } from '../domain/care/points/index.ts'
import {
  follow as followReferral,
  followMerge as followReferralMerge,
  referralClaimed,
  wordOfMouthChanged,
} from '../domain/care/referral/index.ts'
import { cancelAll, followOwner, taskCancelled, taskDeleted, taskDone, taskReopened, taskRestored } from '../domain/care/task/index.ts'
import { customerAssigned, customerChanged, customerCreated, customerDeleted, customerRestored } from '../domain/customer/customer/index.ts'
import { customerAbsorbed, customerMerged, customerParted, customerReleased } from '../domain/data/merging/index.ts'
import { interactionChanged, interactionDeleted, interactionRecorded, interactionRestored } from '../domain/customer/interaction/index.ts'
import { purchaseDeleted, purchaseRecorded, purchaseRestored, purchaseReturned } from '../domain/customer/purchase/index.ts'
import { bookTicket, bookVisit } from '../domain/insight/cost/index.ts'
import { countRating, countReferral, ratingDeleted, ratingRecorded, ratingRestored } from '../domain/insight/satisfaction/index.ts'
import { followFile, overrideEnded, promote, tierDemoted, tierJoined, tierOverridden, tierPromoted } from '../domain/insight/tier/index.ts'
import {
  follow,
  freePlace,
  moveLifecycle,
  reassign,
  warningCleared,
  warningClosed,
  warningLate,
  warningRaised,
  warningRanked,
} from '../domain/insight/warning/index.ts'
import {
  ticketClosed,
  ticketDeleted,
  ticketNoted,
  ticketReopened,
  ticketReplied,
  ticketResolved,
  ticketRestored,
} from '../domain/service/ticket/index.ts'

/** Every consequence in the product, one line each: when this happens, that follows. */
export const reactions: readonly Reaction[] = [
  on([purchaseRecorded, purchaseReturned, purchaseDeleted, purchaseRestored, customerDeleted, customerRestored], follow),
  on([customerMerged, customerAbsorbed, customerParted, customerReleased], follow),
  on([purchaseRecorded, purchaseRestored, customerMerged, customerParted, customerReleased, wordOfMouthChanged], promote),
  on([customerDeleted, customerRestored], followFile),
  on(customerAssigned, reassign),
  on([warningRanked, warningRaised, warningLate, warningCleared, warningClosed], moveLifecycle),
  on([warningCleared, warningClosed], freePlace),
  on(warningRaised, warn),
  on([warningCleared, warningClosed], calm),
  on([interactionRecorded, interactionChanged, interactionDeleted, interactionRestored], contact),
  on([taskDone, taskCancelled, taskDeleted, taskReopened, taskRestored], settle),
  on([tierJoined, tierPromoted, tierDemoted, tierOverridden, overrideEnded, customerRestored], reconsider),
  on([customerMerged, customerParted], followPlanMerge),
  on(customerReleased, reconsider),
  on([ticketResolved, ticketClosed, ticketReopened, ticketDeleted, ticketRestored], followTicket),
  on([purchaseRecorded, purchaseReturned, purchaseDeleted, purchaseRestored], followPurchase),
  on([customerCreated, customerChanged, customerDeleted, customerRestored], followGreeting),
  on([purchaseRecorded, purchaseDeleted, purchaseRestored], followGreeting),
  on([customerMerged, customerAbsorbed, customerParted, customerReleased], followGreeting),
  on([customerAssigned, customerMerged], followOwner),
  on(customerDeleted, cancelAll),
  on([purchaseRecorded, purchaseReturned, purchaseDeleted, purchaseRestored], reckon),
  on([purchaseRecorded, purchaseReturned, purchaseDeleted, purchaseRestored], followReferral),
  on([customerMerged, customerParted, customerReleased], followReferralMerge),
  on([tierJoined, tierPromoted, tierDemoted, tierOverridden, overrideEnded], followTier),
  on(occasionChanged, fill),
  on([interactionRecorded, interactionChanged, interactionDeleted, interactionRestored], bookVisit),
  on([ticketResolved, ticketReplied, ticketNoted, ticketDeleted, ticketRestored], bookTicket),
  on([ratingRecorded, ratingDeleted, ratingRestored], countRating),
  on(referralClaimed, countReferral),
]
