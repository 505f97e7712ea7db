import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { keyNames, projections, ttlName } from '../../domain/kernel/table/shape.ts'
import { builtInRoles } from '../../domain/platform/role/index.ts'
import { lambdaBus } from '../../events/bus.ts'
import { deliverSchedules } from '../../events/deliver.ts'
import { httpReceiver } from '../../events/receiver.ts'
import { hauls } from '../../events/hauls.ts'
import { schedules } from '../../events/schedules.ts'
import { publicPaths } from '../../functions/docs.ts'
import { folded } from '../../functions/folding.ts'
import { configOf, functionNames, type StageConfig } from '../../infra/config.ts'
import { crmApp } from '../../infra/crm-stack.ts'
import { groupOf } from '../support/group.ts'
import { actionsIn, rightsOf, synthesized, type Resource, type Synthesized } from './synthesized.ts'

const root = resolve(import.meta.dirname, '../..')
let made: Synthesized
const template = (): Template => Template.fromJSON(made.template('prod-crm-app') as Record<string, unknown>)

beforeAll(() => {
  made = synthesized('prod')
}, 180_000)
afterAll(() => made.remove())

/** A stage with everything on that may be. */
const everyKnob: StageConfig = {
  ...configOf('dev'),
  alarmEmail: 'ops@example.com',
  runbookBase: 'https://example.com/runbooks/',
  monthlyBudgetUsd: 50,
  signIn: { ...configOf('dev').signIn, mfa: 'required', domainPrefix: 'example-crm' },
  events: { ...configOf('dev').events, archiveDays: 30 },
}

const text = (value: unknown): string => JSON.stringify(value)

