import type { BtydParams } from '../../../domain/insight/model/btyd.ts'
import type { RhythmState } from '../../../domain/customer/rhythm/index.ts'

/** Uniform numbers in (0, 1) that are the same on every run (mulberry32). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296
  }
}

/** A gamma variate of scale 1 (Marsaglia & Tsang 2000). */
function gamma(shape: number, uniform: () => number): number {
  if (shape < 1) return gamma(shape + 1, uniform) * uniform() ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
    const v = (1 + c * normal) ** 3
    if (v > 0 && Math.log(uniform()) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Customers who behave as MBG/NBD says and who began within the given days before day 20000. */
export function* simulate(customers: number, params: BtydParams, days: number, seed: number): Generator<RhythmState> {
  const uniform = uniforms(seed)
  const end = 20_000
  for (let i = 0; i < customers; i++) {
    const firstDay = end - Math.floor(uniform() * days)
    const ratePerDay = gamma(params.r, uniform) / params.alpha / 7
    const leave = gamma(params.a, uniform)
    const chance = leave / (leave + gamma(params.b, uniform))
    let time = firstDay
    let lastDay = firstDay
    let x = 0
    while (uniform() > chance) {
      time -= Math.log(uniform()) / ratePerDay
      if (!(time < end)) break
      if (Math.floor(time) > lastDay) {
        lastDay = Math.floor(time)
        x += 1
      }
    }
    yield { firstDay, lastDay, x, repeatSpend: x * 1000 }
  }
}
