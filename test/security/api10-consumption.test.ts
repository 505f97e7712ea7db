import { beforeAll, describe, expect, test } from 'vitest'
import { actorFrom, listIn } from '../../functions/actor.ts'
import { reactHandler } from '../../events/reacting.ts'
import { reactions } from '../../events/reactions.ts'
import { schedules } from '../../events/schedules.ts'
import { sweepHandler } from '../../events/sweeping.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { surroundings } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})
const unhurried = { getRemainingTimeInMillis: () => 900_000 }

/** What other services could hand over that is not what they promise. */
const JUNK: unknown[] = [
  null,
  0,
  '',
  [],
  {},
  { detail: null },
  { detail: { data: null } },
  { detail: { data: { id: 1 } } },
  { detail: { data: { id: 'x', type: ['deal.won'], __proto__: { admin: true } } } },
  { job: null },
  { job: '__proto__' },
  { job: 'constructor' },
  { job: 'warnings', after: { '../0': 'x' }, more: 1 },
  { job: 'warnings', round: -1 },
  { job: 'warnings', round: 1e99 },
]

describe('API10 unsafe consumption of APIs', () => {
  test('a message that is not one of ours fails by itself, writes nothing and hurts none beside it', async () => {
    const handlers = {
      react: reactHandler({ edge: surroundings(crm), reactions }),
      sweep: sweepHandler({
        edge: surroundings(crm),
        schedules,
        queue: () => ({ send: () => Promise.reject(new Error('nothing is sent')) }),
      }),
    }
    const bodies = [...JUNK.map((one) => JSON.stringify(one)), '{', 'undefined', '\u0000', '{"job":"warnings"'.padEnd(200_000, ' ')]
    for (const [name, handler] of Object.entries(handlers)) {
      const Records = bodies.map((body, nth) => ({ messageId: `m${nth}`, body }))
      crm.spent.length = 0
      const { batchItemFailures } = await handler({ Records }, unhurried)
      expect(
        batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
        name,
      ).toEqual(Records.map(({ messageId }) => messageId))
      expect(crm.spent.filter(({ writeUnits }) => writeUnits > 0)).toEqual([])
    }
  })

  test('an event of a kind nobody knows is ignored, one of a record that is gone is done with', async () => {
    const react = reactHandler({ edge: surroundings(crm), reactions })
    const data = (type: string, recordId: string) => ({
      id: `${recordId}.1`,
      type,
      at: '2026-11-22T09:00:00.000Z',
      actor: 'usr_x',
      action: 'x',
      request: 'r',
      noun: type.split('.')[0],
      recordId,
      version: 1,
      changed: {},
    })
    const told = [data('galaxy.born', 'gal_1'), ...reactions.flatMap(({ on }) => on.map(({ type }) => data(type, `cus_${'Z'.repeat(20)}`)))]
    const Records = told.map((one, nth) => ({ messageId: `m${nth}`, body: JSON.stringify({ detail: { data: one } }) }))
    crm.spent.length = 0
    const { batchItemFailures } = await react({ Records }, unhurried)
    expect(batchItemFailures.map(({ itemIdentifier }) => told[Number(itemIdentifier.slice(1))]?.type)).not.toContain('galaxy.born')
  })

  test('claims of a token are taken for what they are: lists in either form, no role that is not one, nobody by a strange name', async () => {
    expect(listIn('[admin sales]')).toEqual(['admin', 'sales'])
    expect(listIn(['admin'])).toEqual(['admin'])
    for (const odd of [undefined, null, 1, {}, '', '[]', '[ ]']) expect(listIn(odd)).toEqual([])
    const base = { table: crm.table, memo: crm.ctx().memo, now: crm.clock.now }
    const rolesOf = async (groups: unknown) =>
      (await actorFrom(base, { token_use: 'access', username: 'usr_9', 'cognito:groups': groups })).roles.map(({ name }) => name)
    expect(await rolesOf('[__proto__ constructor toString hasOwnProperty]')).toEqual([])
    expect(await rolesOf('[Admin ADMIN admin2 ../admin admin\u0000]')).toEqual([])
    for (const username of [{}, [], 1, true])
      await expect(actorFrom(base, { token_use: 'access', username, client_id: undefined })).rejects.toMatchObject({ code: 'token.nobody' })
    const machine = await actorFrom(base, {
      token_use: 'access',
      client_id: 'x',
      scope: 'openid crm/ crm/__proto__ other/admin crm/admin/x',
    })
    expect(machine.roles).toEqual([])
  })
})
