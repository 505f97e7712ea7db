import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { digamma, lnBeta, lnGamma } from '../../../domain/insight/model/special.ts'

/** Relative error, absolute below ½: ln Γ vanishes at 1 and 2. */
function error(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.max(0.5, Math.abs(expected))
}

const ROUNDING = 2e-14

// 40-digit values by mpmath 1.3.
const KNOWN: readonly (readonly [z: number, lnGamma: number, digamma: number])[] = [
  [1e-5, 11.512919692895826, -100000.57719921568],
  [0.1, 2.252712651734206, -10.423754940411078],
  [0.5, 0.5723649429247001, -1.9635100260214235],
  [1, 0, -0.5772156649015329],
  [1.5, -0.12078223763524522, 0.03648997397857652],
  [2, 0, 0.42278433509846713],
  [3.7, 1.4280723266653879, 1.1671535393615113],
  [9.99, 12.779315214350193, 2.250700372831201],
  [10, 12.801827480081469, 2.251752589066721],
  [25.5, 56.389167643719944, 3.2189424728839198],
  [1e3, 5905.220423209181, 6.907255195648812],
  [1e6, 12815504.569147611, 13.815510057964191],
  [1e12, 26631021115915.652, 27.63102111592805],
]

describe('special functions', () => {
  test.each(KNOWN)('ln Γ and ψ of %d agree with 40-digit values', (z, gamma, psi) => {
    expect(error(lnGamma(z), gamma)).toBeLessThan(ROUNDING)
    expect(error(digamma(z), psi)).toBeLessThan(ROUNDING)
  })

  test.each([
    [0.8, 1e6, -10.90034868797159],
    [2.5, 1e8, -45.767019008157995],
    [0.3, 0.4, 1.6316085659881927],
    [12, 9, -14.22870571213435],
    [5000, 20000, -12513.288657241543],
    [1e-5, 1e9, 11.512712460237461],
  ])('ln B(%d, %d) keeps its digits, also for large b', (a, b, expected) => {
    expect(error(lnBeta(a, b), expected)).toBeLessThan(ROUNDING)
    expect(error(lnBeta(b, a), expected)).toBeLessThan(ROUNDING)
  })

  test('ln Γ(z+1) = ln Γ(z) + ln z, and ψ(z+1) = ψ(z) + 1/z', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e5, noNaN: true }), (z) => {
        expect(error(lnGamma(z + 1), lnGamma(z) + Math.log(z))).toBeLessThan(ROUNDING)
        expect(digamma(z + 1)).toBeCloseTo(digamma(z) + 1 / z, 9)
      }),
    )
  })
})
