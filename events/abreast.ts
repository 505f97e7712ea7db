/** What became of work done several at a time. */
export interface Abreast {
  /** How many items were begun: always the first so many. */
  begun: number
  /** Errors by the position of their item. */
  errors: ReadonlyMap<number, unknown>
}

/**
 * Does work on items in their order, at most `width` at once, and waits for all that was begun. One failure does not
 * stop the others.
 * @param go asked before each item but the first; once false, the rest is left alone
 */
export async function abreast<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<unknown>,
  go: () => boolean = () => true,
): Promise<Abreast> {
  const errors = new Map<number, unknown>()
  let begun = 0
  let stopped = false
  const lane = async (): Promise<void> => {
    while (begun < items.length && !stopped) {
      stopped = begun > 0 && !go()
      if (stopped) return
      const at = begun++
      try {
        await work(items[at] as T)
      } catch (error) {
        errors.set(at, error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
  return { begun, errors }
}
