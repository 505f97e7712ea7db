import { once } from '../domain/kernel/action.ts'
import { lambdaCredentials } from '../domain/kernel/table/client.ts'
import { builtInRoles } from '../domain/platform/role/index.ts'
import type { IdentityProvider } from '../domain/platform/user/index.ts'
import { setting } from '../functions/edge.ts'

const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name

/**
 * The Cognito user pool that the environment names. The pool invites a new person by e-mail. Groups are the built-in
 * roles; a role the workspace made is looked up in the workspace, so the pool need not know it.
 */
export function userPool(): IdentityProvider {
  const sdk = once(async () => {
    const cognito = await import('@aws-sdk/client-cognito-identity-provider')
    return {
      ...cognito,
      client: new cognito.CognitoIdentityProviderClient({ region: setting('AWS_REGION'), credentials: lambdaCredentials }),
    }
  })
  const of = (Username: string) => ({ UserPoolId: setting('USER_POOL_ID'), Username })

  async function invite(username: string, attributes: { Name: string; Value: string }[]): Promise<void> {
    const { client, AdminCreateUserCommand, AdminUpdateUserAttributesCommand } = await sdk()
    try {
      await client.send(new AdminCreateUserCommand({ ...of(username), UserAttributes: attributes, DesiredDeliveryMediums: ['EMAIL'] }))
    } catch (error) {
      if (!isNamed(error, 'UsernameExistsException')) throw error
      await client.send(new AdminUpdateUserAttributesCommand({ ...of(username), UserAttributes: attributes }))
    }
  }

  async function follow(username: string, roles: readonly string[]): Promise<void> {
    const { client, AdminAddUserToGroupCommand, AdminListGroupsForUserCommand, AdminRemoveUserFromGroupCommand } = await sdk()
    const { Groups = [] } = await client.send(new AdminListGroupsForUserCommand(of(username)))
    const had = Groups.flatMap(({ GroupName }) => GroupName ?? [])
    const wanted = roles.filter((role) => role in builtInRoles)
    for (const group of wanted.filter((one) => !had.includes(one)))
      await client.send(new AdminAddUserToGroupCommand({ ...of(username), GroupName: group }))
    for (const group of had.filter((one) => !wanted.includes(one)))
      await client.send(new AdminRemoveUserFromGroupCommand({ ...of(username), GroupName: group }))
  }

  return {
    async provision({ id, email, roles }) {
      // An administrator entered the address, so it counts as verified: the person can reset a password by it.
      await invite(id, [
        { Name: 'email', Value: email },
        { Name: 'email_verified', Value: 'true' },
      ])
      await follow(id, roles)
      const { client, AdminEnableUserCommand } = await sdk()
      await client.send(new AdminEnableUserCommand(of(id)))
    },
    async disable({ id }) {
      const { client, AdminDisableUserCommand, AdminUserGlobalSignOutCommand } = await sdk()
      try {
        await client.send(new AdminDisableUserCommand(of(id)))
        await client.send(new AdminUserGlobalSignOutCommand(of(id)))
      } catch (error) {
        if (!isNamed(error, 'UserNotFoundException')) throw error
      }
    },
  }
}
