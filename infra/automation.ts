import { Duration, TimeZone } from 'aws-cdk-lib'
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { EventSourceMapping, RecursiveLoop, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets'
import type { UserPool } from 'aws-cdk-lib/aws-cognito'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { EVENT_SOURCE } from '../events/cloud-event.ts'
import { peoplePattern } from '../events/people.ts'
import { eventPattern } from '../events/reacting.ts'
import { reactions } from '../events/reactions.ts'
import { schedules } from '../events/schedules.ts'
import { streamFilters } from '../events/stream.ts'
import { CrmFunction, sizeOf, type Workshop } from './crm-function.ts'
import { accountsIn, changesOf, eventsOn, messagesFrom, messagesTo, recordReads, records, streamArn } from './need.ts'
import { deadLetters, WorkQueue } from './queue.ts'

/** Records of the stream at a time, tries of a batch that fails, and the age at which a record is given up. */
const stream = { batchSize: 100, windowSeconds: 1, tries: 10, maxAgeHours: 6 }
/** Messages at a time: events are small work, a job may take all the time there is. */
const batchSizes = { react: 10, people: 10, sweep: 1 } as const
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
  private readonly workshop: Workshop
  private readonly table: TableV2

  constructor(scope: Construct, id: string, workshop: Workshop, table: TableV2, pool: UserPool) {
    super(scope, id)
    this.workshop = workshop
    this.table = table
    const { config } = workshop
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
        recordReads(table),
        accountsIn(pool),
      ),
      2,
    )
    // A sweep asks itself for the next page of due work; Lambda would take more than 16 pages for a runaway loop.
    const sweep = new CrmFunction(this, 'sweep', workshop, {
      summary: 'Does the work that has fallen due',
      recursiveLoop: RecursiveLoop.ALLOW,
    })
    this.sweep = this.onMessages('sweep', sweep.uses(records(table)), config.events.sweepConcurrency)
    sweep.uses(messagesTo(this.sweep.queue, 'SWEEP_QUEUE_URL'))
    this.rule('reactions', eventPattern(reactions), this.react)
    this.rule('people', peoplePattern(), this.people)
    this.clock()
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

  private onMessages(name: 'react' | 'people' | 'sweep', does: CrmFunction, maxConcurrency: number): QueueConsumer {
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
  private clock(): void {
    const { stage } = this.workshop.config
    const scheduleGroup = new ScheduleGroup(this, 'Clock', { scheduleGroupName: `${stage}-crm` })
    for (const { name, rate, summary } of schedules) {
      new Schedule(this, `job-${name}`, {
        scheduleName: `${stage}-crm-${name}`,
        description: summary,
        scheduleGroup,
        schedule: ScheduleExpression.expression(rate, TimeZone.ETC_UTC),
        target: new SqsSendMessage(this.sweep.queue, {
          input: ScheduleTargetInput.fromObject({ job: name }),
          deadLetterQueue: this.sweep.dead,
          retryAttempts: 10,
          maxEventAge: Duration.hours(1),
        }),
      })
    }
  }
}
