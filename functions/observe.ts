import type { MiddlewareObj } from '@middy/core'
import { Logger } from '@aws-lambda-powertools/logger'
import { once } from '../domain/kernel/action.ts'
import type { Log } from '../domain/kernel/context.ts'
import { Fault } from '../domain/kernel/fault.ts'
import type { Answer } from './problem.ts'
import type { HttpEvent } from './request.ts'

const logger = new Logger()

/** The log of a function. Facts only: ids, counts, names of actions; never what a customer said or is called. */
export const requestLog: Log = {
  info: (message, facts = {}) => logger.info(message, facts),
  warn: (message, facts = {}) => logger.warn(message, facts),
  error: (message, facts = {}) => logger.error(message, facts),
}

const counted = new Map<string, number>()
/** Most requests count nothing, so the library that writes counts is loaded by the first that does. */
const publisher = once(async () => {
  const { Metrics, MetricUnit } = await import('@aws-lambda-powertools/metrics')
  return { metrics: new Metrics({ namespace: 'crm' }), unit: MetricUnit.Count }
})

/** Milliseconds of a clock that only goes on. The global `performance` would load a module of its own into each fresh instance. */
const clockMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** Adds to a metric of the product, for alarms and the dashboard. */
export function count(name: string, value = 1): void {
  counted.set(name, (counted.get(name) ?? 0) + value)
}

/** Writes out what was counted so far; nothing when nothing was. */
async function flushMetrics(): Promise<void> {
  if (counted.size === 0) return
  const entries = [...counted]
  counted.clear()
  const { metrics, unit } = await publisher()
  for (const [name, value] of entries) metrics.addMetric(name, unit, value)
  metrics.publishStoredMetrics()
}

/** Errors whose words are those of a program: the language's own, and AWS's, which names attributes and never what is in them. */
const PLAIN = new Set(['Error', 'TypeError', 'RangeError', 'ReferenceError'])

/**
 * What a log may say of an error: its name, a refusal's code, and where it came from. Its words only where they cannot hold a value: a
 * refusal quotes the address that is taken, a parser the text it stumbled over. Its other properties stay out: a refusal by the
 * table carries the item itself.
 */
export function errorFacts(error: unknown): { name: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { name: typeof error }
  const { name, stack = '' } = error
  const safe = PLAIN.has(name) || '$fault' in error
  const from = safe ? stack : [name, ...stack.split('\n').filter((line) => /^\s+at /.test(line))].join('\n')
  return { name, ...(error instanceof Fault && { code: error.code }), ...(from && { stack: from }) }
}

/** A Lambda answer to a batch: the records to hand over again. */
export interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[]
}

/** What a function may ask of the invocation it runs in. */
export interface Invocation {
  getRemainingTimeInMillis(): number
}

/** One log line and one metrics line a batch: how many records, how many to come again, how long. */
export function observedBatch<E extends { Records: readonly unknown[] }>(
  name: string,
  run: (event: E, invocation: Invocation) => Promise<BatchAnswer>,
): (event: E, invocation: Invocation) => Promise<BatchAnswer> {
  return async (event, invocation) => {
    const began = clockMs()
    let failed = event.Records.length
    try {
      const answer = await run(event, invocation)
      failed = answer.batchItemFailures.length
      return answer
    } finally {
      logger.info('batch', { function: name, records: event.Records.length, failed, ms: Math.round((clockMs() - began) * 10) / 10 })
      await flushMetrics()
    }
  }
}

/** One log line and one metrics line a request: route, status, how long. A function instance serves one request at a time. */
export function observed(): MiddlewareObj<HttpEvent, Answer> {
  let began = 0
  return {
    before: () => {
      began = clockMs()
    },
    after: async (request) => {
      const { event, response } = request
      const status = response?.statusCode ?? 0
      const ms = Math.round((clockMs() - began) * 10) / 10
      logger.info('request', { route: event.routeKey, status, ms, requestId: event.requestContext.requestId })
      if (status >= 500) count('ServerError')
      else if (status === 429) count('Limited')
      await flushMetrics()
    },
  }
}
