import { Duration } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, Metric, Stats, type IMetric, type IWidget } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Api } from './api.ts'
import type { Automation } from './automation.ts'
import type { StageConfig } from './config.ts'
import type { CrmFunction } from './crm-function.ts'

/** What is watched. */
export interface Watched {
  readonly config: StageConfig
  readonly api: Api
  readonly functions: readonly CrmFunction[]
  readonly automation: Automation
  readonly table: TableV2
}

const five = Duration.minutes(5)
const sum = { statistic: Stats.SUM, period: five }
const most = { statistic: Stats.MAXIMUM, period: five }

/** A count the product keeps of itself, in `functions/observe.ts`. */
export function ownCount({ stage }: StageConfig, metricName: string): Metric {
  return new Metric({ namespace: 'crm', metricName, dimensionsMap: { service: `${stage}-crm` }, statistic: Stats.SUM, period: five })
}

const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, left, right, width: 8, height: 6, leftYAxis: { min: 0 } })

/** One page of graphs: requests, functions, table, and how far behind the work is. */
export function dashboard(scope: Construct, { config, api: { http }, functions, automation, table }: Watched): Dashboard {
  const { project, publish, react, people, sweep, haul, deliver } = automation
  const queues = [react, people, sweep, haul, deliver]
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: `${config.stage}-crm`,
    defaultInterval: Duration.hours(12),
    widgets: [
      [
        graph('Requests', [http.metricCount(sum)], [http.metricClientError(sum), http.metricServerError(sum)]),
        graph(
          'Latency, ms',
          [50, 90, 99].map((share) => http.metricLatency({ statistic: Stats.percentile(share), period: five, label: `p${share}` })),
        ),
        graph('Function errors and throttles', [
          ...functions.map(({ lambda }) => lambda.metricErrors(sum)),
          ...functions.map(({ lambda }) => lambda.metricThrottles(sum)),
        ]),
      ],
      [
        graph(
          'Function time, p99 ms',
          functions.map(({ lambda }) => lambda.metricDuration({ statistic: Stats.percentile(99), period: five })),
        ),
        graph(
          'Function copies at once',
          functions.map(({ lambda }) => lambda.metric('ConcurrentExecutions', most)),
        ),
        graph('Table units', [table.metricConsumedReadCapacityUnits(sum), table.metricConsumedWriteCapacityUnits(sum)]),
      ],
      [
        graph(
          'Behind: streams, ms',
          [project, publish].map(({ does }) => does.lambda.metric('IteratorAge', { ...most, label: does.name })),
        ),
        graph(
          'Behind: oldest message, s',
          queues.map(({ queue, does }) => queue.metricApproximateAgeOfOldestMessage({ ...most, label: does.name })),
        ),
        graph(
          'Set aside',
          [project, publish, ...queues].map(({ dead, does }) =>
            dead.metricApproximateNumberOfMessagesVisible({ ...most, label: does.name }),
          ),
        ),
      ],
      [
        graph(
          'Failed work',
          [
            'DriftFound',
            'DueItemFailed',
            'ReactionFailed',
            'SweepFailed',
            'StreamHalted',
            'ServerError',
            'DeliveryFailed',
            'WebhookDisabled',
          ].map((name) => ownCount(config, name)),
        ),
      ],
    ],
  })
}
