import { setTimeout as wait } from 'node:timers/promises'

/** Holds work to so many units a second, on the average since it began. */
export class Pace {
  readonly #perSecond: number
  readonly #began = performance.now()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Waits until the units spent so far are within the rate. @param units all together */
  async keep(units: number): Promise<void> {
    const ahead = (units / this.#perSecond) * 1000 - (performance.now() - this.#began)
    if (ahead > 0) await wait(ahead)
  }
}
