import { beforeAll, describe, expect, test } from 'vitest'
import { amend, find } from '../../../domain/kernel/record.ts'
import { alter, commit, create, Stale } from '../../../domain/kernel/commit.ts'
import { event } from '../../../domain/kernel/event.ts'
import { customer } from '../../../domain/customer/customer/index.ts'
import { tableClient } from '../../../domain/kernel/table/client.ts'
import { dynamoTable, type Table } from '../../../domain/kernel/table/table.ts'
import { startCrm, type Crm } from '../../support/crm.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

const changed = event('test.changed', 'Changed by a test')

/** Sends each single write twice, as a client does whose first answer was lost on its way. */
function forgetful(table: Table): Table {
  return {
    ...table,
    async write(write, how) {
      await table.write(write, how)
      return table.write(write, how)
    },
  }
}

/** A table whose first answer gets lost; before the SDK sends the same once more, something else happens. */
function interrupted(meanwhile: () => Promise<unknown>): { table: Table; sent: () => number } {
  const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })
  const client = tableClient({ region: 'local', endpoint: crm.place.endpoint, credentials })
  let sent = 0
  client.middlewareStack.add(
    (next) => async (asked) => {
      const answer = await next(asked)
      if (++sent > 1) return answer
      await meanwhile()
      throw Object.assign(new Error('no answer'), { name: 'TimeoutError' })
    },
    { step: 'deserialize', priority: 'high' },
  )
  return { table: dynamoTable(client, crm.place.name), sent: () => sent }
}

async function opened(): Promise<string> {
  const { body } = await crm.call('POST', '/customers', { body: { name: 'Unclear' } })
  return body['id']
}

describe('a write whose first answer was lost', () => {
  test('succeeds once when it is a change by If-Match', async () => {
    const id = await opened()
    const ctx = { ...crm.ctx(), table: forgetful(crm.table) }
    ctx.request.ifMatch = 1
    const record = await amend(ctx, customer, id, { notes: 'once' }, changed)
    expect(record).toMatchObject({ version: 2, notes: 'once' })
    expect(await find(crm.ctx(), customer, id)).toMatchObject({ version: 2 })
  })

  test('succeeds once when it is a change of a record that was read', async () => {
    const id = await opened()
    const ctx = { ...crm.ctx(), table: forgetful(crm.table) }
    const { record, change } = alter(ctx, customer, await find(ctx, customer, id), { notes: 'once' }, changed)
    await commit(ctx, [change], record)
    expect(await find(crm.ctx(), customer, id)).toMatchObject({ version: 2, notes: 'once' })
  })

  test('succeeds once when it is a new record', async () => {
    const { body } = await crm.call('POST', '/customers', { body: { name: 'Twin' } })
    const ctx = { ...crm.ctx(), table: forgetful(crm.table) }
    const { id: _, version: __, createdAt: ___, updatedAt: ____, ...fields } = await find(ctx, customer, body['id'])
    const { record, change } = create(ctx, customer, fields, changed)
    await commit(ctx, [change], record)
    expect(await find(crm.ctx(), customer, record.id)).toMatchObject({ version: 1 })
  })

  test('is not taken for an earlier write of the same request', async () => {
    const id = await opened()
    const ctx = crm.ctx()
    const before = await find(ctx, customer, id)
    await commit(ctx, [alter(ctx, customer, before, { notes: 'first' }, changed).change])
    const late = alter(ctx, customer, before, { notes: 'second, from a stale read' }, changed)
    await expect(commit(ctx, [late.change])).rejects.toThrow(Stale)
    expect(await find(crm.ctx(), customer, id)).toMatchObject({ version: 2, notes: 'first' })
  })

  test('is not done twice, nor taken for refused, when it was a transaction and somebody else wrote meanwhile', async () => {
    const id = await opened()
    const before = await find(crm.ctx(), customer, id)
    const { table, sent } = interrupted(async () => {
      const there = await find(crm.ctx(), customer, id)
      await commit(crm.ctx(), [alter(crm.ctx(), customer, there, { language: 'fr' }, changed).change])
    })
    const counter = { pk: `counter#${id}`, sk: 'n' }
    const ctx = { ...crm.ctx(), table }
    const { change, record } = alter(ctx, customer, before, { notes: 'mine' }, changed)
    await commit(ctx, [change], record, [{ update: counter, add: { n: 1 } }])
    expect(sent()).toBe(2)
    expect(await find(crm.ctx(), customer, id)).toMatchObject({ version: 3, notes: 'mine', language: 'fr' })
    expect(await crm.table.get(counter)).toMatchObject({ n: 1 })
  })
})
