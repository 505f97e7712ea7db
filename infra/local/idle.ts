import { setTimeout as wait } from 'node:timers/promises'
import type { Functions } from './function/registry.ts'
import type { Consumer } from './stream/mapping.ts'

/**
 * Waits until nothing is left that could be handled now.
 * @throws Error after `timeoutMs`, naming what is not done
 */
export const untilIdle = async (functions: Functions, consumers: readonly Consumer[], timeoutMs: number): Promise<void> => {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    const [count, busy] = [functions.invoked(), functions.busy()]
    const drained = await Promise.all(consumers.map((consumer) => consumer.drained()))
    // If nothing ran from before the look until after it, nothing can have been put anywhere meanwhile.
    if (busy === 0 && drained.every(Boolean) && functions.busy() === 0 && functions.invoked() === count) return
    await wait(5)
  }
  const late = await Promise.all(consumers.map(async (consumer) => ((await consumer.drained()) ? [] : [consumer.id])))
  throw new Error(`Not idle after ${timeoutMs} ms: ${late.flat().join(', ') || `${functions.busy()} invocation(s)`}.`)
}