describe('the data outlives every deployment', () => {
  test('the table can be restored to any second and cannot be deleted', () => {
    const [table] = made.state.of('AWS::DynamoDB::GlobalTable')
    expect(table?.deletionPolicy).toBe('Retain')
    expect(table?.properties).toMatchObject({
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: ttlName, Enabled: true },
      Replicas: [{ DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
    })
  })

  test('on-demand capacity stops at the stage’s guard', () => {
    const [table] = made.state.of('AWS::DynamoDB::GlobalTable')
    const { maxReadUnits, maxWriteUnits } = configOf('prod').table
    expect(table?.properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: maxWriteUnits },
      Replicas: [{ ReadOnDemandThroughputSettings: { MaxReadRequestUnits: maxReadUnits } }],
    })
  })

  test('the indexes are those the store reads', () => {
    const [table] = made.state.of('AWS::DynamoDB::GlobalTable')
    const indexes = table?.properties['GlobalSecondaryIndexes'] as {
      IndexName: 'list' | 'owner' | 'due'
      KeySchema: { AttributeName: string }[]
      Projection: object
    }[]
    expect(indexes.map(({ IndexName }) => IndexName).sort()).toEqual(Object.keys(projections).sort())
    for (const { IndexName, KeySchema, Projection } of indexes) {
      const carried = projections[IndexName]
      expect(KeySchema.map(({ AttributeName }) => AttributeName)).toEqual(Object.values(keyNames[IndexName]))
      expect(Projection).toEqual(
        carried.length > 0 ? { ProjectionType: 'INCLUDE', NonKeyAttributes: carried } : { ProjectionType: 'KEYS_ONLY' },
      )
    }
  })

  test('logical ids are pinned: a changed one would start with empty data', () => {
    const roles = Object.keys(builtInRoles).map((role) => `Group${role.charAt(0).toUpperCase()}${role.slice(1)}`)
    const pinned = ['Table', 'Users', 'MachineScopes', 'SignInDomain', 'StaffClient', 'MachineClient', 'Files', ...roles]
    expect(made.state.resources.map(({ id }) => id)).toEqual(expect.arrayContaining(pinned))
  })

  test('files are private and go over TLS only', () => {
    const [bucket] = made.state.of('AWS::S3::Bucket')
    expect(bucket?.deletionPolicy).toBe('Retain')
    expect(Object.values(bucket?.properties['PublicAccessBlockConfiguration'] as object)).toEqual([true, true, true, true])
    expect(bucket?.properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' })
    expect(text(made.state.of('AWS::S3::BucketPolicy')[0]?.properties)).toContain('"aws:SecureTransport":"false"')
    expect(bucket?.properties['CorsConfiguration']).toBeUndefined()
  })

  test('uploads and exports are dropped after a while, and the stage’s web pages may use signed links', () => {
    const [bucket] = made.state.of('AWS::S3::Bucket')
    expect(bucket?.properties['LifecycleConfiguration']).toEqual({
      Rules: expect.arrayContaining([
        expect.objectContaining({ Prefix: 'export/', ExpirationInDays: 14 }),
        expect.objectContaining({ Prefix: 'import/', ExpirationInDays: 30 }),
      ]),
    })
    const { app, state } = crmApp({ stage: 'dev', outdir: join(made.outdir, 'dev') })
    const dev = Template.fromJSON(app.synth().getStackByName(state.stackName).template as Record<string, unknown>)
    dev.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: { CorsRules: [Match.objectLike({ AllowedOrigins: ['http://localhost:5173'], AllowedMethods: ['GET', 'PUT'] })] },
    })
  }, 180_000)

  test('people sign in by id or email in any case of the id, with a second factor if they like, and nobody signs up alone', () => {
    const [pool] = made.state.of('AWS::Cognito::UserPool')
    expect(pool?.deletionPolicy).toBe('Retain')
    expect(pool?.properties).toMatchObject({
      DeletionProtection: 'ACTIVE',
      UsernameConfiguration: { CaseSensitive: true },
      AliasAttributes: ['email'],
      MfaConfiguration: 'OPTIONAL',
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    })
    expect(made.state.of('AWS::Cognito::UserPoolGroup').map(({ properties }) => properties['GroupName'])).toEqual(Object.keys(builtInRoles))
  })

  test('a machine gets tokens by client credentials, with a role as its scope', () => {
    const clients = made.state.of('AWS::Cognito::UserPoolClient').map(({ properties }) => properties)
    expect(clients.find((one) => one['GenerateSecret'] === true)).toMatchObject({
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: [{ 'Fn::Join': ['', [{ Ref: 'MachineScopes' }, '/integration']] }],
    })
    expect(clients.find((one) => one['GenerateSecret'] === false)).toMatchObject({
      AllowedOAuthFlows: ['code'],
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    })
  })
})

describe('the API', () => {
  const keyed = ({ properties }: Resource): string => `${String(properties['RouteKey'])} ${String(properties['AuthorizationType'])}`

  test('leads to every declared route, behind the sign-in unless it is public, and to the docs in the open', () => {
    const declared = routes.map((one) => ({ method: one.method, path: `/v1${one.path}`, by: groupOf(one), open: one.public }))
    const guarded = folded(
      declared.filter(({ open }) => !open),
      'api',
      '/v1',
    ).map(({ method, path }) => `${method} ${path} JWT`)
    const open = [...publicPaths, ...routes.filter((one) => one.public).map(({ path }) => path)].map((path) => `GET /v1${path} NONE`)
    expect(made.crm.of('AWS::ApiGatewayV2::Route').map(keyed).sort()).toEqual([...guarded, ...open].sort())
  })

  test('takes tokens of this deployment’s two clients alone', () => {
    const { JwtConfiguration } = made.crm.one<{ JwtConfiguration: { Audience: unknown[] } }>('AWS::ApiGatewayV2::Authorizer')
    expect(JwtConfiguration.Audience).toHaveLength(2)
  })

  test('stays within what API Gateway and Lambda take', () => {
    expect(made.crm.of('AWS::ApiGatewayV2::Route').length).toBeLessThanOrEqual(300)
    expect(made.crm.of('AWS::Lambda::Permission')).toHaveLength(5)
  })

  test('is throttled, and its log has request ids and no addresses', () => {
    const {
      AccessLogSettings: { Format: format },
      DefaultRouteSettings,
    } = made.crm.one<{ AccessLogSettings: { Format: string }; DefaultRouteSettings: object }>('AWS::ApiGatewayV2::Stage')
    expect(DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 2_000 })
    expect(format).toContain('$context.requestId')
    expect(format).not.toMatch(/sourceIp|userAgent|username|claims/)
  })
})

