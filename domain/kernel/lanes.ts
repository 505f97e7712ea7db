/**
 * Does work for each, so many at a time. When one throws, no further one is begun, and that is thrown once those under way have
 * ended: nothing goes on behind the back of who takes the error for the end, a second run least of all.
 * @param work with `going()`: whether nothing has thrown yet, for work that is long itself
 */
export async function inLanes<T>(all: Iterable<T>, lanes: number, work: (one: T, going: () => boolean) => Promise<void>): Promise<void> {
  const waiting = all[Symbol.iterator]()
  const broken: unknown[] = []
  const going = (): boolean => broken.length === 0
  const lane = async (): Promise<void> => {
    for (let next = waiting.next(); going() && !next.done; next = waiting.next()) {
      try {
        await work(next.value, going)
      } catch (error) {
        broken.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  if (!going()) throw broken[0]
}
