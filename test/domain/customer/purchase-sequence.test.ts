import fc from '../../support/property.ts'
import { expect, test } from 'vitest'
import { history, purchase, salesOf, type History } from '../../../domain/customer/purchase/index.ts'
import { historyOf } from '../../../domain/customer/purchase/history.ts'
import { placeOf } from '../../../domain/kernel/entity.ts'
import { startCrm, type Reply } from '../../support/crm.ts'

/** All of a history but the year's sum, which is kept as an upper bound. */
const summed = ({ firstDay, lastDay, x, repeatSpend, count, gross, returned, net, firstAt, lastAt }: History) => ({
  firstDay,
  lastDay,
  x,
  repeatSpend,
  count,
  gross,
  returned,
  net,
  firstAt,
  lastAt,
})

type Step =
  | { do: 'buy'; order: number; day: number; amount: number }
  | { do: 'give'; which: number; returnId: number; amount: number }
  | { do: 'bin' | 'restore'; which: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('buy' as const),
      order: fc.nat(9),
      day: fc.integer({ min: 1, max: 9 }),
      amount: fc.integer({ min: 0, max: 500 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('give' as const),
      which: fc.nat(9),
      returnId: fc.nat(3),
      amount: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('bin' as const, 'restore' as const), which: fc.nat(9) }) },
)

test('after any sequence of purchases, tellings again, returns, deletions and restorations the history is what the purchases come to', async () => {
  const crm = await startCrm()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), fc.boolean(), async (steps, atOnce) => {
      const run = ++runs
      const { body } = await crm.call('POST', '/customers', { body: { name: `Run ${run}` } })
      const customerId: string = body['id']
      const ids: string[] = []
      const act = async (one: Step): Promise<Reply> => {
        const id = 'which' in one ? (ids[one.which % Math.max(1, ids.length)] ?? purchase.id('0'.repeat(20), customerId)) : ''
        if (one.do === 'buy') {
          const sale = {
            orderId: { id: `${run}-${one.order}` },
            at: `2026-10-0${one.day}T12:00:00Z`,
            amount: { amount: one.amount, currency: 'USD' },
          }
          const reply = await crm.call('POST', `/customers/${customerId}/purchases`, { body: sale })
          if (reply.status === 201) ids.push(reply.body['id'])
          return reply
        }
        if (one.do === 'give')
          return crm.call('POST', `/purchases/${id}/returns`, {
            body: { returnId: `r${one.returnId}`, amount: { amount: one.amount, currency: 'USD' } },
          })
        if (one.do === 'restore') return crm.call('POST', `/purchases/${id}/restore`)
        const { body: there } = await crm.call('GET', `/purchases/${id}`)
        return crm.call('DELETE', `/purchases/${id}`, { ifMatch: there['version'] ?? 1 })
      }
      const replies: Reply[] = []
      if (atOnce) {
        for (let from = 0; from < steps.length; from += 3) replies.push(...(await Promise.all(steps.slice(from, from + 3).map(act))))
      } else for (const one of steps) replies.push(await act(one))
      expect(replies.filter((reply) => reply.status >= 500)).toEqual([])
      const item = await crm.table.get(placeOf(history, history.id('', customerId)))
      const anew = historyOf(await salesOf(crm.ctx(), [customerId]), crm.clock.now)
      const kept = item?.['deletedAt'] ? undefined : (item as History | undefined)
      expect(kept && summed(kept)).toEqual(anew && summed(anew))
      expect(kept?.yearNet ?? 0).toBeGreaterThanOrEqual(anew?.yearNet ?? 0)
    }),
    { numRuns: 60 },
  )
}, 60_000)
