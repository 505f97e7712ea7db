import fc from '../../support/property.ts'
import type { BtydModel } from '../../../domain/insight/model/btyd.ts'
import type { PurchaseEntry, RhythmState } from '../../../domain/customer/rhythm/index.ts'

function between(min: number, max: number): fc.Arbitrary<number> {
  return fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp)
}

/** Models with parameters far beyond those that fits find. */
export const model: fc.Arbitrary<BtydModel> = fc.record({
  kind: fc.constantFrom('bgnbd', 'mbgnbd'),
  params: fc.record({ r: between(0.05, 20), alpha: between(0.1, 200), a: between(1e-4, 50), b: between(0.05, 500) }),
})

/** Customers' states; a repeat buyer's last day is later than the first. */
export const state: fc.Arbitrary<RhythmState> = fc
  .record({ firstDay: fc.integer({ min: 9000, max: 20_000 }), x: fc.nat(60), more: fc.nat(1500), spend: fc.nat(1_000_000) })
  .map(({ firstDay, x, more, spend }) => ({
    firstDay,
    lastDay: x === 0 ? firstDay : firstDay + x + more,
    x,
    repeatSpend: x === 0 ? 0 : spend,
  }))

/** Purchase histories in order of day, in minor units, every return on the day of a purchase before it. */
export const history: fc.Arbitrary<PurchaseEntry[]> = fc
  .array(fc.record({ after: fc.nat(40), amount: fc.nat(50_000), returned: fc.option(fc.nat(50_000)) }), { maxLength: 25 })
  .map((steps) => {
    const entries: PurchaseEntry[] = []
    let day = 10_000
    for (const { after, amount, returned } of steps) {
      day += after
      entries.push({ day, amount })
      if (returned !== null && returned > 0) entries.push({ day, amount: -returned })
    }
    return entries
  })
