import { nameOf, type Place } from './keys.ts'
import type { Stored } from './refusal.ts'

interface Past {
  at: number
  place: Place
  before: Stored | undefined
}

/** Changes that are remembered: more than are made within the seconds that a replica is behind. */
const MOST = 2_000

/** The latest changes of the table, so that an eventual read can see it as it was a moment ago. */
export class Recent {
  #changes: Past[] = []

  note(at: number, place: Place, before: Stored | undefined): void {
    this.#changes.push({ at, place, before })
    if (this.#changes.length > MOST) this.#changes = this.#changes.slice(-MOST / 2)
  }

  /** Items that changed since a moment, as they were then. By base key. */
  since(moment: number): Map<string, Past> {
    const found = new Map<string, Past>()
    for (let at = this.#changes.length - 1; at >= 0; at--) {
      const change = this.#changes[at]
      if (!change || change.at <= moment) break
      found.set(nameOf(change.place), change)
    }
    return found
  }
}
