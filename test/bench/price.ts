import type { Operation } from './operations.ts'

/**
 * What the product costs a month in us-east-1, by AWS's public on-demand prices (aws.amazon.com pricing pages, US dollars, read
 * 2026-11; free tiers left out): what a thousand customers use, from the measured units, and what the stack itself uses while
 * nobody does anything, from the template.
 */
export const price = {
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  httpRequest: 1 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** arm64, per GB-second. */
  lambdaGbSecond: 0.0000133334,
  busEvent: 1 / 1e6,
  queueRequest: 0.4 / 1e6,
  scheduleRun: 1 / 1e6,
  storageGbMonth: 0.25,
  logGb: 0.5,
  trace: 5 / 1e6,
  /** An alarm costs by the metrics it looks at. */
  alarmMetric: 0.1,
  dashboard: 3,
  machineToken: 2.25 / 1e3,
} as const

/** How a thousand customers of a young shop are used in a month; change it to your own. */
const month: readonly { operation: string; times: number }[] = [
  { operation: 'customer.create, two identities and a key', times: 60 },
  { operation: 'purchase.record', times: 1_200 },
  { operation: 'interaction.record', times: 1_500 },
  { operation: 'customer.show', times: 6_000 },
  { operation: 'customer.list, a page of 25', times: 2_000 },
  { operation: 'customer.overview', times: 4_000 },
  { operation: 'customer.change, a plain field', times: 500 },
  { operation: 'ticket.open', times: 200 },
  { operation: 'ticket.reply', times: 500 },
  { operation: 'task.done', times: 300 },
  { operation: 'day.show', times: 1_500 },
]

/** After each write: log item, statistics, timers, on average; events, their queue and the functions that handle them. */
const afterWrite = { writeUnits: 5, readUnits: 2, events: 2, invocations: 3 }
const gbSecondsPerInvocation = 0.5 * 0.03
const bytesPerLogLine = 400
const storedGb = 0.02

const MINUTES = 30 * 24 * 60
/** A job that finds nothing due: the bench's own figure, `npm run bench`, schedules. Read units. */
const idleReadUnits = 2
/** Lambda asks an empty queue with five connections that wait 20 seconds each (AWS, Using Lambda with Amazon SQS). */
const pollsPerQueue = 5 * 3 * MINUTES
/** A token is good for an hour; one machine client that works day and night. */
const machineTokens = 30 * 24

export interface Price {
  what: string
  dollars: number
}

/** What a thousand customers add, by cause. @throws Error when an operation was not measured */
export function pricePerThousand(operations: readonly Operation[]): Price[] {
  const used = month.map(({ operation, times }) => {
    const measured = operations.find(({ name }) => name === operation)
    if (!measured) throw new Error(`${operation} was not measured`)
    return { ...measured, times }
  })
  const sum = (of: (one: (typeof used)[number]) => number): number => used.reduce((total, one) => total + one.times * of(one), 0)
  const requests = sum(() => 1)
  const writes = sum(({ writeUnits }) => (writeUnits > 0 ? 1 : 0))
  const invocations = requests + writes * afterWrite.invocations
  return [
    { what: 'table writes', dollars: (sum(({ writeUnits }) => writeUnits) + writes * afterWrite.writeUnits) * price.writeUnit },
    { what: 'table reads', dollars: (sum(({ readUnits }) => readUnits) + writes * afterWrite.readUnits) * price.readUnit },
    { what: 'HTTP requests', dollars: requests * price.httpRequest },
    { what: 'functions', dollars: functionsFor(invocations) },
    { what: 'events and queues', dollars: writes * afterWrite.events * (price.busEvent + 3 * price.queueRequest) },
    { what: 'storage, logs and traces', dollars: storedGb * price.storageGbMonth + logsFor(invocations) + invocations * price.trace },
  ]
}

const functionsFor = (invocations: number): number => invocations * (price.lambdaRequest + gbSecondsPerInvocation * price.lambdaGbSecond)
const logsFor = (invocations: number): number => ((invocations * bytesPerLogLine) / 1e9) * price.logGb

interface Resource {
  Type: string
  Properties?: Record<string, unknown>
}

/** What the stack costs while nobody does anything, by cause. @param resources of the application's template */
export function priceAtRest(resources: readonly Resource[]): Price[] {
  const of = (type: string): Record<string, unknown>[] =>
    resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties)
  const runs = of('AWS::Scheduler::Schedule').reduce((sum, one) => sum + runsOf(String(one['ScheduleExpression'])), 0)
  const queues = of('AWS::Lambda::EventSourceMapping').filter((one) => one['StartingPosition'] === undefined).length
  const alarms = of('AWS::CloudWatch::Alarm').reduce((sum, one) => sum + metricsOf(one), 0)
  return [
    { what: 'alarms', dollars: alarms * price.alarmMetric },
    { what: 'dashboard', dollars: of('AWS::CloudWatch::Dashboard').length * price.dashboard },
    { what: 'queues that wait for work', dollars: (queues * pollsPerQueue + runs * 3) * price.queueRequest },
    { what: 'schedules', dollars: runs * price.scheduleRun },
    { what: 'jobs that find nothing due', dollars: functionsFor(runs) + logsFor(runs) + runs * idleReadUnits * price.readUnit },
    { what: 'tokens of one machine', dollars: machineTokens * price.machineToken },
  ]
}

/** Runs a month of `rate(5 minutes)`, `rate(1 hour)`, `cron(0 3 * * ? *)`, `cron(0 2 ? * MON *)`. @throws Error for another form */
function runsOf(expression: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? []
  if (count !== '') return MINUTES / (Number(count) * { minute: 1, hour: 60, day: 1_440 }[unit as 'minute' | 'hour' | 'day'])
  const cron = /^cron\(\d+ \d+ (\S+) \* (\S+) \*\)$/.exec(expression)
  if (!cron) throw new Error(`How often is ${expression}?`)
  return cron[2] === '?' && cron[1] === '*' ? 30 : 30 / 7
}

/** The metrics an alarm looks at: one, or those of its formula. */
function metricsOf(alarm: Record<string, unknown>): number {
  const { Metrics } = alarm as { Metrics?: { MetricStat?: unknown }[] }
  return Metrics === undefined ? 1 : Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length
}

export const together = (prices: readonly Price[]): number => prices.reduce((sum, { dollars }) => sum + dollars, 0)
