import { type Json, type JsonObject, number, object, text } from '../json.ts'
import type { FunctionSpec } from './spec.ts'

const strings = (value: Json | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(object(value)).map(([key, item]) => [key, text(item)]))

/** A function as its template has it; `options` are those of its EventInvokeConfig, if there is one. */
export const functionSpec = (
  name: string,
  arn: string,
  properties: JsonObject,
  options: JsonObject,
  assets: ReadonlyMap<string, string>,
): FunctionSpec => {
  const failure = object(object(options['DestinationConfig'])['OnFailure'])['Destination']
  const dead = failure ?? object(properties['DeadLetterConfig'])['TargetArn']
  const reserved = properties['ReservedConcurrentExecutions']
  return {
    name,
    arn,
    directory: assets.get(text(object(properties['Code'])['S3Key'])),
    handler: text(properties['Handler']),
    runtime: text(properties['Runtime']),
    environment: strings(object(properties['Environment'])['Variables']),
    timeoutSeconds: number(properties['Timeout'], 3),
    memoryMb: number(properties['MemorySize'], 128),
    reserved: reserved === undefined ? undefined : number(reserved, 1),
    retryAttempts: number(options['MaximumRetryAttempts'], 2),
    deadLetterArn: dead === undefined ? undefined : text(dead),
  }
}
