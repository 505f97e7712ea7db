import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { accept } from './accept.ts'

/** Times a message is tried before it is set aside. */
const TRIES = 5
/** Messages set aside wait this long for a person: the longest SQS keeps any. Days. */
const KEPT_DAYS = 14

/** A queue of its own for one consumer, with one beside it for what the consumer cannot do. */
export class WorkQueue extends Construct {
  readonly queue: Queue
  readonly dead: Queue

  /** @param timeoutSeconds of the consumer; a message stays hidden six times as long, as Lambda asks for */
  constructor(scope: Construct, id: string, name: string, timeoutSeconds: number) {
    super(scope, id)
    this.dead = deadLetters(this, 'Dead', `${name}-dead`)
    this.queue = new Queue(this, 'Queue', {
      queueName: name,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(timeoutSeconds * 6),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.dead, maxReceiveCount: TRIES },
    })
  }
}

/** A queue for what failed for good. Watched: anything in it raises an alarm. */
export function deadLetters(scope: Construct, id: string, name: string): Queue {
  const queue = new Queue(scope, id, {
    queueName: name,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(KEPT_DAYS),
  })
  accept(queue, 'AwsSolutions-SQS3', 'This is where failed work ends; a person takes it from here.')
  return queue
}
