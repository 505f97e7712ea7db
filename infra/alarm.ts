import { Aws } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import type { StageConfig } from './config.ts'

export interface AlarmFacts {
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

/** Who is told, and how: one topic, an alarm for each thing that may go wrong, a budget where one is set. */
export class Alarms extends Construct {
  private readonly topic: Topic
  private readonly config: StageConfig

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id)
    this.config = config
    this.topic = this.alarmTopic(config)
    if (config.monthlyBudgetUsd !== undefined) this.budget(config.monthlyBudgetUsd)
  }

  private alarmTopic({ stage, alarmEmail }: StageConfig): Topic {
    const topic = new Topic(this, 'Topic', { topicName: `${stage}-crm-alarms`, displayName: `CRM ${stage}`, enforceSSL: true })
    topic.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    )
    if (alarmEmail) topic.addSubscription(new EmailSubscription(alarmEmail))
    return topic
  }

  /** An alarm. @param name of the alarm, after the stage's */
  ring(name: string, { metric, above, bad = [1, 1], says, runbook }: AlarmFacts): void {
    const { stage, runbookBase } = this.config
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

  /** Mails at 80 and 100 % of the month's budget. Needs an address to mail to. */
  private budget(limitUsd: number): void {
    const { stage, alarmEmail } = this.config
    if (!alarmEmail) throw new Error('A budget mails: give alarmEmail in infra/config.ts as well.')
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `${stage}-crm`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: limitUsd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:stage$${stage}`] },
      },
      notificationsWithSubscribers: [80, 100].map((threshold) => ({
        notification: { notificationType: 'ACTUAL', comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
        subscribers: [{ subscriptionType: 'EMAIL', address: alarmEmail }],
      })),
    })
  }
}
