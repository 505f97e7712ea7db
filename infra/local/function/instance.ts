import { Worker } from 'node:worker_threads'
import type { Boot, Call, Failure, Outcome, Report } from './message.ts'

/** One running copy of a function: a worker thread that takes one event at a time, as a Lambda instance does. */
export interface Instance {
  call(call: Call): Promise<Outcome>
  /** Settles once the code is loaded: undefined, or why it could not be. */
  readonly ready: Promise<Failure | undefined>
  dead(): boolean
  stop(): Promise<void>
}

export interface InstanceOptions {
  readonly boot: Boot
  readonly environment: Record<string, string>
  readonly timeoutSeconds: number
}

const workerFile = new URL('./worker.ts', import.meta.url)

const startWorker = ({ boot, environment }: InstanceOptions): Worker => {
  const sourceMaps = (environment['NODE_OPTIONS'] ?? '').includes('--enable-source-maps') ? ['--enable-source-maps'] : []
  return new Worker(workerFile, {
    workerData: boot,
    env: environment,
    execArgv: ['--disable-warning=ExperimentalWarning', ...sourceMaps],
    resourceLimits: { maxOldGenerationSizeMb: boot.memoryMb },
  })
}

const failureOf = (thrown: Error): Failure => ({
  errorType: thrown.name,
  errorMessage: thrown.message,
  trace: (thrown.stack ?? '').split('\n'),
})

class WorkerInstance implements Instance {
  readonly ready: Promise<Failure | undefined>
  readonly #worker: Worker
  readonly #timeoutSeconds: number
  readonly #loaded: (failure: Failure | undefined) => void
  #dead = false
  #settle: ((outcome: Outcome) => void) | undefined

  constructor(options: InstanceOptions) {
    const { promise, resolve } = Promise.withResolvers<Failure | undefined>()
    this.ready = promise
    this.#loaded = resolve
    this.#timeoutSeconds = options.timeoutSeconds
    this.#worker = startWorker(options)
    this.#worker.on('message', (report: Report) => this.#hear(report))
    this.#worker.on('error', (thrown: Error) => this.#end(failureOf(thrown)))
    this.#worker.on('exit', (code) => {
      this.#end({ errorType: 'Runtime.ExitError', errorMessage: `The function's process ended with status ${code}` })
    })
  }

  dead(): boolean {
    return this.#dead
  }

  call(call: Call): Promise<Outcome> {
    const seconds = this.#timeoutSeconds
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    // Lambda ends the instance when the time is up: what it was doing must not go on beside the retry.
    const late = setTimeout(() => {
      this.#end({ errorType: 'Sandbox.Timedout', errorMessage: `Task timed out after ${seconds.toFixed(2)} seconds` })
    }, seconds * 1000)
    this.#settle = (outcome) => {
      clearTimeout(late)
      resolve(outcome)
    }
    this.#worker.postMessage(call)
    return promise
  }

  async stop(): Promise<void> {
    this.#end({ errorType: 'Runtime.Stopped', errorMessage: 'The run is being stopped' })
    await this.#worker.terminate()
  }

  #hear(report: Report): void {
    if ('ready' in report) this.#loaded(undefined)
    else if (this.#settle === undefined && 'error' in report) this.#end(report.error)
    else this.#finish(report)
  }

  #finish(outcome: Outcome): void {
    const waiting = this.#settle
    this.#settle = undefined
    waiting?.(outcome)
  }

  #end(error: Failure): void {
    if (this.#dead) return
    this.#dead = true
    this.#loaded(error)
    this.#finish({ error })
    void this.#worker.terminate()
  }
}

export const startInstance = (options: InstanceOptions): Instance => new WorkerInstance(options)
