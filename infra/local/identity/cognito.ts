import { AwsError } from '../aws-json.ts'
import { type JsonObject, list, object, text } from '../json.ts'
import type { PoolSpec } from '../template.ts'
import { type Directory, newUser, type User } from './directory.ts'

type Operation = (input: JsonObject) => JsonObject

const attributesOf = (value: JsonObject[string]): Record<string, string> =>
  Object.fromEntries(list(value).map((entry) => [text(object(entry)['Name']), text(object(entry)['Value'])]))

/** A user as the admin operations answer it. */
const view = (user: User, attributes: 'Attributes' | 'UserAttributes'): JsonObject => ({
  Username: user.username,
  [attributes]: [{ Name: 'sub', Value: user.sub }, ...Object.entries(user.attributes).map(([Name, Value]) => ({ Name, Value }))],
  Enabled: user.enabled,
  UserStatus: 'CONFIRMED',
  UserCreateDate: user.createdSeconds,
  UserLastModifiedDate: user.createdSeconds,
})

/**
 * The stand-in of Cognito's admin operations, as far as a CRM's user administration needs them. A user signed out
 * everywhere keeps valid access tokens until they end, as in the cloud, where the API's authorizer checks no revocation.
 */
export const createCognito = (pools: readonly PoolSpec[], directory: Directory): Readonly<Record<string, Operation>> => {
  const poolOf = (input: JsonObject): PoolSpec => {
    const id = text(input['UserPoolId'])
    const pool = pools.find((candidate) => candidate.id === id)
    if (pool === undefined) throw new AwsError('ResourceNotFoundException', `User pool ${id} does not exist.`)
    return pool
  }
  const user = (input: JsonObject): User => directory.get(poolOf(input).id, text(input['Username']))
  const change = (input: JsonObject, changes: Partial<User>): JsonObject => {
    directory.put(poolOf(input).id, { ...user(input), ...changes })
    return {}
  }
  const group = (input: JsonObject): string => {
    const [pool, name] = [poolOf(input), text(input['GroupName'])]
    if (!pool.groups.includes(name)) throw new AwsError('ResourceNotFoundException', 'Group not found.')
    return name
  }
  return {
    AdminCreateUser: (input) => {
      const [pool, username] = [poolOf(input), text(input['Username'])]
      if (username === '') throw new AwsError('InvalidParameterException', 'Username should be a non-empty string.')
      if (directory.find(pool.id, username) !== undefined) throw new AwsError('UsernameExistsException', 'User account already exists')
      const made = newUser(pool.id, username, [], attributesOf(input['UserAttributes']))
      directory.put(pool.id, made)
      return { User: { ...view(made, 'Attributes'), UserStatus: 'FORCE_CHANGE_PASSWORD' } }
    },
    AdminGetUser: (input) => view(user(input), 'UserAttributes'),
    AdminAddUserToGroup: (input) => change(input, { groups: [...new Set([...user(input).groups, group(input)])] }),
    AdminRemoveUserFromGroup: (input) => {
      const removed = group(input)
      return change(input, { groups: user(input).groups.filter((name) => name !== removed) })
    },
    AdminListGroupsForUser: (input) => ({ Groups: user(input).groups.map((GroupName) => ({ GroupName, UserPoolId: poolOf(input).id })) }),
    AdminUpdateUserAttributes: (input) =>
      change(input, { attributes: { ...user(input).attributes, ...attributesOf(input['UserAttributes']) } }),
    AdminSetUserPassword: (input) => change(input, {}),
    AdminResetUserPassword: (input) => change(input, {}),
    AdminDisableUser: (input) => change(input, { enabled: false }),
    AdminEnableUser: (input) => change(input, { enabled: true }),
    AdminUserGlobalSignOut: (input) => change(input, {}),
    AdminDeleteUser: (input) => {
      directory.delete(poolOf(input).id, user(input).username)
      return {}
    },
    ListUsers: (input) => ({ Users: directory.all(poolOf(input).id).map((found) => view(found, 'Attributes')) }),
  }
}
