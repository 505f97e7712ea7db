import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { page, type Stretch } from '../../../domain/kernel/page.ts'
import { startCrm } from '../../support/crm.ts'

/** Names from scripts whose code points, bytes and UTF-16 units sort differently. */
const name = fc.string({ unit: fc.constantFrom('a', 'b', 'Z', 'é', '\uFFFD', '王', '😀', '𐍈', '‏ש', '#', ' '), minLength: 1, maxLength: 6 })

describe('a page over several partitions', () => {
  test('gives every row once, in order, whichever way, however the rows are spread', async () => {
    const crm = await startCrm()
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, fc.integer({ min: 0, max: 2 })), { maxLength: 25 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (rows, limit, descending) => {
          const facet = `t${run++}`
          const stretches = [0, 1, 2].map((shard): Stretch => ({ index: 'list', pk: `${facet}#${shard}`, begins: '' }))
          const orders = rows.map(([text, shard], at) => ({ order: `${text}#${String(at).padStart(3, '0')}`, shard }))
          for (const { order, shard } of orders)
            await crm.table.write({ put: { pk: `${facet}${order}`, sk: 'x', lpk: `${facet}#${shard}`, lsk: order, row: { id: order } } })
          const seen: string[] = []
          let cursor: string | undefined
          do {
            const answer = await page(crm.ctx(), stretches, { limit, ...(cursor !== undefined && { cursor }) }, { descending })
            expect(answer.items.length).toBeLessThanOrEqual(limit)
            seen.push(...answer.items.map((item) => String(item['lsk'])))
            cursor = answer.nextCursor
          } while (cursor !== undefined)
          const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
          const expected = orders.map(({ order }) => order).sort(bytes)
          expect(seen).toEqual(descending ? expected.reverse() : expected)
        },
      ),
      { numRuns: 25 },
    )
  })
})
