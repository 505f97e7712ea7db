import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modules, routes } from '../../domain/index.ts'
import { publicPaths } from '../../functions/docs.ts'
import { functionNames } from '../../infra/config.ts'
import { document } from '../../infra/docs-page.ts'
import { crmApp } from '../../infra/crm-stack.ts'
import { configOf } from '../../infra/config.ts'
import { deadQueues } from '../../infra/redrive/redrive.ts'
import { rightsOf, synthesized, type Resource, type Statement, type Synthesized } from './synthesized.ts'

type Right = Statement & { Condition?: Record<string, Record<string, unknown>>; Principal?: unknown }

let made: Synthesized
beforeAll(() => {
  made = synthesized('prod')
}, 180_000)
afterAll(() => made.remove())

const text = (value: unknown): string => JSON.stringify(value)
const rights = (name: string): Right[] => rightsOf(made.crm, name)
const actions = ({ Action }: Right): string[] => [Action].flat()
const resources = ({ Resource: all }: Right): string[] => [all].flat().map(text)
const all = (): Right[] => functionNames.flatMap(rights)
/** What a resource is a part of, by the names the state stack exports it under or its logical id here. */
const isTable = (one: string): boolean => /ExportsOutputFnGetAttTableArn/.test(one)
const isBucket = (one: string): boolean => /ExportsOutput(FnGetAtt|Ref)Files/.test(one)

describe('the rights of each function reach what it works on and nothing beside it', () => {
  test('those to records are to this one table and its indexes, by name; one function may read all of it, for exports and checks', () => {
    const ofTable = all().filter((right) => actions(right).some((action) => action.startsWith('dynamodb:')))
    expect(ofTable.length).toBeGreaterThan(8)
    for (const right of ofTable) {
      expect(resources(right).filter((one) => !isTable(one) && !/TableStreamArn/.test(one))).toEqual([])
      expect(actions(right).filter((action) => /Table|Export|Backup|PartiQL|\*/.test(action))).toEqual([])
    }
    const scans = functionNames.filter((name) => rights(name).some((right) => actions(right).includes('dynamodb:Scan')))
    expect(scans).toEqual(['haul'])
    const parts = ofTable.flatMap(resources).filter((one) => one.includes('/'))
    for (const one of parts) expect(one).toMatch(/\/index\/(list|owner|due)"|\/stream\/\*"/)
  })

  test('who keeps accounts reads people alone, and changes accounts of this pool alone', () => {
    const reads = rights('people').filter((right) => actions(right).some((action) => action.startsWith('dynamodb:')))
    expect(reads).toHaveLength(1)
    expect(reads[0]).toMatchObject({
      Action: 'dynamodb:GetItem',
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['user#*'] }, Null: { 'dynamodb:LeadingKeys': 'false' } },
    })
    const holders = functionNames.filter((name) =>
      rights(name).some((right) => actions(right).some((action) => action.startsWith('cognito'))),
    )
    expect(holders).toEqual(['people'])
    for (const right of rights('people').filter((one) => actions(one).some((action) => action.startsWith('cognito'))))
      for (const one of resources(right)) expect(one).toMatch(/ExportsOutputFnGetAttUsersArn/)
  })

  test('those to files are to the files of this one bucket', () => {
    for (const right of all().filter((one) => actions(one).some((action) => action.startsWith('s3:'))))
      for (const one of resources(right)) expect(isBucket(one), one).toBe(true)
  })

  test('each writes to its own log alone, takes from its own queue alone, and sends where its work goes on', () => {
    const logs = functionNames.map((name) => text(rights(name).find((right) => actions(right).includes('logs:PutLogEvents'))?.Resource))
    expect(new Set(logs).size).toBe(functionNames.length)
    const taken = functionNames.flatMap((name) =>
      rights(name)
        .filter((right) => actions(right).includes('sqs:ReceiveMessage'))
        .flatMap(resources),
    )
    expect(new Set(taken).size).toBe(taken.length)
    for (const right of all().filter((one) => actions(one).some((action) => action.startsWith('sqs:'))))
      for (const one of resources(right)) expect(one).toMatch(/^\{"Fn::GetAtt":\["\w+","Arn"\]\}$/)
  })

  test('a wildcard stands for a part of one thing of ours, or for traces, and nowhere else', () => {
    const wild = all().flatMap((right) =>
      resources(right)
        .filter((one) => one.includes('*'))
        .map((one) => ({ one, right })),
    )
    for (const { one, right } of wild) {
      const traces = one === '"*"' && actions(right).every((action) => action.startsWith('xray:'))
      expect(
        traces || (isTable(one) && one.includes('/stream/*')) || (isBucket(one) && one.includes('/*')),
        `${one} ${text(right.Action)}`,
      ).toBe(true)
    }
    expect(all().filter(({ Effect, Action }) => Effect !== 'Allow' || [Action].flat().some((action) => action.includes('*')))).toEqual([])
  })

  test('nobody may take on a role of a function but Lambda, and a queue takes messages of our rules, clock and functions alone', () => {
    const roles = made.crm.of('AWS::IAM::Role').map(({ properties }) => text(properties['AssumeRolePolicyDocument']))
    expect(roles.filter((one) => !/"Service":"(lambda|scheduler|events)\.amazonaws\.com"/.test(one) || /"AWS":/.test(one))).toEqual([])
    const statements = made.crm
      .of('AWS::SQS::QueuePolicy')
      .flatMap(({ properties }) => (properties['PolicyDocument'] as { Statement: Right[] }).Statement)
    for (const { Effect, Principal, Condition } of statements) {
      if (Effect === 'Deny') continue
      expect(text(Principal)).toMatch(/"Service":"events\.amazonaws\.com"/)
      expect(text(Condition)).toMatch(/aws:SourceA(rn|ccount)/)
    }
  })

  test('each API function is called by this API alone', () => {
    for (const { properties } of made.crm.of('AWS::Lambda::Permission')) {
      expect(properties['Principal']).toBe('apigateway.amazonaws.com')
      expect(text(properties['SourceArn'])).toContain('execute-api')
    }
    expect(made.crm.of('AWS::Lambda::Url')).toEqual([])
  })
})

