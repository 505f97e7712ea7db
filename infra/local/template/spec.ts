import type { Json, JsonObject } from '../json.ts'

/** What the runner understands of a template: each part of the local run is made from one of these. */
export interface Specification {
  readonly tables: readonly TableSpec[]
  readonly queues: readonly QueueSpec[]
  readonly buckets: readonly BucketSpec[]
  readonly functions: readonly FunctionSpec[]
  readonly apis: readonly ApiSpec[]
  readonly mappings: readonly MappingSpec[]
  readonly rules: readonly RuleSpec[]
  readonly buses: readonly string[]
  readonly schedules: readonly ScheduleSpec[]
  readonly pools: readonly PoolSpec[]
  readonly secrets: readonly SecretSpec[]
  readonly parameters: Readonly<Record<string, string>>
}

export interface TableSpec {
  readonly name: string
  readonly arn: string
  /** Input of CreateTable. */
  readonly create: JsonObject
  readonly expiryAttribute: string | undefined
}

export interface QueueSpec {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface BucketSpec {
  readonly name: string
  readonly cors: CorsSpec | undefined
}

export interface FunctionSpec {
  readonly name: string
  readonly arn: string
  /** Folder of the code; undefined for inline code, which the local run does not run. */
  readonly directory: string | undefined
  readonly handler: string
  readonly runtime: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
  readonly memoryMb: number
  /** Most invocations at once, where the template reserves a number. */
  readonly reserved: number | undefined
  /** For events handed over without waiting: retries after the first attempt, and where a failed event goes. */
  readonly retryAttempts: number
  readonly deadLetterArn: string | undefined
}

export interface JwtSpec {
  readonly poolId: string
  readonly audience: readonly string[]
}

export interface RouteSpec {
  /** For example `GET /v1/customers/{id}` or `$default`. */
  readonly key: string
  readonly functionArn: string
  readonly jwt: JwtSpec | undefined
  readonly scopes: readonly string[]
}

export interface CorsSpec {
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  readonly headers: readonly string[]
  readonly exposed: readonly string[]
  readonly credentials: boolean
  readonly maxAgeSeconds: number | undefined
}

export interface ApiSpec {
  readonly id: string
  readonly stage: string
  readonly routes: readonly RouteSpec[]
  readonly cors: CorsSpec | undefined
}

export interface MappingSpec {
  readonly id: string
  readonly sourceArn: string
  readonly functionArn: string
  readonly batchSize: number
  readonly windowSeconds: number
  readonly reportsItems: boolean
  readonly patterns: readonly Json[]
  readonly bisects: boolean
  /** -1 is without end. */
  readonly retryAttempts: number
  readonly maxAgeSeconds: number
  readonly failureArn: string | undefined
  readonly fromStart: boolean
  readonly concurrency: number
}

export interface TargetSpec {
  readonly arn: string
  readonly input: string | undefined
  readonly inputPath: string | undefined
  readonly transformer: { readonly paths: JsonObject; readonly template: string } | undefined
  readonly deadLetterArn: string | undefined
  readonly messageGroup: string | undefined
}

export interface RuleSpec {
  readonly name: string
  readonly bus: string
  readonly pattern: Json
  readonly targets: readonly TargetSpec[]
}

export interface ScheduleSpec {
  readonly name: string
  readonly arn: string
  readonly expression: string
  readonly timeZone: string
  readonly enabled: boolean
  readonly target: TargetSpec
}

export interface ClientSpec {
  readonly id: string
  readonly name: string
  readonly secret: string | undefined
  readonly machine: boolean
  readonly scopes: readonly string[]
}

export interface PoolSpec {
  readonly id: string
  readonly groups: readonly string[]
  readonly clients: readonly ClientSpec[]
}

export interface SecretSpec {
  readonly arn: string
  readonly name: string
  readonly value: string
}
