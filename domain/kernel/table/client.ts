import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { AwsJson1_0Protocol, type JsonCodec2 } from '@aws-sdk/core/protocols'
import { TableCodec } from './codec.ts'
import { dynamoSigner } from './signer.ts'

export interface ClientFacts {
  region: string
  /** Where the table is, when not the region's own endpoint. */
  endpoint?: string
  credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>
  /** Another transport, for the bench. */
  requestHandler?: DynamoDBClientConfig['requestHandler']
}

/** The SDK's protocol of DynamoDB with the store's codec in place of its own. */
class TableProtocol extends AwsJson1_0Protocol {
  constructor(settings: ConstructorParameters<typeof AwsJson1_0Protocol>[0]) {
    super({ ...settings, jsonCodec: new TableCodec() as unknown as JsonCodec2 })
  }
}

/**
 * The DynamoDB client, configured for many short calls. Everything is explicit, so nothing is looked up on disk or from
 * an instance; the composed middleware is kept per kind of call; the signer keeps the day's key; what only describes the
 * request (its log, its user agent) is taken out. `npm run bench` shows what that is worth.
 */
export function tableClient(facts: ClientFacts): DynamoDBClient {
  const client = new DynamoDBClient({
    region: facts.region,
    credentials: facts.credentials,
    signer: dynamoSigner({ region: facts.region, credentials: facts.credentials }),
    ...(facts.endpoint && { endpoint: facts.endpoint }),
    requestHandler: facts.requestHandler ?? { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    cacheMiddleware: true,
    protocol: TableProtocol,
    maxAttempts: 4,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    accountIdEndpointMode: 'disabled',
    endpointDiscoveryEnabled: false,
  })
  for (const name of ['loggerMiddleware', 'getUserAgentMiddleware']) client.middlewareStack.remove(name)
  return client
}

/** Credentials as Lambda gives them, read at each call since the runtime may renew them. */
export async function lambdaCredentials(): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }> {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  }
}