describe('API2 as deployed: the door', () => {
  test('the authorizer takes tokens of this pool, for its two clients, from the header, and of no one else', () => {
    expect(made.crm.of('AWS::ApiGatewayV2::Authorizer')).toHaveLength(1)
    const { AuthorizerType, IdentitySource, JwtConfiguration } = made.crm.one<{
      AuthorizerType: string
      IdentitySource: string[]
      JwtConfiguration: { Audience: unknown[]; Issuer: unknown }
    }>('AWS::ApiGatewayV2::Authorizer')
    expect([AuthorizerType, IdentitySource]).toEqual(['JWT', ['$request.header.Authorization']])
    expect(text(JwtConfiguration.Issuer)).toMatch(/https:\/\/cognito-idp\..*ExportsOutputRefUsers/)
    expect(text(JwtConfiguration.Audience)).toMatch(
      /ExportsOutputRef(StaffClient|MachineClient).*ExportsOutputRef(StaffClient|MachineClient)/,
    )
  })

  test('tokens live an hour, can be revoked, and no client gets them by a way that shows them in an address', () => {
    for (const { properties } of made.state.of('AWS::Cognito::UserPoolClient')) {
      expect(properties).toMatchObject({
        AccessTokenValidity: 60,
        EnableTokenRevocation: true,
        TokenValidityUnits: { AccessToken: 'minutes' },
      })
      expect(text(properties['AllowedOAuthFlows'])).not.toContain('implicit')
      expect(text(properties['ExplicitAuthFlows'] ?? [])).not.toMatch(/USER_PASSWORD|ADMIN_NO_SRP/)
    }
    const staff = made.state.of('AWS::Cognito::UserPoolClient').find(({ properties }) => properties['GenerateSecret'] === false)
    expect(staff?.properties['PreventUserExistenceErrors']).toBe('ENABLED')
  })

  test('no template holds a secret: none is written in, none is put out, none is a variable', () => {
    const whole = text([made.template('prod-crm-state'), made.template('prod-crm-app')])
    expect(whole).not.toMatch(/AKIA[0-9A-Z]{16}|-----BEGIN|whsec_|"(Password|ClientSecret|SecretString)"/)
    for (const { properties } of made.crm.of('AWS::Lambda::Function'))
      expect(text(properties['Environment'])).not.toMatch(/secret|password|token/i)
  })
})