/** Functions that the clock starts, all day: not traced. */
const byClock = ['sweep', 'haul', 'deliver']

describe('each function has its own rights and no more', () => {
  const own = ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments']
  const records = ['BatchGetItem', 'BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
    (one) => `dynamodb:${one}`,
  )
  const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((one) => `dynamodb:${one}`)
  const failed = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage']
  const files = ['s3:GetObject', 's3:ListBucket', 's3:PutObject']
  const removal = ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:ListBucketVersions']
  const messages = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']

  test.each([
    ['api', records],
    ['value', records],
    ['asset', records],
    ['transfer', [...records, ...files]],
    ['docs', []],
    ['project', [...records, ...stream, ...failed]],
    ['publish', [...stream, ...failed, 'events:PutEvents']],
    ['react', [...records, ...messages]],
    [
      'people',
      [
        'dynamodb:GetItem',
        ...messages,
        ...[
          'CreateUser',
          'UpdateUserAttributes',
          'EnableUser',
          'DisableUser',
          'UserGlobalSignOut',
          'ListGroupsForUser',
          'AddUserToGroup',
          'RemoveUserFromGroup',
        ].map((one) => `cognito-idp:Admin${one}`),
      ],
    ],
    ['sweep', [...records, ...messages, 'sqs:SendMessage']],
    ['haul', [...records, 'dynamodb:Scan', ...messages, ...files, ...removal, 'sqs:SendMessage']],
    ['deliver', [...records, ...messages, 'sqs:SendMessage', 'events:PutEvents']],
  ])('%s', (name, more) => {
    const usual = byClock.includes(name) ? own.filter((one) => !one.startsWith('xray')) : own
    expect(actionsIn(rightsOf(made.crm, name))).toEqual([...usual, ...more].sort())
  })

  test('no right is for any action, and only traces are for any resource', () => {
    const policies = [...made.crm.of('AWS::IAM::Policy'), ...made.crm.of('AWS::IAM::ManagedPolicy')]
    const statements = policies.flatMap(
      ({ properties }) => (properties['PolicyDocument'] as { Statement: { Action: string | string[]; Resource: unknown }[] }).Statement,
    )
    expect(actionsIn(statements as never).filter((action) => action.includes('*'))).toEqual([])
    const anywhere = statements.filter(({ Resource }) => [Resource].flat().includes('*'))
    expect([...new Set(anywhere.flatMap(({ Action }) => Action))].sort()).toEqual(own.filter((one) => one.startsWith('xray')))
    expect(text(made.crm.of('AWS::IAM::Role'))).not.toContain('ManagedPolicyArns')
  })

  test('knows by name what it may use', () => {
    const named = Object.fromEntries(
      made.crm
        .of('AWS::Lambda::Function')
        .map(({ properties }) => [
          String(properties['FunctionName']).replace('prod-crm-', ''),
          Object.keys((properties['Environment'] as { Variables: object }).Variables).sort(),
        ]),
    )
    const all = ['POWERTOOLS_LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME', 'STAGE']
    expect(named).toEqual({
      api: [...all.slice(0, 2), 'REQUEST_BUDGETS', 'STAGE', 'TABLE_NAME'],
      value: [...all.slice(0, 2), 'REQUEST_BUDGETS', 'STAGE', 'TABLE_NAME'],
      asset: [...all.slice(0, 2), 'REQUEST_BUDGETS', 'STAGE', 'TABLE_NAME'],
      transfer: ['FILES_BUCKET', ...all.slice(0, 2), 'REQUEST_BUDGETS', 'STAGE', 'TABLE_NAME'],
      docs: ['POWERTOOLS_LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME', 'SIGN_IN_URL', 'STAGE'],
      project: [...all, 'TABLE_NAME'],
      publish: ['BUS_NAME', ...all],
      react: [...all, 'TABLE_NAME'],
      people: [...all, 'TABLE_NAME', 'USER_POOL_ID'],
      sweep: [...all, 'SWEEP_QUEUE_URL', 'TABLE_NAME'],
      haul: ['FILES_BUCKET', 'HAUL_QUEUE_URL', ...all, 'TABLE_NAME'],
      deliver: ['BUS_NAME', 'DELIVER_QUEUE_URL', ...all, 'TABLE_NAME'],
    })
  })

  test('runs on the runtime and processor the bundles are made for, with logs of its own; traced unless the clock starts it', () => {
    const functions = made.crm.of('AWS::Lambda::Function')
    expect(functions).toHaveLength(functionNames.length)
    for (const { properties } of functions) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogGroup: { Ref: expect.any(String) } },
      })
      const isTraced = !byClock.includes(String(properties['FunctionName']).replace('prod-crm-', ''))
      expect(properties['TracingConfig']).toEqual(isTraced ? { Mode: 'Active' } : undefined)
    }
  })
})

