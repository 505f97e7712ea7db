import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { peopleReactions } from '../../events/people.ts'
import type { IdentityProvider } from '../../domain/platform/user/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { replay, settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

/** A user pool in memory. */
const accounts = new Map<string, { email: string; roles: readonly string[]; enabled: boolean }>()
const pool: IdentityProvider = {
  async provision({ id, email, roles }) {
    accounts.set(id, { email, roles, enabled: true })
  },
  async disable({ id }) {
    const account = accounts.get(id)
    if (account) accounts.set(id, { ...account, enabled: false })
  },
}
const reactions = peopleReactions(() => pool)
beforeEach(() => accounts.clear())

describe('the user pool follows the directory of people', () => {
  test('through joining, change, disabling, enabling and the bin, however often it is told', async () => {
    const joined = await crm.call('POST', '/users', { body: { name: 'Grace Hopper', email: 'grace@example.com', roles: ['sales'] } })
    const id = joined.body['id']
    await settle(crm, { reactions })
    expect(accounts.get(id)).toEqual({ email: 'grace@example.com', roles: ['sales'], enabled: true })
    await crm.call('PATCH', `/users/${id}`, { body: { roles: ['manager'], email: 'hopper@example.com' }, ifMatch: 1 })
    await settle(crm, { reactions })
    expect(accounts.get(id)).toEqual({ email: 'hopper@example.com', roles: ['manager'], enabled: true })
    await crm.call('POST', `/users/${id}/disable`)
    await settle(crm, { reactions })
    expect(accounts.get(id)?.enabled).toBe(false)
    await replay(crm, { reactions })
    expect(accounts.get(id)?.enabled).toBe(false)
    await crm.call('POST', `/users/${id}/enable`)
    await settle(crm, { reactions })
    expect(accounts.get(id)?.enabled).toBe(true)
  })

  test('and a role taken from someone no longer counts, whatever their token says', async () => {
    const { body } = await crm.call('POST', '/users', { body: { name: 'Alan', email: 'alan@example.com', roles: ['admin'] } })
    expect((await crm.call('GET', '/users', { as: `${body['id']}:admin` })).status).toBe(200)
    expect((await crm.call('PATCH', `/users/${body['id']}`, { body: { roles: ['viewer'] }, ifMatch: 1 })).status).toBe(200)
    expect((await crm.call('POST', '/teams', { as: `${body['id']}:admin`, body: { name: 'Mine' } })).status).toBe(403)
  })
})
