import { lambdaCredentials } from '../domain/kernel/table/client.ts'
import { once } from '../domain/kernel/action.ts'
import { setting } from '../functions/edge.ts'

/** One event for the bus, in EventBridge's words. */
export interface BusEntry {
  Source: string
  DetailType: string
  /** JSON. */
  Detail: string
  Time: Date
}

/** Where events go. */
export interface Bus {
  /** @returns for each entry the code of why it was not taken, or undefined */
  put(entries: readonly BusEntry[]): Promise<readonly (string | undefined)[]>
}

/** The deployment's own bus on EventBridge, which its environment names. */
export const lambdaBus = once((): Bus => {
  const name = setting('BUS_NAME')
  const sdk = once(async () => {
    const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge')
    const client = new EventBridgeClient({
      region: setting('AWS_REGION'),
      credentials: lambdaCredentials,
      maxAttempts: 3,
      retryMode: 'standard',
      defaultsMode: 'standard',
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    })
    return { client, PutEventsCommand }
  })
  return {
    async put(entries) {
      const { client, PutEventsCommand } = await sdk()
      const answer = await client.send(new PutEventsCommand({ Entries: entries.map((entry) => ({ ...entry, EventBusName: name })) }))
      return entries.map((_, at) => answer.Entries?.[at]?.ErrorCode)
    },
  }
})
