/** Customers looked at at once. */
const LANES = 8

/** Does work for each, a few at a time. */
export async function inLanes<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = all.values()
  await Promise.all(
    Array.from({ length: Math.min(LANES, all.length) }, async () => {
      for (const one of waiting) await work(one)
    }),
  )
}
