import { on, type Reaction } from '../domain/kernel/event.ts'
import { calm, contact, reconsider, settle, warn } from '../domain/care/cadence/index.ts'
import { cancelAll, followOwner, taskCancelled, taskDeleted, taskDone, taskReopened, taskRestored } from '../domain/care/task/index.ts'
import { customerAssigned, customerDeleted, customerRestored } from '../domain/customer/customer/index.ts'
import { interactionChanged, interactionDeleted, interactionRecorded, interactionRestored } from '../domain/customer/interaction/index.ts'
import { purchaseDeleted, purchaseRecorded, purchaseRestored, purchaseReturned } from '../domain/customer/purchase/index.ts'
import { followFile, overrideEnded, promote, tierDemoted, tierJoined, tierOverridden, tierPromoted } from '../domain/insight/tier/index.ts'
import { follow, moveLifecycle, reassign, warningCleared, warningClosed, warningRaised } from '../domain/insight/warning/index.ts'

/** Every consequence in the product, one line each: when this happens, that follows. */
export const reactions: readonly Reaction[] = [
  on([purchaseRecorded, purchaseReturned, purchaseDeleted, purchaseRestored, customerDeleted, customerRestored], follow),
  on([purchaseRecorded, purchaseRestored], promote),
  on([customerDeleted, customerRestored], followFile),
  on(customerAssigned, reassign),
  on([warningRaised, warningCleared, warningClosed], moveLifecycle),
  on(warningRaised, warn),
  on([warningCleared, warningClosed], calm),
  on([interactionRecorded, interactionChanged, interactionDeleted, interactionRestored], contact),
  on([taskDone, taskCancelled, taskDeleted, taskReopened, taskRestored], settle),
  on([tierJoined, tierPromoted, tierDemoted, tierOverridden, overrideEnded, customerRestored], reconsider),
  on(customerAssigned, followOwner),
  on(customerDeleted, cancelAll),
]
