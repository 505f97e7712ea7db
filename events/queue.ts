import { once } from '../domain/kernel/action.ts'
import { lambdaCredentials } from '../domain/kernel/table/client.ts'
import { setting } from '../functions/edge.ts'

/** The parts of an SQS batch that the product reads. */
export interface QueueEvent {
  Records: readonly { messageId: string; body: string }[]
}

/** A queue to send to. */
export interface Queue {
  /** @param delaySeconds how long the message stays hidden: 900 at most */
  send(message: object, delaySeconds?: number): Promise<void>
}

/** The sweep's own queue, which its environment names. */
export const lambdaQueue = once((): Queue => queueNamed('SWEEP_QUEUE_URL'))

/** A queue whose address is in a variable of the environment. */
export function queueNamed(variable: `${string}_QUEUE_URL`): Queue {
  const QueueUrl = setting(variable)
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
    async send(message, delaySeconds) {
      const { client, SendMessageCommand } = await sdk()
      await client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: JSON.stringify(message),
          ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
        }),
      )
    },
  }
}
