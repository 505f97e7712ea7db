import { once } from '../domain/kernel/action.ts'
import { lambdaCredentials } from '../domain/kernel/table/client.ts'
import { setting } from '../functions/edge.ts'

/** The parts of an SQS batch that the product reads. */
export interface QueueEvent {
  Records: readonly { messageId: string; body: string }[]
}

/** A queue to send to. */
export interface Queue {
  send(message: object): Promise<void>
}

/** The sweep's own queue, which its environment names. */
export const lambdaQueue = once((): Queue => {
  const QueueUrl = setting('SWEEP_QUEUE_URL')
  const sdk = once(async () => {
    const { SendMessageCommand, SQSClient } = await import('@aws-sdk/client-sqs')
    const client = new SQSClient({
      region: setting('AWS_REGION'),
      credentials: lambdaCredentials,
      maxAttempts: 3,
      retryMode: 'standard',
      defaultsMode: 'standard',
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    })
    return { client, SendMessageCommand }
  })
  return {
    async send(message) {
      const { client, SendMessageCommand } = await sdk()
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }))
    },
  }
})
