import { setTimeout as wait } from 'node:timers/promises'

/** How often it is looked whether the way is free. */
const lookMs = 20

/**
 * Lets requests go first: on one machine, work behind the scenes takes the processor from who waits for an answer. In the cloud
 * each has its own.
 * @param busy whether requests are being answered
 * @param patienceMs after which work goes on all the same, so that it never stands still
 */
export const giveWay = async (busy: () => boolean, patienceMs: number, signal: AbortSignal): Promise<void> => {
  const until = Date.now() + patienceMs
  while (busy() && Date.now() < until && !signal.aborted) await wait(lookMs)
}
