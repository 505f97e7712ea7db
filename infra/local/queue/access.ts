import type { buildApp } from 'fauxqs'
import type { JsonObject } from '../json.ts'

type QueueStore = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>['sqsStore']
type Queue = NonNullable<ReturnType<QueueStore['getQueueByArn']>>
type StoredMessage = Parameters<Queue['enqueue']>[0]

export type CreateMessage = (body: string, attributes: object, delay: undefined, group?: string, deduplication?: string) => StoredMessage

/** A message in a consumer's hands. */
export interface Message {
  readonly id: string
  readonly handle: string
  readonly body: string
  readonly md5: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: JsonObject
}

/** The runner's own way to the queues: in process, without a request for each message. Functions use HTTP. */
export interface QueueAccess {
  /** Messages that wait to be read or are being handled; delayed ones do not count. */
  backlog(queueArn: string): number
  /** Puts a body on a queue. @throws when the stack has no such queue */
  send(queueArn: string, body: string, messageGroup?: string): void
  /** At most ten messages; waits for the first one until `waitSeconds` are over or `wake` is called. */
  receive(queueArn: string, most: number, waitSeconds: number): Promise<Message[]>
  remove(queueArn: string, handles: readonly string[]): void
  wake(queueArn: string): void
}

const attributesOf = (message: StoredMessage): Record<string, string> => ({
  ApproximateReceiveCount: String(message.approximateReceiveCount),
  SentTimestamp: String(message.sentTimestamp),
  SenderId: 'local',
  ApproximateFirstReceiveTimestamp: String(message.approximateFirstReceiveTimestamp ?? Date.now()),
  ...(message.messageGroupId === undefined ? {} : { MessageGroupId: message.messageGroupId }),
  ...(message.messageDeduplicationId === undefined ? {} : { MessageDeduplicationId: message.messageDeduplicationId }),
  ...(message.sequenceNumber === undefined ? {} : { SequenceNumber: message.sequenceNumber }),
})

export const createAccess = (store: QueueStore, createMessage: CreateMessage): QueueAccess => {
  const queue = (arn: string): Queue => {
    const found = store.getQueueByArn(arn)
    if (found === undefined) throw new Error(`the stack holds no queue ${arn}`)
    return found
  }
  const take = (from: Queue, most: number): Message[] =>
    from
      .dequeue(most, undefined, (arn) => store.getQueueByArn(arn))
      .map((received) => {
        const held = from.inflightMessages.get(received.ReceiptHandle)?.message
        return {
          id: received.MessageId,
          handle: received.ReceiptHandle,
          body: received.Body,
          md5: received.MD5OfBody,
          attributes: held === undefined ? {} : attributesOf(held),
          messageAttributes: { ...received.MessageAttributes } as unknown as JsonObject,
        }
      })
  return {
    backlog: (arn) => {
      const { ready, inflight } = queue(arn).inspectMessages()
      return ready.length + inflight.length
    },
    send: (arn, body, group) => {
      const to = queue(arn)
      const message = createMessage(body, {}, undefined, group)
      to.enqueue(to.isFifo() ? { ...message, sequenceNumber: to.nextSequenceNumber() } : message)
    },
    receive: async (arn, most, waitSeconds) => {
      const from = queue(arn)
      const messages = take(from, most)
      if (messages.length > 0 || waitSeconds === 0) return messages
      await from.waitForMessages(waitSeconds)
      return take(from, most)
    },
    remove: (arn, handles) => {
      for (const handle of handles) queue(arn).deleteMessage(handle)
    },
    wake: (arn) => queue(arn).cancelWaiters(),
  }
}
