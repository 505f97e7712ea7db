import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'
import { parties } from './support/parties.ts'
import { aimed, seeded, type Aimed } from './support/seeded.ts'

let crm: Crm
let all: Aimed[]
beforeAll(async () => {
  crm = await startCrm()
  const people = await parties(crm)
  all = aimed(await seeded(crm, { ownerId: people.ownerId }))
}, 180_000)

/** Every id of a customer in a text, with a second key behind it: read by its first twenty characters it would name the same partition. */
const stretched = (text: string): string => text.replace(/\bcus_[0-9A-Za-z]{20}(?![0-9A-Za-z])/g, (id) => id + '0'.repeat(20))

describe('an id that is longer than one of its kind', () => {
  test('names nothing, in any route’s path or body: refused, and nothing is written', async () => {
    let asked = 0
    const taken: string[] = []
    for (const { route, path, body, name } of all) {
      const [there, said] = [stretched(path), body && JSON.stringify(body)]
      const long = said && stretched(said)
      if (there === path && long === said) continue
      asked += 1
      const { status } = await crm.call(route.method, there, { ...(long && { body: JSON.parse(long) as object }), ifMatch: 1 })
      if (![400, 404, 409, 412].includes(status)) taken.push(`${name}: ${status}`)
    }
    expect(asked).toBeGreaterThan(60)
    expect(taken).toEqual([])
    let after: Record<string, unknown> | undefined
    do {
      const page = await crm.table.scan({ limit: 1_000, ...(after && { after }) })
      expect(page.items.filter((item) => /\bcus_[0-9A-Za-z]{21,}/.test(JSON.stringify(item)))).toEqual([])
      after = page.last
    } while (after)
  }, 120_000)
})