describe('nothing gets lost on the way', () => {
  const deadOnes = () => made.crm.of('AWS::SQS::Queue').filter(({ properties }) => String(properties['QueueName']).endsWith('-dead'))

  test('every queue that is worked on has one for what fails, encrypted and over TLS', () => {
    const queues = made.crm.of('AWS::SQS::Queue')
    for (const { properties } of queues.filter((one) => !deadOnes().includes(one)))
      expect(properties['RedrivePolicy']).toMatchObject({ maxReceiveCount: 5 })
    for (const { properties } of queues) expect(properties['SqsManagedSseEnabled']).toBe(true)
    const policies = made.crm.of('AWS::SQS::QueuePolicy').map(({ properties }) => text(properties))
    for (const { id } of queues)
      expect(policies.some((policy) => policy.includes(`"Ref":"${id}"`) && policy.includes('"aws:SecureTransport":"false"'))).toBe(true)
  })

  test('a message stays hidden six times as long as its function may take', () => {
    for (const name of ['react', 'people', 'sweep', 'haul', 'deliver'] as const) {
      const queue = made.crm.of('AWS::SQS::Queue').find(({ properties }) => properties['QueueName'] === `prod-crm-${name}`)
      expect(queue?.properties['VisibilityTimeout']).toBe(configOf('prod').functions[name].timeoutSeconds * 6)
    }
  })

  test('everything set aside raises an alarm', () => {
    const watched = made.crm.of('AWS::CloudWatch::Alarm').map(({ properties }) => text(properties))
    expect(deadOnes()).toHaveLength(7)
    for (const { id } of deadOnes())
      expect(watched.some((alarm) => alarm.includes('ApproximateNumberOfMessagesVisible') && alarm.includes(`"${id}"`))).toBe(true)
  })

  test('a stream’s reader tries a bounded number of times, cuts what fails in two, and says where it gave up', () => {
    const mappings = made.crm.of('AWS::Lambda::EventSourceMapping')
    const ofStream = mappings.filter(({ properties }) => 'StartingPosition' in properties)
    expect(mappings).toHaveLength(7)
    expect(ofStream).toHaveLength(2)
    for (const { properties } of mappings) expect(properties['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures'])
    for (const { properties } of ofStream) {
      expect(properties).toMatchObject({
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 10,
        MaximumRecordAgeInSeconds: 21_600,
        StartingPosition: 'TRIM_HORIZON',
        DestinationConfig: { OnFailure: { Destination: expect.anything() } },
      })
    }
  })

  test('a sweep may go on from page to page for as long as there is due work', () => {
    const allowed = made.crm.of('AWS::Lambda::Function').filter(({ properties }) => properties['RecursiveLoop'] === 'Allow')
    expect(allowed.map(({ properties }) => properties['FunctionName']).sort()).toEqual([
      'prod-crm-deliver',
      'prod-crm-haul',
      'prod-crm-sweep',
    ])
  })

  test('every schedule puts its job on the queue, in UTC, at its time', () => {
    const deployed = made.crm.of('AWS::Scheduler::Schedule')
    const all = [...schedules, ...hauls, ...deliverSchedules(httpReceiver, lambdaBus)]
    expect(deployed).toHaveLength(all.length)
    for (const { name, rate } of all) {
      template().hasResourceProperties('AWS::Scheduler::Schedule', {
        Name: `prod-crm-${name}`,
        ScheduleExpression: rate,
        ScheduleExpressionTimezone: 'Etc/UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: Match.objectLike({ Input: text({ job: name }), DeadLetterConfig: Match.anyValue() }),
      })
    }
  })

  test('the rule of the reactions fits what EventBridge takes and has its own way out', () => {
    const [rule] = made.crm.of('AWS::Events::Rule')
    expect(text(rule?.properties['EventPattern']).length).toBeLessThanOrEqual(2048)
    expect(rule?.properties['Targets']).toEqual([expect.objectContaining({ DeadLetterConfig: expect.anything() })])
  })
})

