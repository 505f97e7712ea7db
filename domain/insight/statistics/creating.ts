import { Stale } from '../../kernel/commit.ts'
import { Fault } from '../../kernel/fault.ts'

/**
 * Does a commit that creates a record whose key or unique value is fixed (of a `single` the kernel does this by itself). When another run created it meanwhile, the action is
 * run again: it is that run's record now that must be looked at.
 * @param code of the conflict, `rhythm.exists`
 */
export async function creating<T>(code: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Fault && error.code === code) throw new Stale(code)
    throw error
  }
}
