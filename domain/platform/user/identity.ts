import type { User } from './user.store.ts'

/**
 * Where people sign in: a user pool. The directory of people is the workspace's own; the pool follows its events
 * `user.*`, whose ids are the pool's user names and whose `roles` are its groups. Each call is safe to repeat.
 */
export interface IdentityProvider {
  /** Makes or updates the account, its email and its groups, and enables it. */
  provision(person: Pick<User, 'id' | 'name' | 'email' | 'roles'>): Promise<void>
  /** Ends the account's sessions and lets nobody sign in to it. */
  disable(person: Pick<User, 'id'>): Promise<void>
}
