import { afterAll, beforeAll, expect, test } from 'vitest'
import { killing } from '../faults/kill/killing.ts'
import { ownAssembly } from '../support/assembly.ts'

let assembly: ReturnType<typeof ownAssembly>
beforeAll(() => {
  assembly = ownAssembly()
}, 180_000)
afterAll(() => assembly.remove())

test('killed three times under load, the product has every acknowledged write once, and has told of each', async () => {
  const { findings, acknowledged, kills } = await killing({ times: 3, clients: 4, assembly: assembly.folder, say: () => {} })
  expect(findings).toEqual([])
  expect(kills).toBe(3)
  expect(acknowledged).toBeGreaterThanOrEqual(3)
}, 240_000)
