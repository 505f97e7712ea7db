import { createHash } from 'node:crypto'
import { type Json, text } from '../json.ts'
import type { Resource } from './assembly.ts'
import type { Physical } from './resolve.ts'

/** Where the local parts listen, and what only the data folder knows. */
export interface Places {
  /** The API's address, for example http://127.0.0.1:4000 */
  readonly api: string
  /** Where queues are served. */
  readonly queues: string
  /** A secret value that stays the same for this name in this data folder. */
  secret(name: string): string
}

/** What the queue stand-in uses; the rest follows it. */
export const region = 'us-east-1'
export const account = '000000000000'

/** A property of a resource, resolved. */
type Given = (resource: Resource, property: string) => Json | undefined

/** What forms are made with. */
interface Maker {
  readonly places: Places
  readonly given: Given
  /** The name given in the template, else one made of stack and logical id, as CloudFormation does. */
  name(resource: Resource, property: string, length?: number): string
  id(resource: Resource, length: number): string
}

type Form = (resource: Resource, by: Maker) => Record<string, Json>

const hash = (value: string, length: number): string => createHash('sha256').update(value).digest('hex').slice(0, length)
const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${account}:${rest}`

const table: Form = (r, by) => {
  const name = by.name(r, 'TableName', 255)
  return {
    Ref: name,
    Arn: arn('dynamodb', `table/${name}`),
    StreamArn: arn('dynamodb', `table/${name}/stream/local`),
    TableId: by.id(r, 16),
  }
}

const queue: Form = (r, by) => {
  const suffix = by.given(r, 'FifoQueue') === true && by.given(r, 'QueueName') === undefined ? '.fifo' : ''
  const name = by.name(r, 'QueueName', 75) + suffix
  const url = `${by.places.queues}/${account}/${name}`
  return { Ref: url, QueueUrl: url, QueueName: name, Arn: arn('sqs', name) }
}

const pool: Form = (r, by) => {
  const id = `${region}_${by.id(r, 9)}`
  const provider = `cognito-idp.${region}.amazonaws.com/${id}`
  return { Ref: id, UserPoolId: id, Arn: arn('cognito-idp', `userpool/${id}`), ProviderName: provider, ProviderURL: `https://${provider}` }
}

const client: Form = (r, by) => {
  const id = by.id(r, 26)
  return { Ref: id, ClientId: id, ClientSecret: by.places.secret(`client/${id}`), Name: by.name(r, 'ClientName') }
}

const bucket: Form = (r, by) => {
  const name = by.name(r, 'BucketName', 63).toLowerCase()
  const domain = `${name}.s3.amazonaws.com`
  return { Ref: name, Arn: `arn:aws:s3:::${name}`, DomainName: domain, RegionalDomainName: domain }
}

const secret: Form = (r, by) => {
  const secretArn = arn('secretsmanager', `secret:${by.name(r, 'Name', 200)}`)
  return { Ref: secretArn, Id: secretArn }
}

const topic: Form = (r, by) => {
  const name = by.name(r, 'TopicName')
  return { Ref: arn('sns', name), TopicArn: arn('sns', name), TopicName: name }
}

/** A kind whose Ref is its name and whose ARN ends in it. */
const named =
  (property: string, service: string, prefix: string, length = 64): Form =>
  (r, by) => {
    const name = by.name(r, property, length)
    return { Ref: name, Name: name, Arn: arn(service, prefix + name) }
  }

/**
 * The values of each kind of resource the product uses; `Ref` is what Fn::Ref gives, the others are attributes.
 * A kind that is not here gets its logical id and a made-up ARN, which is enough for policies, dashboards and alarms.
 */
const forms: Readonly<Record<string, Form>> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::SQS::Queue': queue,
  'AWS::SNS::Topic': topic,
  'AWS::S3::Bucket': bucket,
  'AWS::Cognito::UserPool': pool,
  'AWS::Cognito::UserPoolClient': client,
  'AWS::Cognito::UserPoolResourceServer': (r, by) => ({ Ref: text(by.given(r, 'Identifier')) }),
  'AWS::Cognito::UserPoolGroup': (r, by) => ({ Ref: text(by.given(r, 'GroupName')) }),
  'AWS::Cognito::UserPoolDomain': (r, by) => ({ Ref: by.name(r, 'Domain') }),
  'AWS::Lambda::Function': named('FunctionName', 'lambda', 'function:'),
  'AWS::Events::EventBus': named('Name', 'events', 'event-bus/'),
  'AWS::Events::Rule': named('Name', 'events', 'rule/'),
  'AWS::Scheduler::Schedule': named('Name', 'scheduler', 'schedule/default/'),
  'AWS::Scheduler::ScheduleGroup': named('Name', 'scheduler', 'schedule-group/'),
  'AWS::SecretsManager::Secret': secret,
  'AWS::SSM::Parameter': (r, by) => ({ Ref: by.name(r, 'Name', 200), Value: by.given(r, 'Value') ?? '', Type: by.given(r, 'Type') ?? '' }),
  'AWS::ApiGatewayV2::Api': (r, by) => ({ Ref: by.id(r, 10), ApiId: by.id(r, 10), ApiEndpoint: by.places.api }),
  'AWS::IAM::Role': (r, by) => ({ Ref: by.name(r, 'RoleName'), Arn: `arn:aws:iam::${account}:role/${by.name(r, 'RoleName')}` }),
  'AWS::Logs::LogGroup': named('LogGroupName', 'logs', 'log-group:', 200),
}

const other: Form = (r) => ({ Ref: r.id, Arn: arn('local', `${r.stack.name}/${r.id}`) })

export const createPhysical = (places: Places, given: Given): Physical => {
  const by: Maker = {
    places,
    given,
    name: (resource, property, length = 64) => {
      const name = text(given(resource, property))
      if (name !== '') return name
      const made = `${resource.stack.name}-${resource.id}`
      return made.length <= length ? made : `${made.slice(0, length - 9)}-${hash(made, 8)}`
    },
    id: (resource, length) => hash(`${resource.stack.name}/${resource.id}`, length),
  }
  const values = (resource: Resource): Record<string, Json> => (forms[resource.type] ?? other)(resource, by)
  return {
    region,
    account,
    ref: (resource) => values(resource)['Ref'] ?? resource.id,
    attribute: (resource, attribute) => values(resource)[attribute] ?? `${resource.id}.${attribute}`,
  }
}
