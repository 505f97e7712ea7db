import type { FunctionSpec } from '../template.ts'
import { account, region } from '../template/physical.ts'

/** Where the stand-ins of AWS's services listen. */
export interface Endpoints {
  readonly table: string
  readonly queue: string
  /** Bus, users, secrets and parameters; also the answer for every service that has no stand-in, so that no call leaves. */
  readonly other: string
}

/**
 * The environment of a function: what its template gives it, what Lambda itself sets, and where the stand-ins are.
 * Nothing of the runner's own environment passes, so a variable the stack forgets is missing here too, but for the one that
 * the stack never sets: `WEBHOOK_ALLOW_LOOPBACK=1 npm start` has webhooks sent to this machine.
 */
export const environmentOf = (spec: FunctionSpec, endpoints: Endpoints): Record<string, string> => ({
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SESSION_TOKEN: 'local',
  AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
  AWS_LAMBDA_FUNCTION_NAME: spec.name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${account}`,
  AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
  LAMBDA_TASK_ROOT: spec.directory ?? '',
  LAMBDA_RUNTIME_DIR: '/var/runtime',
  LANG: 'en_US.UTF-8',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  TZ: ':UTC',
  _HANDLER: spec.handler,
  AWS_ENDPOINT_URL: endpoints.other,
  AWS_ENDPOINT_URL_DYNAMODB: endpoints.table,
  AWS_ENDPOINT_URL_DYNAMODB_STREAMS: endpoints.table,
  AWS_ENDPOINT_URL_SQS: endpoints.queue,
  AWS_ENDPOINT_URL_SNS: endpoints.queue,
  AWS_ENDPOINT_URL_S3: endpoints.queue,
  AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints.other,
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: endpoints.other,
  ...(process.env['WEBHOOK_ALLOW_LOOPBACK'] === '1' && { WEBHOOK_ALLOW_LOOPBACK: '1' }),
  ...spec.environment,
})
