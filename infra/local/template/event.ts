import { flag, type Json, type JsonObject, list, number, object, parse, text, texts } from '../json.ts'
import { functionArnOf } from './api.ts'
import type { MappingSpec, RuleSpec, ScheduleSpec, TargetSpec } from './spec.ts'

const some = (value: Json | undefined): string | undefined => (value === undefined || value === null ? undefined : text(value))

/** A target of a rule or of a schedule. */
const target = (value: Json | undefined): TargetSpec => {
  const properties = object(value)
  const transformer = properties['InputTransformer']
  return {
    arn: functionArnOf(text(properties['Arn'])),
    input: some(properties['Input']),
    inputPath: some(properties['InputPath']),
    transformer:
      transformer === undefined
        ? undefined
        : { paths: object(object(transformer)['InputPathsMap']), template: text(object(transformer)['InputTemplate']) },
    deadLetterArn: some(object(properties['DeadLetterConfig'])['Arn']),
    messageGroup: some(object(properties['SqsParameters'])['MessageGroupId']),
  }
}

/** A bus may be named by its name or its ARN. */
export const busName = (value: string): string => value.split('/').at(-1) ?? value

export const ruleSpec = (name: string, properties: JsonObject): RuleSpec | undefined => {
  if (properties['State'] === 'DISABLED' || properties['EventPattern'] === undefined) return undefined
  const pattern = properties['EventPattern']
  return {
    name,
    bus: busName(text(properties['EventBusName'] ?? 'default')),
    pattern: typeof pattern === 'string' ? parse(pattern) : pattern,
    targets: list(properties['Targets']).map(target),
  }
}

/** A Scheduler schedule; also a rule that has a schedule instead of a pattern, which is always in UTC. */
export const scheduleSpec = (name: string, arn: string, properties: JsonObject): ScheduleSpec => ({
  name,
  arn,
  expression: text(properties['ScheduleExpression']),
  timeZone: text(properties['ScheduleExpressionTimezone'] ?? 'UTC'),
  enabled: properties['State'] !== 'DISABLED',
  target: target(properties['Target'] ?? list(properties['Targets'])[0]),
})

export const mappingSpec = (id: string, properties: JsonObject): MappingSpec => {
  const sourceArn = text(properties['EventSourceArn'])
  const batch = sourceArn.includes(':sqs:') ? 10 : 100
  return {
    id,
    sourceArn,
    functionArn: functionArnOf(text(properties['FunctionName'])),
    batchSize: number(properties['BatchSize'], batch),
    windowSeconds: number(properties['MaximumBatchingWindowInSeconds'], 0),
    reportsItems: texts(properties['FunctionResponseTypes']).includes('ReportBatchItemFailures'),
    patterns: list(object(properties['FilterCriteria'])['Filters']).map((filter) => parse(text(object(filter)['Pattern']))),
    bisects: flag(properties['BisectBatchOnFunctionError']),
    retryAttempts: number(properties['MaximumRetryAttempts'], -1),
    maxAgeSeconds: number(properties['MaximumRecordAgeInSeconds'], -1),
    failureArn: some(object(object(properties['DestinationConfig'])['OnFailure'])['Destination']),
    fromStart: properties['StartingPosition'] !== 'LATEST',
    concurrency: number(object(properties['ScalingConfig'])['MaximumConcurrency'], 2),
  }
}
