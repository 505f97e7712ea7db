import { type Json, type JsonObject, list, number, object, text, texts } from './json.ts'
import { apiSpecs, functionArnOf } from './template/api.ts'
import { readAssembly, type Resource } from './template/assembly.ts'
import { mappingSpec, ruleSpec, scheduleSpec } from './template/event.ts'
import { functionSpec } from './template/function.ts'
import { createPhysical, type Places } from './template/physical.ts'
import { createResolver, type Resolver } from './template/resolve.ts'
import type { CorsSpec, PoolSpec, QueueSpec, SecretSpec, Specification } from './template/spec.ts'
import { tableSpec } from './template/table.ts'

export type * from './template/spec.ts'

/** Reads the resources of one assembly by type, with names and attributes as the local parts have them. */
interface Reader {
  of(...types: string[]): { readonly resource: Resource; readonly properties: JsonObject; readonly ref: string }[]
  attribute(resource: Resource, name: string): string
  readonly resolver: Resolver
}

const createReader = (assembly: string, places: Places): Reader => {
  const given = (resource: Resource, property: string): Json | undefined => {
    const value = resource.properties[property]
    return value === undefined ? undefined : resolver.resolve(resource.stack, value)
  }
  const physical = createPhysical(places, given)
  const resolver = createResolver(readAssembly(assembly), physical)
  return {
    resolver,
    attribute: (resource, name) => text(physical.attribute(resource, name)),
    of: (...types) =>
      resolver.resources
        .filter((resource) => types.includes(resource.type))
        .map((resource) => ({ resource, properties: resolver.properties(resource), ref: text(physical.ref(resource)) })),
  }
}

const queueAttributes = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
]

const queueSpecs = (reader: Reader): QueueSpec[] =>
  reader.of('AWS::SQS::Queue').map(({ resource, properties, ref }) => {
    const attributes: Record<string, string> = {}
    for (const name of [...queueAttributes, 'RedrivePolicy', 'FifoQueue', 'ContentBasedDeduplication']) {
      if (properties[name] !== undefined) attributes[name] = text(properties[name])
    }
    return { name: reader.attribute(resource, 'QueueName'), arn: reader.attribute(resource, 'Arn'), url: ref, attributes }
  })

/** The first rule for pages of other origins; the product has no more. */
const bucketCors = (properties: JsonObject): CorsSpec | undefined => {
  const [first] = list(object(properties['CorsConfiguration'])['CorsRules'])
  if (first === undefined) return undefined
  const rule = object(first)
  return {
    origins: texts(rule['AllowedOrigins']),
    methods: texts(rule['AllowedMethods']),
    headers: texts(rule['AllowedHeaders']),
    exposed: texts(rule['ExposedHeaders']),
    credentials: false,
    maxAgeSeconds: rule['MaxAge'] === undefined ? undefined : number(rule['MaxAge'], 0),
  }
}

const poolSpecs = (reader: Reader): PoolSpec[] =>
  reader.of('AWS::Cognito::UserPool').map(({ ref: id }) => ({
    id,
    groups: reader
      .of('AWS::Cognito::UserPoolGroup')
      .filter(({ properties }) => properties['UserPoolId'] === id)
      .map(({ ref }) => ref),
    clients: reader
      .of('AWS::Cognito::UserPoolClient')
      .filter(({ properties }) => properties['UserPoolId'] === id)
      .map(({ resource, properties, ref }) => ({
        id: ref,
        name: reader.attribute(resource, 'Name'),
        secret: properties['GenerateSecret'] === true ? reader.attribute(resource, 'ClientSecret') : undefined,
        machine: texts(properties['AllowedOAuthFlows']).includes('client_credentials'),
        scopes: texts(properties['AllowedOAuthScopes']),
      })),
  }))

/** A generated secret may be wrapped in a template with the generated string under one key. */
const secretSpecs = (reader: Reader, places: Places): SecretSpec[] =>
  reader.of('AWS::SecretsManager::Secret').map(({ properties, ref: arn }) => {
    const generate = object(properties['GenerateSecretString'])
    const made = places.secret(arn)
    const key = generate['GenerateStringKey']
    const wrapped = { ...object(JSON.parse(text(generate['SecretStringTemplate'] ?? '{}')) as Json), [text(key)]: made }
    const value = key === undefined ? text(properties['SecretString'] ?? made) : JSON.stringify(wrapped)
    return { arn, name: arn.split(':secret:')[1] ?? arn, value }
  })

/**
 * Everything of a synthesized assembly that the local run can run.
 * @throws Complaint naming the resource when the assembly uses a form the runner does not know.
 */
export const readTemplate = (assembly: string, places: Places): Specification => {
  const reader = createReader(assembly, places)
  const options = new Map(
    reader.of('AWS::Lambda::EventInvokeConfig').map(({ properties }) => [text(properties['FunctionName']), properties]),
  )
  const timed = (type: string) => reader.of(type).filter(({ properties }) => properties['ScheduleExpression'] !== undefined)
  return {
    tables: reader
      .of('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')
      .map(({ resource, properties, ref }) => tableSpec(ref, reader.attribute(resource, 'Arn'), properties)),
    queues: queueSpecs(reader),
    buckets: reader.of('AWS::S3::Bucket').map(({ ref: name, properties }) => ({ name, cors: bucketCors(properties) })),
    functions: reader
      .of('AWS::Lambda::Function')
      .map(({ resource, properties, ref }) =>
        functionSpec(ref, reader.attribute(resource, 'Arn'), properties, options.get(ref) ?? {}, resource.stack.assets),
      ),
    apis: apiSpecs(
      reader.resolver,
      (resource) => reader.of(resource.type).find((found) => found.resource === resource)?.ref ?? resource.id,
    ),
    mappings: reader
      .of('AWS::Lambda::EventSourceMapping')
      .filter(({ properties }) => properties['Enabled'] !== false)
      .map(({ resource, properties }) => mappingSpec(`${resource.stack.name}/${resource.id}`, withFunctionArn(reader, properties))),
    rules: reader.of('AWS::Events::Rule').flatMap(({ properties, ref }) => ruleSpec(ref, properties) ?? []),
    buses: ['default', ...reader.of('AWS::Events::EventBus').map(({ ref }) => ref)],
    schedules: [...timed('AWS::Scheduler::Schedule'), ...timed('AWS::Events::Rule')].map(({ resource, properties, ref }) =>
      scheduleSpec(ref, reader.attribute(resource, 'Arn'), properties),
    ),
    pools: poolSpecs(reader),
    secrets: secretSpecs(reader, places),
    parameters: Object.fromEntries(reader.of('AWS::SSM::Parameter').map(({ properties, ref }) => [ref, text(properties['Value'])])),
  }
}

/** A mapping names its function by name or by ARN; the runner wants the ARN. */
const withFunctionArn = (reader: Reader, properties: JsonObject): JsonObject => {
  const named = text(properties['FunctionName'])
  const found = reader.of('AWS::Lambda::Function').find(({ ref }) => ref === named)
  return found === undefined ? properties : { ...properties, FunctionName: functionArnOf(reader.attribute(found.resource, 'Arn')) }
}
