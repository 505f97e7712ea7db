/** What passes between the pool and a worker. Bodies travel as JSON text: copying text costs less than cloning trees. */
export interface Boot {
  readonly file: string
  readonly handler: string
  readonly logFile: string
  readonly name: string
  readonly arn: string
  readonly memoryMb: number
}

export interface Call {
  readonly event: string
  readonly requestId: string
  /** Epoch milliseconds at which the invocation times out. */
  readonly deadline: number
  readonly trace: string
}

export interface Failure {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}

export type Outcome = { readonly body: string } | { readonly error: Failure }

/** From the worker: ready once its code is loaded, then one outcome for each call. */
export type Report = { readonly ready: true } | Outcome