describe('somebody is told', () => {
  const pages = readdirSync(join(root, 'infra/runbooks')).map((file) => file.replace(/\.md$/, ''))

  test('every alarm says what to do, on a page that exists, and every page has its alarm', () => {
    const linked = made.crm
      .of('AWS::CloudWatch::Alarm')
      .map(({ properties }) => /infra\/runbooks\/([a-z-]+)\.md$/.exec(String(properties['AlarmDescription']))?.[1])
    // Restoring is what no alarm asks for: other pages lead there.
    expect(new Set([...linked, 'restore'])).toEqual(new Set(pages))
  })

  test('every alarm goes to the topic', () => {
    for (const { properties } of made.crm.of('AWS::CloudWatch::Alarm')) expect(properties['AlarmActions']).toHaveLength(1)
  })

  test.each(pages)('%s links only pages that exist', (page) => {
    const links = [...readFileSync(join(root, `infra/runbooks/${page}.md`), 'utf8').matchAll(/\]\(([^)]+)\)/g)].map(
      (match) => match[1] ?? '',
    )
    expect(links.filter((link) => !existsSync(join(root, 'infra/runbooks', link)))).toEqual([])
  })

  test('every log is dropped after a while', () => {
    for (const { properties } of made.crm.of('AWS::Logs::LogGroup')) expect(properties['RetentionInDays']).toBe(90)
  })

  test('mails, where the stage has an address, the alarms and the budget', () => {
    const { alarmEmail: _, ...without } = everyKnob
    expect(() => crmApp({ config: without, outdir: join(made.outdir, 'none') })).toThrow('give alarmEmail')
    const { app, crm } = crmApp({ config: everyKnob, outdir: join(made.outdir, 'knobs') })
    const full = Template.fromJSON(app.synth().getStackByName(crm.stackName).template as Record<string, unknown>)
    full.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' })
    full.hasResourceProperties('AWS::Budgets::Budget', { Budget: Match.objectLike({ BudgetLimit: { Amount: 50, Unit: 'USD' } }) })
    full.hasResourceProperties('AWS::Events::Archive', { RetentionDays: 30 })
    full.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('https://example\\.com/runbooks/api-errors\\.md$'),
    })
  }, 180_000)
})
