import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { FunctionSpec } from '../template.ts'
import { type Code, findCode } from './code.ts'
import { type Endpoints, environmentOf } from './environment.ts'
import { type Instance, startInstance } from './instance.ts'
import type { Outcome } from './message.ts'

export type { Outcome } from './message.ts'

/** A function that can be invoked: as many instances as the load asks for, up to `most`. */
export interface Pool {
  readonly spec: FunctionSpec
  /** Invokes and waits. `event` is JSON text; never rejects. */
  invoke(event: string, trace?: string): Promise<Outcome>
  /** Loads the code before the first event. */
  warm(): Promise<void>
  /** Events at work or waiting. */
  busy(): number
  /** Events taken so far. */
  invoked(): number
  stop(): Promise<void>
}

/** More instances than cores only take turns, and each of them warms up anew. */
const most = Math.min(4, Math.max(2, availableParallelism()))

export const newTrace = (): string => {
  // randomUUID keeps a supply of random bytes; randomBytes would ask the kernel on every request.
  const id = (randomUUID() + randomUUID()).replaceAll('-', '')
  return `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${id.slice(0, 24)};Parent=${id.slice(24, 40)};Sampled=0`
}

interface Waiting {
  readonly event: string
  readonly trace: string
  readonly resolve: (outcome: Outcome) => void
}

export interface PoolOptions {
  readonly endpoints: Endpoints
  readonly logFile: string
  readonly log: (line: string) => void
}

const refusal = (errorMessage: string): Outcome => ({ error: { errorType: 'Runtime.ImportModuleError', errorMessage } })

class InstancePool implements Pool {
  readonly spec: FunctionSpec
  readonly #options: PoolOptions
  readonly #code: Code | string
  readonly #environment: Record<string, string>
  readonly #size: number
  readonly #waiting: Waiting[] = []
  readonly #idle: Instance[] = []
  readonly #all = new Set<Instance>()
  #booting: Promise<void> | undefined
  #busy = 0
  #invoked = 0
  #stopped = false

  constructor(spec: FunctionSpec, options: PoolOptions) {
    this.spec = spec
    this.#options = options
    this.#code = findCode(spec)
    this.#environment = environmentOf(spec, options.endpoints)
    this.#size = Math.max(1, Math.min(most, spec.reserved ?? most))
  }

  invoke(event: string, trace = newTrace()): Promise<Outcome> {
    if (typeof this.#code === 'string') return Promise.resolve(refusal(`${this.spec.name} cannot run: ${this.#code}`))
    if (this.#stopped) return Promise.resolve(refusal(`${this.spec.name} is stopped`))
    this.#invoked += 1
    return new Promise((resolve) => {
      this.#waiting.push({ event, trace, resolve })
      this.#pump()
    })
  }

  async warm(): Promise<void> {
    if (this.#all.size === 0 && this.#booting === undefined && typeof this.#code !== 'string') this.#booting = this.#boot(this.#code)
    await this.#booting
  }

  busy(): number {
    return this.#busy + this.#waiting.length
  }

  invoked(): number {
    return this.#invoked
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const item of this.#waiting.splice(0)) item.resolve(refusal(`${this.spec.name} is stopped`))
    await Promise.all([...this.#all].map((instance) => instance.stop()))
  }

  /** Gives waiting events to idle instances; begins one more instance where there are too few. */
  #pump(): void {
    while (this.#waiting.length > 0) {
      const instance = this.#idle.pop()
      if (instance === undefined) break
      if (instance.dead()) {
        this.#all.delete(instance)
        continue
      }
      const item = this.#waiting.shift()
      if (item !== undefined) void this.#work(instance, item)
    }
    if (this.#waiting.length === 0 || this.#all.size >= this.#size || this.#booting !== undefined) return
    if (!this.#stopped && typeof this.#code !== 'string') this.#booting = this.#boot(this.#code)
  }

  async #work(instance: Instance, { event, trace, resolve }: Waiting): Promise<void> {
    const { name, timeoutSeconds } = this.spec
    this.#busy += 1
    const outcome = await instance.call({ event, requestId: randomUUID(), deadline: Date.now() + timeoutSeconds * 1000, trace })
    this.#busy -= 1
    if ('error' in outcome && !this.#stopped) {
      this.#options.log(`${name}: ${outcome.error.errorType}: ${outcome.error.errorMessage} (see ${this.#options.logFile})`)
    }
    resolve(outcome)
    if (instance.dead()) this.#all.delete(instance)
    else this.#idle.push(instance)
    this.#pump()
  }

  async #boot(code: Code): Promise<void> {
    const { name, arn, memoryMb, timeoutSeconds } = this.spec
    const boot = { ...code, logFile: this.#options.logFile, name, arn, memoryMb }
    const instance = startInstance({ boot, environment: this.#environment, timeoutSeconds })
    this.#all.add(instance)
    const failure = await instance.ready
    this.#booting = undefined
    if (failure === undefined) {
      this.#idle.push(instance)
    } else {
      this.#all.delete(instance)
      if (!this.#stopped) this.#options.log(`${name} could not be loaded: ${failure.errorMessage}`)
      // Only the event at the head fails: the next one tries a fresh instance, as Lambda does.
      this.#waiting.shift()?.resolve({ error: failure })
    }
    this.#pump()
  }
}

export const createPool = (spec: FunctionSpec, options: PoolOptions): Pool => new InstancePool(spec, options)
