import { fault } from '../domain/kernel/fault.ts'
import { OUT_OF_TIME } from '../domain/kernel/place.ts'
import type { Invocation } from './observe.ts'

/** Kept back for giving the answer: Lambda ends the process when the time is up, and the caller then gets a bare 500. Milliseconds. */
const FOR_THE_ANSWER_MS = 500

/** Milliseconds an invocation has for its work; undefined where nothing ends it, as in a test. */
export function leftOf({ getRemainingTimeInMillis: remaining }: Partial<Invocation>): (() => number) | undefined {
  return remaining && (() => remaining() - FOR_THE_ANSWER_MS)
}

/**
 * Work that is waited for as long as there is time. What goes on after that writes nothing any more (`nextWrite`), though a write
 * under way may still come through.
 * @throws Fault `unavailable`
 */
export async function inTime<T>(work: Promise<T>, left: (() => number) | undefined): Promise<T> {
  if (!left) return work
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(fault('unavailable', 'request.out_of_time', OUT_OF_TIME)), Math.max(0, left()))
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
