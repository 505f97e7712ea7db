import type { IdentityProvider } from '../../../domain/platform/user/index.ts'
import type { Life } from './lambda.ts'
import type { World } from './world.ts'

/** Accounts of a user pool, by user name. */
export type Accounts = Map<string, { enabled: boolean; email: string; roles: readonly string[] }>

/** A user pool as one instance sees it. */
export function accountsFor(accounts: Accounts, world: World, life?: Life): IdentityProvider {
  const call = async (does: () => void): Promise<void> => {
    await world.sleep(life?.by.between(10, 80) ?? 0)
    if (life && !life.goOn()) return new Promise<never>(() => {})
    does()
    return life && !life.goOn() ? new Promise<never>(() => {}) : undefined
  }
  return {
    provision: ({ id, email, roles }) => call(() => void accounts.set(id, { enabled: true, email, roles })),
    disable: ({ id }) =>
      call(() => {
        const account = accounts.get(id)
        if (account) accounts.set(id, { ...account, enabled: false })
      }),
  }
}
