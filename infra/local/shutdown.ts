import { messageOf } from './complaint.ts'

/** Parts stop in the reverse of the order they started in; a part that cannot stop must not keep the others running. */
export const createShutdown = (log: (line: string) => void) => {
  const steps: (() => Promise<void> | void)[] = []
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await step()
      } catch (thrown) {
        log(`While stopping: ${messageOf(thrown)}`)
      }
    }
  }
  return { add: (step: () => Promise<void> | void): void => void steps.push(step), run: (): Promise<void> => (running ??= run()) }
}
export type Shutdown = ReturnType<typeof createShutdown>
