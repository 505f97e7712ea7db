import { setTimeout as wait } from 'node:timers/promises'
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs'

/** Consumers whose set-aside messages can be put back. What `project` and `publish` gave up are places in the stream. */
export const deadQueues = ['react', 'people', 'sweep', 'haul', 'deliver'] as const

export interface RedriveFacts {
  stage: string
  queue: string
  /** Messages a second, at most. */
  rate: number
  /** Messages in all, at most. */
  most: number
  /** Moves none: counts, and shows the first ones. */
  dryRun: boolean
}

export interface Redriven {
  moved: number
  /** Still set aside, as SQS counts them: approximately, when others are at it too. */
  left: number
}

/** How long a message is out of others' sight while it is moved. Seconds. */
const HELD_SECONDS = 60
const SHOWN = 5

/**
 * Moves messages from a queue's dead letters back to it, the oldest first as far as SQS keeps order. Each is sent before it is
 * deleted: one that is moved when the command dies is there twice, which every consumer stands, and never not at all.
 *
 * Not SQS's own move task: it takes whatever lies there, shows nothing beforehand, and is there in the cloud alone.
 */
export async function redrive(client: SQSClient, facts: RedriveFacts, say: (line: string) => void): Promise<Redriven> {
  const name = `${facts.stage}-crm-${facts.queue}`
  const [to, from] = await Promise.all([urlOf(client, name), urlOf(client, `${name}-dead`)])
  const there = await countOf(client, from)
  say(`${there} set aside in ${name}-dead.`)
  if (facts.dryRun) return { moved: 0, left: await shown(client, from, there, say) }
  let moved = 0
  for (const began = performance.now(); moved < facts.most; ) {
    const [message] = await taken(client, from, 1, HELD_SECONDS)
    if (!message?.Body) break
    await client.send(new SendMessageCommand({ QueueUrl: to, MessageBody: message.Body, MessageAttributes: message.MessageAttributes }))
    await client.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle: message.ReceiptHandle }))
    moved += 1
    if (moved % 100 === 0) say(`${moved} moved.`)
    const ahead = (moved / facts.rate) * 1000 - (performance.now() - began)
    if (ahead > 0) await wait(ahead)
  }
  return { moved, left: await countOf(client, from) }
}

async function urlOf(client: SQSClient, QueueName: string): Promise<string> {
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }))
  if (QueueUrl === undefined) throw new Error(`There is no queue ${QueueName} in this account and region.`)
  return QueueUrl
}

async function countOf(client: SQSClient, QueueUrl: string): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages' as const]
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0)
}

async function taken(client: SQSClient, QueueUrl: string, MaxNumberOfMessages: number, VisibilityTimeout: number): Promise<Message[]> {
  const asked = { QueueUrl, MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds: 1, MessageAttributeNames: ['All'] }
  return (await client.send(new ReceiveMessageCommand(asked))).Messages ?? []
}

/** Shows what the first messages are about, and leaves them where they are. Ids and names of types alone: a body may say more. */
async function shown(client: SQSClient, from: string, there: number, say: (line: string) => void): Promise<number> {
  for (const { Body, MessageId } of await taken(client, from, SHOWN, 0)) say(`  ${MessageId} ${aboutOf(Body ?? '')}`)
  return there
}

function aboutOf(body: string): string {
  try {
    const told = JSON.parse(body) as { job?: string; detail?: { type?: string; id?: string } }
    return told.job !== undefined ? `job ${told.job}` : `${told.detail?.type} ${told.detail?.id}`
  } catch {
    return 'not JSON'
  }
}
