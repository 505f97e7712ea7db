import { randomBytes } from 'node:crypto'
import type { RandomBytes } from '../domain/kernel/id.ts'

/** Drawn from the system at once: a draw costs the same for ten bytes as for some thousands. Bytes. */
const SUPPLY = 4096

let supply = randomBytes(0)
let used = 0

/** The system's randomness from a supply, each byte given out once; `size` is far below the supply. */
export const fromSupply: RandomBytes = (size) => {
  if (used + size > supply.length) {
    supply = randomBytes(SUPPLY)
    used = 0
  }
  used += size
  return supply.subarray(used - size, used)
}
