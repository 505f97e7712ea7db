import { setTimeout as wait } from 'node:timers/promises'
import { awsCall, AwsError } from '../aws-json.ts'
import type { Child } from '../child.ts'

/** A running table engine. */
export interface Engine {
  readonly name: string
  /** Always on 127.0.0.1. */
  readonly endpoint: string
  /** Settles if the engine ends by itself; absent for one that someone else started. */
  readonly exited?: Promise<number | null>
  /** Removes expired items now; absent where the engine does it by itself. */
  expire?(): Promise<void>
  stop(): Promise<void>
}

/** Waits until the engine answers; false when it ended or stayed silent for `seconds`. */
export const answers = async (endpoint: string, child?: Pick<Child, 'ended'>, seconds = 20): Promise<boolean> => {
  const call = awsCall(endpoint, 'DynamoDB_20120810')
  const deadline = Date.now() + seconds * 1000
  while (Date.now() < deadline && child?.ended() !== true) {
    try {
      await call('ListTables', { Limit: 1 })
      return true
    } catch (thrown) {
      if (thrown instanceof AwsError) return false
      await wait(3)
    }
  }
  return false
}
