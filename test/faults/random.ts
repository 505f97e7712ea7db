/**
 * Chance from a seed: the same seed and the same questions give the same answers on every machine. Each part of a run
 * draws from a stream of its own, named after what it is for, so that leaving one part out changes no other's luck.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #count: number

  /** @param names what the stream is for: `new Random(42, 'request', 7)` */
  constructor(...names: readonly (string | number)[]) {
    const [a, b, c, d] = hashed(names.join('\u0000'))
    this.#a = a
    this.#b = b
    this.#c = c
    this.#count = d
    for (let warm = 0; warm < 12; warm++) this.next()
  }

  /** A number from 0 up to, not including, 1. Small Fast Counter, 32 bits (C. Doty-Humphrey, PractRand). */
  next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return (sum >>> 0) / 4_294_967_296
  }
  /** A whole number between two, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }
  chance(of: number): boolean {
    return this.next() < of
  }
  /** One of some. @throws RangeError when there are none */
  pick<T>(all: readonly T[]): T {
    const at = this.between(0, all.length - 1)
    if (at >= all.length || at < 0) throw new RangeError('nothing to pick from')
    return all[at] as T
  }
  /** One of some, each as likely as its weight says. */
  weighed<T>(all: readonly (readonly [number, T])[]): T {
    let left = this.next() * all.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, one] of all) {
      left -= weight
      if (left < 0) return one
    }
    return this.pick(all)[1]
  }
  /** The same things in another order. */
  shuffled<T>(all: readonly T[]): T[] {
    const mixed = [...all]
    for (let at = mixed.length - 1; at > 0; at--) {
      const other = this.between(0, at)
      const [one, two] = [mixed[at] as T, mixed[other] as T]
      mixed[at] = two
      mixed[other] = one
    }
    return mixed
  }
  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.between(0, 255))
  }
}

/** Four numbers of 32 bits from a text (MurmurHash3's finisher over four lanes). */
function hashed(text: string): [number, number, number, number] {
  const lanes: [number, number, number, number] = [1779033703, 3144134277, 1013904242, 2773480762]
  const factors = [597399067, 2869860233, 951274213, 2716044179]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    for (let lane = 0; lane < 4; lane++) {
      lanes[lane] = Math.imul((lanes[lane] ?? 0) ^ code ^ (lanes[(lane + 1) % 4] ?? 0), factors[lane] ?? 1) | 0
      lanes[lane] = ((lanes[lane] ?? 0) ^ ((lanes[lane] ?? 0) >>> 15)) | 0
    }
  }
  return lanes
}
