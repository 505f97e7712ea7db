import { setTimeout as wait } from 'node:timers/promises'
import { Complaint } from '../complaint.ts'
import type { FunctionSpec } from '../template.ts'
import { createPool, type Outcome, type Pool, type PoolOptions } from './pool.ts'

/** Every function of the stack, by ARN. */
export interface Functions {
  find(arn: string): Pool
  has(arn: string): boolean
  /** Hands an event over without waiting: retried as the function's settings say, then sent to its dead letters. */
  hand(arn: string, event: string): void
  readonly busy: () => number
  /** Events taken so far; it stands still while nothing runs. */
  readonly invoked: () => number
  stop(): Promise<void>
}

export interface RegistryOptions extends Omit<PoolOptions, 'logFile'> {
  readonly logFileOf: (name: string) => string
  readonly sendTo: (queueArn: string, body: string) => void
}

/** AWS waits one minute, then two; locally nobody waits that long. */
const retryDelayMs = [500, 1000]

export const createFunctions = (specs: readonly FunctionSpec[], options: RegistryOptions): Functions => {
  const pools = new Map(specs.map((spec) => [spec.arn, createPool(spec, { ...options, logFile: options.logFileOf(spec.name) })]))
  let handed = 0

  const find = (arn: string): Pool => {
    const pool = pools.get(arn)
    if (pool === undefined) throw new Complaint(`The stack names the function ${arn}, which it does not hold.`)
    return pool
  }

  const attempt = async (pool: Pool, event: string): Promise<void> => {
    let outcome: Outcome = await pool.invoke(event)
    let attempts = 1
    while ('error' in outcome && attempts <= pool.spec.retryAttempts) {
      await wait(retryDelayMs[attempts - 1] ?? 1000, undefined, { ref: false })
      outcome = await pool.invoke(event)
      attempts += 1
    }
    const dead = pool.spec.deadLetterArn
    if ('error' in outcome && dead !== undefined) options.sendTo(dead, event)
  }

  return {
    find,
    has: (arn) => pools.has(arn),
    hand: (arn, event) => {
      handed += 1
      attempt(find(arn), event)
        .catch((thrown: unknown) => options.log(`An event for ${arn} was lost: ${String(thrown)}`))
        .finally(() => (handed -= 1))
    },
    busy: () => handed + [...pools.values()].reduce((sum, pool) => sum + pool.busy(), 0),
    invoked: () => [...pools.values()].reduce((sum, pool) => sum + pool.invoked(), 0),
    stop: async () => void (await Promise.all([...pools.values()].map((pool) => pool.stop()))),
  }
}
