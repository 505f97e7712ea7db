import { randomUUID } from 'node:crypto'
import { AwsError } from '../aws-json.ts'
import { isObject, type Json, type JsonObject, list, number, object, parse, text } from '../json.ts'
import type { RuleSpec } from '../template.ts'
import { busName } from '../template/event.ts'
import { account, region } from '../template/physical.ts'
import { matches } from './pattern.ts'
import { type Deliver, inputOf } from './target.ts'

/** The stand-in of EventBridge: PutEvents answers once every queue that a rule names holds the event. */
export interface Bus {
  putEvents(input: JsonObject): JsonObject
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const limits = { entries: 10, bytes: 1_048_576 }

const required = ['Source', 'DetailType', 'Detail'] as const

/** An entry's fault as EventBridge words it, or undefined. */
const faultOf = (entry: JsonObject): JsonObject | undefined => {
  for (const name of required) {
    if (text(entry[name]) === '') {
      return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.` }
    }
  }
  try {
    if (isObject(parse(text(entry['Detail'])))) return undefined
  } catch {
    // Falls to the answer below: text that is no JSON is the same fault as JSON that is no object.
  }
  return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
}

const eventOf = (entry: JsonObject, id: string): JsonObject => {
  const seconds = number(entry['Time'], Date.now() / 1000)
  return {
    version: '0',
    id,
    'detail-type': entry['DetailType'],
    source: entry['Source'],
    account,
    time: new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: list(entry['Resources']),
    detail: parse(text(entry['Detail'])),
  }
}

export const createBus = (buses: readonly string[], rules: readonly RuleSpec[], deliver: Deliver): Bus => {
  const known = new Set(buses)
  const publish = (bus: string, event: Json): void => {
    const hit = rules.filter((rule) => rule.bus === bus && matches(rule.pattern, event))
    for (const target of hit.flatMap((rule) => rule.targets)) deliver(target, inputOf(target, event))
  }
  return {
    putEvents: (input) => {
      const entries = list(input['Entries']).map(object)
      if (entries.length === 0 || entries.length > limits.entries) {
        const message = `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${limits.entries}`
        throw new AwsError('ValidationException', message)
      }
      if (JSON.stringify(entries).length > limits.bytes)
        throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.')
      const results: JsonObject[] = []
      for (const entry of entries) {
        const bus = busName(text(entry['EventBusName'] ?? 'default'))
        if (!known.has(bus)) throw new AwsError('ResourceNotFoundException', `Event bus ${bus} does not exist.`)
        const fault = faultOf(entry)
        const id = randomUUID()
        if (fault === undefined) publish(bus, eventOf(entry, id))
        results.push(fault ?? { EventId: id })
      }
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results }
    },
  }
}
