import { Complaint } from '../complaint.ts'
import type { Issuer } from '../issuer.ts'
import type { JsonObject } from '../json.ts'
import type { ClientSpec, PoolSpec } from '../template.ts'
import { type Directory, newUser } from './directory.ts'

/** Mints Cognito-shaped access tokens for the users and machine clients of the stack. */
export interface Tokens {
  /** For a role, a username, or `integration` (the first machine client). @throws Complaint for anyone else. */
  mint(who: string): Promise<string>
  machine(pool: PoolSpec, client: ClientSpec, scopes: readonly string[]): Promise<string>
  user(pool: PoolSpec, client: ClientSpec, username: string): Promise<string>
  /** The names that `mint` takes without further ado: one for each role, then the machine client. */
  readonly roles: readonly string[]
}

/** A working day and a night; Cognito's longest. */
export const validSeconds = 86_400

/** The roles of the CRM, where the template declares no groups. */
const usualRoles = ['admin', 'manager', 'sales', 'service', 'viewer']

export const machineRole = 'integration'

export const usernameOf = (role: string): string => `usr_${role}`

const client = (pool: PoolSpec, machine: boolean): ClientSpec | undefined => pool.clients.find((candidate) => candidate.machine === machine)

/** Of a client that may have several, the scope of the role it is named for; else all it may have. */
const scopesOf = ({ scopes }: ClientSpec): readonly string[] => {
  const own = scopes.filter((scope) => scope.endsWith(`/${machineRole}`))
  return own.length > 0 ? own : scopes
}

const rolesOf = (pool: PoolSpec): readonly string[] => {
  const groups = pool.groups.filter((group) => group !== machineRole)
  return groups.length > 0 ? groups : usualRoles
}

/** A local run has one user for each role from the start, named `usr_` and the role. */
export const seedUsers = (pools: readonly PoolSpec[], directory: Directory): void => {
  for (const pool of pools) {
    for (const role of rolesOf(pool)) {
      const username = usernameOf(role)
      const attributes = { name: `Local ${role}`, email: `${role}@example.com` }
      if (directory.find(pool.id, username) === undefined) directory.put(pool.id, newUser(pool.id, username, [role], attributes))
    }
  }
}

export const createTokens = (pools: readonly PoolSpec[], directory: Directory, issuer: Issuer): Tokens => {
  const [pool] = pools
  const base = (clientId: string): JsonObject => ({
    token_use: 'access',
    client_id: clientId,
    auth_time: Math.floor(Date.now() / 1000),
    version: 2,
  })
  const machine: Tokens['machine'] = (of, by, scopes) =>
    issuer.sign(of.id, { sub: by.id, ...base(by.id), scope: scopes.join(' ') }, validSeconds)
  const user: Tokens['user'] = async (of, by, username) => {
    const found = directory.find(of.id, username)
    if (found === undefined)
      throw new Complaint(
        `There is no user ${username}: ${directory
          .all(of.id)
          .map((each) => each.username)
          .join(', ')}.`,
      )
    if (!found.enabled) throw new Complaint(`The user ${username} is disabled.`)
    const groups = found.groups.length === 0 ? {} : { 'cognito:groups': found.groups }
    return issuer.sign(of.id, { sub: found.sub, username, ...groups, ...base(by.id), scope: 'aws.cognito.signin.user.admin' }, validSeconds)
  }
  const mint = async (who: string): Promise<string> => {
    if (pool === undefined) throw new Complaint('The stack has no user pool, so there are no tokens.')
    const machineClient = client(pool, true)
    if (who === machineRole && machineClient !== undefined) return machine(pool, machineClient, scopesOf(machineClient))
    const staff = client(pool, false)
    if (staff === undefined) throw new Complaint('The user pool has no client for people, so there are no tokens for them.')
    return user(pool, staff, directory.find(pool.id, who) === undefined ? usernameOf(who) : who)
  }
  const roles = pool === undefined ? [] : [...rolesOf(pool), ...(client(pool, true) === undefined ? [] : [machineRole])]
  return { mint, machine, user, roles }
}
