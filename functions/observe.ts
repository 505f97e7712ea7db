import type { MiddlewareObj } from '@middy/core'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Log } from '../domain/kernel/context.ts'
import type { Answer } from './problem.ts'
import type { HttpEvent } from './request.ts'

const logger = new Logger({ serviceName: 'crm' })
const metrics = new Metrics({ namespace: 'crm', serviceName: 'crm' })

/** The log of a function. Facts only: ids, counts, names of actions; never what a customer said or is called. */
export const requestLog: Log = {
  info: (message, facts = {}) => logger.info(message, facts),
  warn: (message, facts = {}) => logger.warn(message, facts),
  error: (message, facts = {}) => logger.error(message, facts),
}

/** Adds to a metric of the product, for alarms and the dashboard. */
export function count(name: string, value = 1): void {
  metrics.addMetric(name, MetricUnit.Count, value)
}

/** Writes out the metrics counted so far. */
export function flushMetrics(): void {
  metrics.publishStoredMetrics()
}

/** One log line and one metrics line a request: route, status, how long. A function instance serves one request at a time. */
export function observed(): MiddlewareObj<HttpEvent, Answer> {
  let began = 0
  return {
    before: () => {
      began = performance.now()
    },
    after: (request) => {
      const { event, response } = request
      const status = response?.statusCode ?? 0
      const ms = Math.round((performance.now() - began) * 10) / 10
      logger.info('request', { route: event.routeKey, status, ms, requestId: event.requestContext.requestId })
      if (status >= 500) count('ServerError')
      else if (status === 429) count('Limited')
      flushMetrics()
    },
  }
}
