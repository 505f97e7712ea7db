import { CfnOutput, Duration, TimeZone } from 'aws-cdk-lib'
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { EventSourceMapping, RecursiveLoop, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets'
import type { UserPool } from 'aws-cdk-lib/aws-cognito'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { EVENT_SOURCE } from '../domain/kernel/cloud-event.ts'
import { peoplePattern } from '../events/people.ts'
import { lambdaBus } from '../events/bus.ts'
import { deliverPattern, deliverSchedules } from '../events/deliver.ts'
import { eventPattern } from '../events/reacting.ts'
import { reactions } from '../events/reactions.ts'
import { hauls } from '../events/hauls.ts'
import { schedules } from '../events/schedules.ts'
import { httpReceiver } from '../events/receiver.ts'
import { streamFilters } from '../events/stream.ts'
import { CrmFunction, sizeOf, type Workshop } from './crm-function.ts'
import {
  accountsIn,
  changesOf,
  eventsOn,
  everything,
  filesAndRemoval,
  messagesFrom,
  messagesTo,
  recordReads,
  records,
  streamArn,
} from './need.ts'
import { deadLetters, WorkQueue } from './queue.ts'

/** Records of the stream at a time, tries of a batch that fails, and the age at which a record is given up. */
const stream = { batchSize: 100, windowSeconds: 1, tries: 10, maxAgeHours: 6 }
/** Messages at a time: events are small work, a job may take all the time there is. */
const batchSizes = { react: 10, people: 10, sweep: 1, haul: 1, deliver: 10 } as const
/** EventBridge's own most: a day and 185 tries. */
const delivery = { retryAttempts: 185, maxEventAge: Duration.days(1) }

/** A function fed by the table's stream, with the queue that names the stretches it gave up on. */
export interface StreamConsumer {
  readonly does: CrmFunction
  readonly dead: Queue
}

/** A function fed by a queue. */
export interface QueueConsumer extends WorkQueueParts {
  readonly does: CrmFunction
}
interface WorkQueueParts {
  readonly queue: Queue
  readonly dead: Queue
}

/** All that happens without a request: what follows from changes, and what falls due. */
export class Automation extends Construct {
  readonly bus: EventBus
  readonly project: StreamConsumer
  readonly publish: StreamConsumer
  readonly react: QueueConsumer
  readonly people: QueueConsumer
  readonly sweep: QueueConsumer
  readonly haul: QueueConsumer
  readonly deliver: QueueConsumer
  private readonly workshop: Workshop
  private readonly table: TableV2
  private readonly scheduleGroup: ScheduleGroup

  constructor(scope: Construct, id: string, workshop: Workshop, table: TableV2, pool: UserPool, files: Bucket) {
    super(scope, id)
    this.workshop = workshop
    this.table = table
    const { config } = workshop
    this.scheduleGroup = new ScheduleGroup(this, 'Clock', { scheduleGroupName: `${config.stage}-crm` })
    this.bus = new EventBus(this, 'Bus', { eventBusName: `${config.stage}-crm`, description: `What happened in CRM ${config.stage}` })
    if (config.events.archiveDays > 0) {
      this.bus.archive('Archive', { eventPattern: { source: [EVENT_SOURCE] }, retention: Duration.days(config.events.archiveDays) })
    }
    this.project = this.onChanges(
      'project',
      new CrmFunction(this, 'project', workshop, { summary: 'Keeps log, timeline and totals in step with the table' }).uses(records(table)),
    )
    this.publish = this.onChanges(
      'publish',
      new CrmFunction(this, 'publish', workshop, { summary: 'Puts what happened on the bus' }).uses(eventsOn(this.bus)),
    )
    this.react = this.onMessages(
      'react',
      new CrmFunction(this, 'react', workshop, { summary: 'Runs what follows from events' }).uses(records(table)),
      config.events.reactConcurrency,
    )
    this.people = this.onMessages(
      'people',
      new CrmFunction(this, 'people', workshop, { summary: 'Keeps the user pool in step with the directory of people' }).uses(
        recordReads(table, 'user'),
        accountsIn(pool),
      ),
      2,
    )
    // A sweep asks itself for the next page of due work; Lambda would take more than 16 pages for a runaway loop.
    const byClock = { recursiveLoop: RecursiveLoop.ALLOW, traced: false } as const
    const sweep = new CrmFunction(this, 'sweep', workshop, { summary: 'Does the work that has fallen due', ...byClock })
    this.sweep = this.onMessages('sweep', sweep.uses(records(table)), config.events.sweepConcurrency)
    sweep.uses(messagesTo(this.sweep.queue, 'SWEEP_QUEUE_URL'))
    const haul = new CrmFunction(this, 'haul', workshop, { summary: 'Imports, exports, erases and checks, in steps', ...byClock })
    const hauling = haul.uses(records(table), everything(table), filesAndRemoval(files))
    this.haul = this.onMessages('haul', hauling, config.events.haulConcurrency)
    haul.uses(messagesTo(this.haul.queue, 'HAUL_QUEUE_URL'))
    this.deliver = this.webhooks()
    this.rule('reactions', eventPattern(reactions), this.react)
    this.rule('people', peoplePattern(), this.people)
    this.rule('webhooks', deliverPattern(), this.deliver)
    this.clock(schedules, this.sweep)
    this.clock(hauls, this.haul)
    this.clock(deliverSchedules(httpReceiver, lambdaBus), this.deliver)
    new CfnOutput(this, 'BusName', { value: this.bus.eventBusName }).overrideLogicalId('BusName')
    new CfnOutput(this, 'BusArn', { value: this.bus.eventBusArn }).overrideLogicalId('BusArn')
  }

  /** The one function that calls addresses outside. Like a sweep it asks itself for more, and for next attempts that are near. */
  private webhooks(): QueueConsumer {
    const { config } = this.workshop
    const does = new CrmFunction(this, 'deliver', this.workshop, {
      summary: 'Sends events to webhooks, tells past ones once more',
      recursiveLoop: RecursiveLoop.ALLOW,
      traced: false,
    })
    const consumer = this.onMessages('deliver', does.uses(records(this.table), eventsOn(this.bus)), config.events.deliverConcurrency)
    does.uses(messagesTo(consumer.queue, 'DELIVER_QUEUE_URL'))
    return consumer
  }

  private onChanges(name: 'project' | 'publish', does: CrmFunction): StreamConsumer {
    const dead = deadLetters(this, `${name}-dead`, `${this.workshop.config.stage}-crm-${name}-dead`)
    does.uses(changesOf(this.table))
    const mapping = new EventSourceMapping(does, 'Changes', {
      target: does.lambda,
      eventSourceArn: streamArn(this.table),
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: stream.batchSize,
      maxBatchingWindow: Duration.seconds(stream.windowSeconds),
      bisectBatchOnError: true,
      retryAttempts: stream.tries,
      maxRecordAge: Duration.hours(stream.maxAgeHours),
      reportBatchItemFailures: true,
      filters: streamFilters().map((filter) => ({ pattern: JSON.stringify(filter) })),
      onFailure: new SqsDlq(dead),
    })
    mapping.node.addDependency(does.lambda.role ?? does)
    return { does, dead }
  }

  private onMessages(name: 'react' | 'people' | 'sweep' | 'haul' | 'deliver', does: CrmFunction, maxConcurrency: number): QueueConsumer {
    const { config } = this.workshop
    const { queue, dead } = new WorkQueue(this, `${name}-queue`, `${config.stage}-crm-${name}`, sizeOf(config, name).timeoutSeconds)
    does.uses(messagesFrom(queue))
    const mapping = new EventSourceMapping(does, 'Messages', {
      target: does.lambda,
      eventSourceArn: queue.queueArn,
      batchSize: batchSizes[name],
      maxConcurrency,
      reportBatchItemFailures: true,
    })
    mapping.node.addDependency(does.lambda.role ?? does)
    return { queue, dead, does }
  }

  /** A rule that lets through to a consumer's queue what it works on, and nothing else. */
  private rule(name: string, pattern: ReturnType<typeof eventPattern>, { queue, dead }: WorkQueueParts): void {
    new Rule(this, `rule-${name}`, {
      eventBus: this.bus,
      ruleName: `${this.workshop.config.stage}-crm-${name}`,
      description: `Events for ${name}`,
      eventPattern: { source: pattern.source, ...(pattern['detail-type'] && { detailType: pattern['detail-type'] }) },
      targets: [new SqsQueue(queue, { deadLetterQueue: dead, ...delivery })],
    })
  }

  /** One schedule a job. Each only puts the job's name on the queue, so a slow job never holds up the clock. */
  private clock(jobs: typeof schedules, { queue, dead }: WorkQueueParts): void {
    const { stage } = this.workshop.config
    for (const { name, rate, summary } of jobs) {
      new Schedule(this, `job-${name}`, {
        scheduleName: `${stage}-crm-${name}`,
        description: summary,
        scheduleGroup: this.scheduleGroup,
        schedule: ScheduleExpression.expression(rate, TimeZone.ETC_UTC),
        target: new SqsSendMessage(queue, {
          input: ScheduleTargetInput.fromObject({ job: name }),
          deadLetterQueue: dead,
          retryAttempts: 10,
          maxEventAge: Duration.hours(1),
        }),
      })
    }
  }
}
