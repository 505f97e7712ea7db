import { afterAll, beforeAll, expect, test } from 'vitest'
import { awsCall } from '../../../infra/local/aws-json.ts'
import { type JsonObject, list, object, parse, text } from '../../../infra/local/json.ts'
import { synthesisMs } from './fixture/assembly.ts'
import { type Run, startRun } from './fixture/run.ts'

let run: Run
beforeAll(async () => {
  run = await startRun()
}, synthesisMs)
afterAll(() => run.end())

const call = (service: string, operation: string, input: JsonObject) => awsCall(run.local.endpoints.other, service)(operation, input)
const cognito = (operation: string, input: JsonObject) =>
  call('AWSCognitoIdentityProviderService', operation, { UserPoolId: run.local.specification.pools[0]?.id, ...input })

test('a user that is made and put into a group gets tokens that say so, until disabled', async () => {
  const Username = 'usr_Ada1'
  await cognito('AdminCreateUser', { Username, UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }] })
  await cognito('AdminAddUserToGroup', { Username, GroupName: 'admin' })
  const token = await run.local.token(Username)
  expect(parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
    username: Username,
    'cognito:groups': ['admin'],
  })
  expect(await cognito('AdminGetUser', { Username })).toMatchObject({ Enabled: true, UserStatus: 'CONFIRMED' })
  await cognito('AdminRemoveUserFromGroup', { Username, GroupName: 'admin' })
  await cognito('AdminUserGlobalSignOut', { Username })
  await cognito('AdminDisableUser', { Username })
  await expect(run.local.token(Username)).rejects.toThrow('disabled')
})

test.each([
  ['AdminCreateUser', { Username: 'usr_sales' }, 'UsernameExistsException'],
  ['AdminGetUser', { Username: 'usr_nobody' }, 'UserNotFoundException'],
  ['AdminAddUserToGroup', { Username: 'usr_sales', GroupName: 'kings' }, 'ResourceNotFoundException'],
  ['AdminGetUser', { UserPoolId: 'other', Username: 'usr_sales' }, 'ResourceNotFoundException'],
  ['ForgotPassword', { Username: 'usr_sales' }, 'UnknownOperationException'],
])('%s of %j is refused as %s', (operation, input, name) => expect(cognito(operation, input)).rejects.toMatchObject({ name }))

test('the bus takes good entries and names the fault of each bad one', async () => {
  const EventBusName = run.local.specification.buses.find((bus) => bus !== 'default')
  const good = { EventBusName, Source: 'sample', DetailType: 'noted', Detail: '{"kind":"note","id":"direct"}' }
  const answer = await call('AWSEvents', 'PutEvents', { Entries: [good, { ...good, Detail: 'no json' }, { ...good, DetailType: '' }] })
  expect(answer['FailedEntryCount']).toBe(2)
  const results = list(answer['Entries']).map(object)
  expect(results.map((entry) => entry['ErrorCode'])).toEqual([undefined, 'MalformedDetail', 'InvalidArgument'])
  await run.local.idle()
  expect(await run.item('direct', 'reacted')).toBeDefined()
})

test('the bus refuses more than ten entries', () =>
  expect(call('AWSEvents', 'PutEvents', { Entries: Array.from({ length: 11 }, () => ({})) })).rejects.toMatchObject({
    name: 'ValidationException',
  }))

test('a secret of the stack has a value, the same each time', async () => {
  const [secret] = run.local.specification.secrets
  const read = async () => text((await call('secretsmanager', 'GetSecretValue', { SecretId: secret?.arn }))['SecretString'])
  expect(await read()).toHaveLength(40)
  expect(await read()).toBe(await read())
})