describe('API9 improper inventory management', () => {
  const keyed = ({ properties }: Resource): string => String(properties['RouteKey'])

  test('what is declared and what is described are one list, and nothing else is deployed than what leads there, under one version', () => {
    const deployed = made.crm.of('AWS::ApiGatewayV2::Route').map(keyed).sort()
    const declared = routes.map(({ method, path }) => `${method} /v1${path}`)
    const described = Object.entries(document().paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} /v1${path}`),
    )
    expect(described.sort()).toEqual(declared.sort())
    const known = new Set([...declared, ...publicPaths.map((path) => `GET /v1${path}`)])
    const standing = deployed.filter((key) => key.endsWith('/{proxy+}')).map((key) => key.replace('{proxy+}', ''))
    expect(deployed.filter((key) => !key.endsWith('/{proxy+}') && !known.has(key))).toEqual([])
    for (const key of standing) expect(declared.filter((one) => one.startsWith(key)).length, key).toBeGreaterThan(0)
    for (const key of known) expect(deployed.includes(key) || standing.some((one) => key.startsWith(one)), key).toBe(true)
    expect(deployed.filter((key) => !/^(GET|POST|PUT|PATCH|DELETE) \/v1\//.test(key))).toEqual([])
    expect(modules.flatMap((one) => one.routes)).toHaveLength(routes.length)
  })

  test('there is one API with one stage, and every open route is on this list', () => {
    expect(made.crm.of('AWS::ApiGatewayV2::Api')).toHaveLength(1)
    expect(made.crm.of('AWS::ApiGatewayV2::Stage').map(({ properties }) => properties['StageName'])).toEqual(['$default'])
    const open = made.crm.of('AWS::ApiGatewayV2::Route').filter(({ properties }) => properties['AuthorizationType'] !== 'JWT')
    expect(open.map(keyed).sort()).toEqual([
      'GET /v1/calendar/{file}',
      'GET /v1/docs',
      'GET /v1/docs/{file}',
      'GET /v1/health',
      'GET /v1/openapi.json',
    ])
  })
})

describe('limits as deployed', () => {
  test('every dead letter queue is one that can be put back, or one whose page says how', () => {
    const dead = made.crm
      .of('AWS::SQS::Queue')
      .flatMap(({ properties }) => /^prod-crm-(\w+)-dead$/.exec(String(properties['QueueName']))?.[1] ?? [])
    expect(dead.filter((name) => name !== 'project' && name !== 'publish').sort()).toEqual([...deadQueues].sort())
  })

  test('nothing is reserved unless a stage says so; where it does, the function has no more than that', () => {
    for (const { properties } of made.crm.of('AWS::Lambda::Function')) expect(properties['ReservedConcurrentExecutions']).toBeUndefined()
    const dev = configOf('dev')
    const config = { ...dev, functions: { ...dev.functions, react: { ...dev.functions.react, reserved: 20 } } }
    const { app, crm } = crmApp({ config, outdir: `${made.outdir}/reserved` })
    const { Resources } = app.synth().getStackByName(crm.stackName).template as {
      Resources: Record<string, { Properties?: Record<string, unknown> }>
    }
    const reserved = Object.values(Resources).flatMap(({ Properties }) =>
      Properties?.['ReservedConcurrentExecutions'] === undefined
        ? []
        : [[Properties['FunctionName'], Properties['ReservedConcurrentExecutions']]],
    )
    expect(reserved).toEqual([['dev-crm-react', 20]])
  }, 180_000)

  test('each function of the API has the stage’s budgets, and gateway and workspace let through more than any one caller may send', () => {
    const { budgets, ratePerSecond } = configOf('prod').api
    for (const name of ['api', 'value', 'asset'])
      expect(
        text(
          made.crm.of('AWS::Lambda::Function').find(({ properties }) => properties['FunctionName'] === `prod-crm-${name}`)?.properties[
            'Environment'
          ],
        ),
      ).toContain(
        `"REQUEST_BUDGETS":"person=${budgets.person} machine=${budgets.machine} open=${budgets.open} workspace=${budgets.workspace} window=${budgets.windowSeconds}"`,
      )
    expect(Math.max(budgets.person, budgets.machine)).toBeLessThan(budgets.workspace)
    expect(budgets.workspace / budgets.windowSeconds).toBeLessThan(ratePerSecond)
  })
})
