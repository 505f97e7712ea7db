import * as z from 'zod'
import { action, once } from '../domain/kernel/action.ts'
import { happenedSchema, on, type Reaction } from '../domain/kernel/event.ts'
import { find } from '../domain/kernel/record.ts'
import {
  user,
  userChanged,
  userCreated,
  userDeleted,
  userDisabled,
  userEnabled,
  userRestored,
  type IdentityProvider,
} from '../domain/platform/user/index.ts'
import { lambdaEdge } from '../functions/edge.ts'
import { eventPattern, reactHandler } from './reacting.ts'
import { userPool } from './user-pool.ts'

/**
 * The user pool follows the workspace's directory of people. It has a function of its own, so that the right to make
 * accounts lies with nothing else. What is done follows from the person as they stand now, not from the event, so
 * events may come twice, late and out of order.
 */
export function peopleReactions(provider: () => IdentityProvider): readonly Reaction[] {
  const follow = action(
    'user.follow',
    () => ({ input: happenedSchema(), output: z.object({}) }),
    async (ctx, { recordId }) => {
      const person = await find(ctx, user, recordId, { deleted: true })
      if (person.disabled || person.deletedAt) await provider().disable(person)
      else await provider().provision(person)
      return {}
    },
  )
  return [on([userCreated, userChanged, userDisabled, userEnabled, userDeleted, userRestored], follow)]
}

const reactions = peopleReactions(once(userPool))

/** What the bus's rule lets through to this function's queue. */
export const peoplePattern = () => eventPattern(reactions)

export const handler = reactHandler({ edge: lambdaEdge, reactions })
