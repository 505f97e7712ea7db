import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import { Alarms } from './alarm.ts'
import { dashboard, ownCount, type Watched } from './dashboard.ts'
import { CrmFunction } from './crm-function.ts'
import { indexNames } from './table.ts'

const five = Duration.minutes(5)
/** Delay of a stream's consumer or age of a queue's oldest message that is no longer a hiccup. */
const BEHIND = { streamMs: 5 * 60_000, queueSeconds: 30 * 60 }

/** Alarms, each with a page that says what to do, and the dashboard beside them. */
export class Watch extends Construct {
  private readonly alarms: Alarms
  private readonly watched: Watched

  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id)
    this.watched = watched
    this.alarms = new Alarms(this, 'Alarms', watched.config)
    this.watchApi()
    this.watchStreams()
    this.watchQueues()
    this.watchTable()
    dashboard(this, watched)
  }

  private watchApi(): void {
    const {
      api: { http },
      functions,
      config,
    } = this.watched
    this.alarms.ring('api-errors', {
      metric: new MathExpression({
        label: 'answers 5xx, %',
        period: five,
        expression: 'IF(errors >= 3, 100 * errors / requests, 0)',
        usingMetrics: {
          errors: http.metricServerError({ statistic: Stats.SUM, period: five }),
          requests: http.metricCount({ statistic: Stats.SUM, period: five }),
        },
      }),
      above: 1,
      bad: [2, 3],
      runbook: 'api-errors',
      says: 'More than 1 % of requests are answered with a 5xx.',
    })
    this.alarms.ring('api-slow', {
      metric: http.metricLatency({ statistic: Stats.percentile(99), period: five }),
      above: config.api.slowMs,
      bad: [3, 3],
      runbook: 'api-slow',
      says: `1 of 100 requests takes longer than ${config.api.slowMs} ms.`,
    })
    const background = new Set(Object.values(this.watched.automation).flatMap((one: unknown) => (isConsumer(one) ? one.does : [])))
    this.watchThrottles(
      'functions-throttled',
      functions.filter((one) => !background.has(one)),
    )
    this.watchThrottles(
      'work-throttled',
      functions.filter((one) => background.has(one)),
    )
  }

  /** One alarm for several functions: CloudWatch takes ten metrics in one at most, so those that answer and those that work have each their own. */
  private watchThrottles(id: string, functions: readonly CrmFunction[]): void {
    const throttles = Object.fromEntries(
      functions.map(({ name, lambda }) => [name, lambda.metricThrottles({ statistic: Stats.SUM, period: five })]),
    )
    this.alarms.ring(id, {
      metric: new MathExpression({
        label: 'throttled calls',
        period: five,
        expression: `SUM([${Object.keys(throttles)
          .map((name) => `FILL(${name}, 0)`)
          .join(', ')}])`,
        usingMetrics: throttles,
      }),
      above: 0,
      bad: [2, 3],
      runbook: 'functions-throttled',
      says: 'Lambda turns calls away: too many run at once in this account.',
    })
  }

  private watchStreams(): void {
    const { project, publish } = this.watched.automation
    for (const { does, dead } of [project, publish]) {
      this.alarms.ring(`${does.name}-behind`, {
        metric: does.lambda.metric('IteratorAge', { statistic: Stats.MAXIMUM, period: five }),
        above: BEHIND.streamMs,
        bad: [3, 3],
        runbook: 'stream-behind',
        says: `${does.name} works on changes that are more than 5 minutes old.`,
      })
      this.alarms.ring(`${does.name}-dead`, {
        metric: dead.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: five }),
        above: 0,
        runbook: 'stream-dead',
        says: `${does.name} gave up on a stretch of the table’s stream.`,
      })
    }
  }

  private watchQueues(): void {
    const { react, people, sweep, haul, deliver } = this.watched.automation
    for (const { does, queue, dead } of [react, people, sweep, haul, deliver]) {
      this.alarms.ring(`${does.name}-behind`, {
        metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: five }),
        above: BEHIND.queueSeconds,
        bad: [3, 3],
        runbook: 'queue-behind',
        says: `A message for ${does.name} has waited more than 30 minutes.`,
      })
      this.alarms.ring(`${does.name}-dead`, {
        metric: dead.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: five }),
        above: 0,
        runbook: `${does.name}-dead`,
        says: `${does.name} could not do a message in five tries.`,
      })
    }
    this.alarms.ring('drift-found', {
      metric: ownCount(this.watched.config, 'DriftFound'),
      above: 0,
      runbook: 'drift-found',
      says: 'The weekly look at the table found records that contradict their indexes, sentinels, log or sums.',
    })
    this.alarms.ring('due-items-failed', {
      metric: ownCount(this.watched.config, 'DueItemFailed'),
      above: 0,
      bad: [2, 3],
      runbook: 'due-items-failed',
      says: 'Due work fails again and again; the rest of its job goes on.',
    })
    this.alarms.ring('webhook-disabled', {
      metric: ownCount(this.watched.config, 'WebhookDisabled'),
      above: 0,
      runbook: 'webhook-disabled',
      says: 'A webhook was switched off: its receiver is gone, or failed for three days.',
    })
  }

  private watchTable(): void {
    const { table } = this.watched
    const places = [
      { id: 'base', dimensions: {} },
      ...indexNames.map((name) => ({ id: name, dimensions: { GlobalSecondaryIndexName: name } })),
    ]
    const throttles = Object.fromEntries(
      places.flatMap(({ id, dimensions }) =>
        ['Read', 'Write'].map((kind) => [
          `${id}${kind}`,
          new Metric({
            namespace: 'AWS/DynamoDB',
            metricName: `${kind}ThrottleEvents`,
            dimensionsMap: { TableName: table.tableName, ...dimensions },
            statistic: Stats.SUM,
            period: five,
          }),
        ]),
      ),
    )
    this.alarms.ring('table-throttled', {
      metric: new MathExpression({
        label: 'throttled reads and writes',
        period: five,
        expression: `SUM([${Object.keys(throttles)
          .map((name) => `FILL(${name}, 0)`)
          .join(', ')}])`,
        usingMetrics: throttles,
      }),
      above: 0,
      bad: [2, 3],
      runbook: 'table-throttled',
      says: 'The table turns requests away: at its guard, or one key is too hot.',
    })
    this.alarms.ring('table-user-errors', {
      metric: new Metric({ namespace: 'AWS/DynamoDB', metricName: 'UserErrors', statistic: Stats.SUM, period: five }),
      above: 5,
      bad: [2, 3],
      runbook: 'table-user-errors',
      says: 'DynamoDB refuses requests of this account as malformed: a defect, or a missing right.',
    })
  }
}

/** A part of the automation that is a function with what feeds it. */
const isConsumer = (one: unknown): one is { does: CrmFunction } =>
  typeof one === 'object' && one !== null && 'does' in one && one.does instanceof CrmFunction
