import type { Functions } from '../function/registry.ts'
import { type Json, object, text } from '../json.ts'
import type { QueueAccess } from '../queue/access.ts'
import type { TargetSpec } from '../template.ts'

/** Sends an event to what a rule or a schedule names: onto a queue, or to a function without waiting for it. */
export type Deliver = (target: Pick<TargetSpec, 'arn' | 'deadLetterArn' | 'messageGroup'>, body: string) => void

export const createDeliver =
  (queues: QueueAccess, functions: Functions, log: (line: string) => void): Deliver =>
  (target, body) => {
    if (functions.has(target.arn)) return functions.hand(target.arn, body)
    try {
      queues.send(target.arn, body, target.messageGroup)
    } catch (thrown) {
      log(`An event could not be sent to ${target.arn}: ${String(thrown)}`)
      if (target.deadLetterArn !== undefined) queues.send(target.deadLetterArn, body)
    }
  }

/** `$.detail.id` of an event; the whole event for `$`. */
const at = (event: Json, path: string): Json | undefined =>
  path
    .split('.')
    .slice(1)
    .reduce<Json | undefined>((value, key) => object(value)[key], event)

/** Fills `<name>` in a template: bare inside quoted text, as JSON elsewhere, which is how EventBridge does it. */
const transform = (event: Json, { paths, template }: NonNullable<TargetSpec['transformer']>): string => {
  const value = (name: string): Json => (name === 'aws.events.event.json' ? event : (at(event, text(paths[name])) ?? null))
  const bare = (name: string): string => JSON.stringify(text(value(name))).slice(1, -1)
  return template.replaceAll(/"(?:[^"\\]|\\.)*"|<([\w.-]+)>/g, (piece, name: string | undefined) =>
    name === undefined ? piece.replaceAll(/<([\w.-]+)>/g, (_, inner: string) => bare(inner)) : JSON.stringify(value(name)),
  )
}

/** What a target receives of an event: all of it, a part, a fixed text, or a filled template. */
export const inputOf = (target: TargetSpec, event: Json): string => {
  if (target.input !== undefined) return target.input
  if (target.inputPath !== undefined) return JSON.stringify(at(event, target.inputPath) ?? null)
  return target.transformer === undefined ? JSON.stringify(event) : transform(event, target.transformer)
}
