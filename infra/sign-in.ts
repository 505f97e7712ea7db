import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  AccountRecovery,
  CfnUserPoolGroup,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
  type UserPoolClient,
  type UserPoolDomain,
  type UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito'
import { Construct } from 'constructs'
import { builtInRoles } from '../domain/platform/role/index.ts'
import { SCOPE_PREFIX } from '../functions/actor.ts'
import { machineRoles, type StageConfig } from './config.ts'
import { accept } from './accept.ts'
import { pin } from './pin.ts'

/** Who may sign in: people by password and second factor, machines by client credentials. */
export class SignIn extends Construct {
  readonly pool: UserPool
  readonly staff: UserPoolClient
  readonly machine: UserPoolClient
  /** Where tokens are given out: `https://<prefix>.auth.<region>.amazoncognito.com`. */
  readonly address: string

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id)
    this.pool = userPool(this, config)
    const server = this.pool.addResourceServer('Server', { identifier: SCOPE_PREFIX.slice(0, -1), scopes: machineRoles.map(scopeFor) })
    const domain = this.pool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: config.signIn.domainPrefix ?? `${config.stage}-crm-${Aws.ACCOUNT_ID}` },
    })
    this.staff = staffClient(this.pool, config)
    this.machine = machineClient(this.pool, server, config)
    this.address = addressOf(domain)
    for (const [role, { description }] of Object.entries(builtInRoles)) {
      const group = new CfnUserPoolGroup(this, `Group-${role}`, { userPoolId: this.pool.userPoolId, groupName: role, description })
      pin(group, `Group${capital(role)}`)
    }
    for (const [construct, logicalId] of [
      [this.pool, 'Users'],
      [server, 'MachineScopes'],
      [domain, 'SignInDomain'],
      [this.staff, 'StaffClient'],
      [this.machine, 'MachineClient'],
    ] as const) {
      pin(construct, logicalId)
    }
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
const addressOf = (domain: UserPoolDomain): string => `https://${domain.domainName}.auth.${Aws.REGION}.amazoncognito.com`
const scopeFor = (role: (typeof machineRoles)[number]): ResourceServerScope =>
  new ResourceServerScope({ scopeName: role, scopeDescription: builtInRoles[role].description })

function userPool(scope: Construct, config: StageConfig): UserPool {
  const pool = new UserPool(scope, 'Pool', {
    userPoolName: `${config.stage}-crm`,
    selfSignUpEnabled: false,
    signInAliases: { username: true, email: true },
    // The user name is the person's id (`usr_…`), which has capitals; a pool that ignores case would hand it out in small letters.
    signInCaseSensitive: true,
    standardAttributes: { email: { required: true, mutable: true } },
    autoVerify: { email: true },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    passwordPolicy: {
      minLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
      tempPasswordValidity: Duration.days(3),
    },
    mfa: config.signIn.mfa === 'required' ? Mfa.REQUIRED : Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  accept(
    pool,
    'AwsSolutions-COG8',
    'The plus plan costs by the user and adds threat protection; who wants it sets featurePlan. Sign-in is throttled and nobody signs up by themselves.',
  )
  if (config.signIn.mfa === 'optional') {
    accept(pool, 'AwsSolutions-COG2', 'The second factor is each person’s choice until the stage sets signIn.mfa to required.')
  }
  return pool
}

/** The web console and command line of people: authorization code with PKCE, or secure remote password. No secret: it could not keep one. */
function staffClient(pool: UserPool, config: StageConfig): UserPoolClient {
  return pool.addClient('Staff', {
    userPoolClientName: `${config.stage}-crm-staff`,
    generateSecret: false,
    authFlows: { userSrp: true },
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
      callbackUrls: config.signIn.callbackUrls,
      logoutUrls: config.signIn.logoutUrls,
    },
    accessTokenValidity: Duration.hours(1),
    idTokenValidity: Duration.hours(1),
    refreshTokenValidity: Duration.days(30),
    enableTokenRevocation: true,
    preventUserExistenceErrors: true,
  })
}

/** The company's own systems. The secret is read once with `aws cognito-idp describe-user-pool-client`. */
function machineClient(pool: UserPool, server: UserPoolResourceServer, config: StageConfig): UserPoolClient {
  const client = pool.addClient('Machine', {
    userPoolClientName: `${config.stage}-crm-machine`,
    generateSecret: true,
    oAuth: {
      flows: { clientCredentials: true },
      scopes: config.signIn.machineRoles.map((role) => OAuthScope.resourceServer(server, scopeFor(role))),
    },
    accessTokenValidity: Duration.hours(1),
    enableTokenRevocation: true,
  })
  return client
}
