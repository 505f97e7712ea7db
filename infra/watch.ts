import { Aws, Duration } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import { Alarm, ComparisonOperator, MathExpression, Metric, Stats, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import type { StageConfig } from './config.ts'
import { dashboard, ownCount, type Watched } from './dashboard.ts'
import { indexNames } from './table.ts'

interface AlarmFacts {
  readonly metric: IMetric
  /** It rings above this. */
  readonly above: number
  /** Of how many periods of five minutes, how many must be bad. */
  readonly bad?: readonly [number, number]
  /** What it means, for the person it wakes. */
  readonly says: string
  /** The page under infra/runbooks that says what to do. */
  readonly runbook: string
}

const five = Duration.minutes(5)
/** Delay of a stream's consumer or age of a queue's oldest message that is no longer a hiccup. */
const BEHIND = { streamMs: 5 * 60_000, queueSeconds: 30 * 60 }

/** Alarms, each with a page that says what to do, and the dashboard beside them. */
export class Watch extends Construct {
  private readonly topic: Topic
  private readonly watched: Watched

  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id)
    this.watched = watched
    const { config } = watched
    this.topic = this.alarmTopic(config)
    this.watchApi()
    this.watchStreams()
    this.watchQueues()
    this.watchTable()
    if (config.monthlyBudgetUsd !== undefined) this.budget(config.monthlyBudgetUsd)
    dashboard(this, watched)
  }

  private alarmTopic({ stage, alarmEmail }: StageConfig): Topic {
    const topic = new Topic(this, 'Alarms', { topicName: `${stage}-crm-alarms`, displayName: `CRM ${stage}`, enforceSSL: true })
    topic.addToResourcePolicy(new PolicyStatement({
      effect: Effect.ALLOW, principals: [new ServicePrincipal('cloudwatch.amazonaws.com')], actions: ['sns:Publish'], resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }))
    if (alarmEmail) topic.addSubscription(new EmailSubscription(alarmEmail))
    return topic
  }

  private ring(name: string, { metric, above, bad = [1, 1], says, runbook }: AlarmFacts): void {
    const { stage, runbookBase } = this.watched.config
    const link = runbookBase ? `${runbookBase.replace(/\/$/, '')}/${runbook}.md` : `infra/runbooks/${runbook}.md`
    const alarm = new Alarm(this, name, {
      alarmName: `${stage}-crm-${name}`,
      alarmDescription: `${says} What to do: ${link}`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: bad[1],
      datapointsToAlarm: bad[0],
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    alarm.addAlarmAction(new SnsAction(this.topic))
    alarm.addOkAction(new SnsAction(this.topic))
  }

  private watchApi(): void {
    const { api: { http }, functions, config } = this.watched
    this.ring('api-errors', {
      metric: new MathExpression({
        label: 'answers 5xx, %', period: five, expression: 'IF(errors >= 3, 100 * errors / requests, 0)',
        usingMetrics: { errors: http.metricServerError({ statistic: Stats.SUM, period: five }), requests: http.metricCount({ statistic: Stats.SUM, period: five }) },
      }),
      above: 1, bad: [2, 3], runbook: 'api-errors', says: 'More than 1 % of requests are answered with a 5xx.',
    })
    this.ring('api-slow', {
      metric: http.metricLatency({ statistic: Stats.percentile(99), period: five }),
      above: config.api.slowMs, bad: [3, 3], runbook: 'api-slow', says: `1 of 100 requests takes longer than ${config.api.slowMs} ms.`,
    })
    const throttles = Object.fromEntries(functions.map(({ name, lambda }) => [name, lambda.metricThrottles({ statistic: Stats.SUM, period: five })]))
    this.ring('functions-throttled', {
      metric: new MathExpression({ label: 'throttled calls', period: five, expression: `SUM([${Object.keys(throttles).map((name) => `FILL(${name}, 0)`).join(', ')}])`, usingMetrics: throttles }),
      above: 0, bad: [2, 3], runbook: 'functions-throttled', says: 'Lambda turns calls away: too many run at once in this account.',
    })
  }

  private watchStreams(): void {
    const { project, publish } = this.watched.automation
    for (const { does, dead } of [project, publish]) {
      this.ring(`${does.name}-behind`, {
        metric: does.lambda.metric('IteratorAge', { statistic: Stats.MAXIMUM, period: five }),
        above: BEHIND.streamMs, bad: [3, 3], runbook: 'stream-behind', says: `${does.name} works on changes that are more than 5 minutes old.`,
      })
      this.ring(`${does.name}-dead`, {
        metric: dead.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: five }),
        above: 0, runbook: 'stream-dead', says: `${does.name} gave up on a stretch of the table’s stream.`,
      })
    }
  }

  private watchQueues(): void {
    const { react, sweep } = this.watched.automation
    for (const { does, queue, dead } of [react, sweep]) {
      this.ring(`${does.name}-behind`, {
        metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: five }),
        above: BEHIND.queueSeconds, bad: [3, 3], runbook: 'queue-behind', says: `A message for ${does.name} has waited more than 30 minutes.`,
      })
      this.ring(`${does.name}-dead`, {
        metric: dead.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: five }),
        above: 0, runbook: `${does.name}-dead`, says: `${does.name} could not do a message in five tries.`,
      })
    }
    this.ring('due-items-failed', {
      metric: ownCount('DueItemFailed'), above: 0, bad: [2, 3], runbook: 'due-items-failed', says: 'Due work fails again and again; the rest of its job goes on.',
    })
  }

  private watchTable(): void {
    const { table } = this.watched
    const places = [{ id: 'base', dimensions: {} }, ...indexNames.map((name) => ({ id: name, dimensions: { GlobalSecondaryIndexName: name } }))]
    const throttles = Object.fromEntries(
      places.flatMap(({ id, dimensions }) =>
        ['Read', 'Write'].map((kind) => [
          `${id}${kind}`,
          new Metric({
            namespace: 'AWS/DynamoDB', metricName: `${kind}ThrottleEvents`, dimensionsMap: { TableName: table.tableName, ...dimensions }, statistic: Stats.SUM, period: five,
          }),
        ]),
      ),
    )
    this.ring('table-throttled', {
      metric: new MathExpression({ label: 'throttled reads and writes', period: five, expression: `SUM([${Object.keys(throttles).map((name) => `FILL(${name}, 0)`).join(', ')}])`, usingMetrics: throttles }),
      above: 0, bad: [2, 3], runbook: 'table-throttled', says: 'The table turns requests away: at its guard, or one key is too hot.',
    })
    this.ring('table-user-errors', {
      metric: new Metric({ namespace: 'AWS/DynamoDB', metricName: 'UserErrors', statistic: Stats.SUM, period: five }),
      above: 5, bad: [2, 3], runbook: 'table-user-errors', says: 'DynamoDB refuses requests of this account as malformed: a defect, or a missing right.',
    })
  }

  /** Mails at 80 and 100 % of the month's budget. Needs an address to mail to. */
  private budget(limitUsd: number): void {
    const { stage, alarmEmail } = this.watched.config
    if (!alarmEmail) throw new Error('A budget mails: give alarmEmail in infra/config.ts as well.')
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `${stage}-crm`, budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: limitUsd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:stage$${stage}`] },
      },
      notificationsWithSubscribers: [80, 100].map((threshold) => ({
        notification: { notificationType: 'ACTUAL', comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
        subscribers: [{ subscriptionType: 'EMAIL', address: alarmEmail }],
      })),
    })
  }
}
