import { Stale } from '../kernel/commit.ts'
import { Fault } from '../kernel/fault.ts'

/**
 * Does a commit that creates a record whose identity is known beforehand. When another run created it meanwhile, the
 * action is run again: it is that run's record now that must be looked at.
 * @param codes of the conflicts that say so, `guest.exists`
 */
export async function creating<T>(codes: string | readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Fault && [codes].flat().includes(error.code)) throw new Stale(error.code)
    throw error
  }
}
