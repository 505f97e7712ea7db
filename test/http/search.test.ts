import { beforeEach, describe, expect, test } from 'vitest'
import { tokenKeys } from '../../domain/data/search/index.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { userIdOf } from '../support/http-event.ts'
import { settle } from '../support/stream.ts'

let crm: Crm
beforeEach(async () => void (crm = await startCrm()))

async function made(path: string, body: object, as = 'admin'): Promise<string> {
  const reply = await crm.call('POST', path, { body, as })
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return String(reply.body['id'])
}
const open = (name: string, more: object = {}) => made('/customers', { name, ...more })
const find = (text: string, how: { as?: string; kinds?: string[]; scope?: string; limit?: number } = {}): Promise<Reply> => {
  const { as = 'admin', ...rest } = how
  return crm.call('POST', '/search', { as, body: { text, ...rest } })
}
async function ids(text: string, how: Parameters<typeof find>[1] = {}): Promise<string[]> {
  const { status, body } = await find(text, how)
  expect(status, JSON.stringify(body)).toBe(200)
  return body['items'].map((one: { id: string }) => one.id)
}
async function remove(path: string): Promise<void> {
  const { version } = (await crm.call('GET', path)).body
  expect((await crm.call('DELETE', path, { ifMatch: version })).status).toBe(204)
}

/** What one settling wrote for search alone: token rows and registers. */
async function tokensWritten(work: () => Promise<unknown>): Promise<number> {
  await work()
  const before = await rows()
  await settle(crm)
  return [...(await rows())].filter(([key, text]) => before.get(key) !== text).length
}

/** All token rows and registers there are. */
async function rows(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let after: Record<string, unknown> | undefined
  do {
    const { items, last } = await crm.table.scan({ limit: 1_000, ...(after && { after }) })
    for (const item of items) {
      const [pk, sk] = [String(item['pk']), String(item['sk'])]
      if (pk.startsWith('find#') || sk.startsWith('find#')) found.set(`${pk} ${sk}`, JSON.stringify(item, Object.keys(item).sort()))
    }
    after = last
  } while (after)
  return found
}

describe('a customer is found', () => {
  test('by any part of the name in any order, without accents, and with a letter wrong; by mail, number and id', async () => {
    const zoe = await open('Zoë Søndergård-Johnson', {
      emails: [{ address: 'zoe.s@acme.example' }, { address: 'zoe@gmail.com' }],
      phones: [{ number: '+4420 7946 0123' }],
      externalIds: [{ system: 'shop', id: 'C-000-17' }],
      messaging: [{ system: 'wechat', handle: 'zoe_chats' }],
    })
    await open('Someone Else')
    await settle(crm)
    const wanted: [string, string, string][] = [
      ['zoe sondergard johnson', 'exact', 'name'],
      ['JOHNSON zoe', 'exact', 'name'],
      ['john son', 'prefix', 'name'],
      ['ohns derg', 'part', 'name'],
      ['sond', 'prefix', 'name'],
      ['derga', 'part', 'name'],
      ['zo jo', 'prefix', 'name'],
      ['jonhson', 'similar', 'name'],
      ['sondegard', 'similar', 'name'],
      ['zoe jhonson', 'similar', 'name'],
      ['zoe.s@acme.example', 'exact', 'email'],
      ['zoe.s@', 'prefix', 'email'],
      ['acme.example', 'exact', 'website'],
      ['0123', 'part', 'phone'],
      ['020 7946 0123', 'part', 'phone'],
      ['+44 20 7946 0123', 'exact', 'phone'],
      ['0044 20 79460123', 'exact', 'phone'],
      ['c00017', 'exact', 'external'],
      ['c-000', 'prefix', 'external'],
      ['zoe_chats', 'exact', 'messaging'],
      ['johnson 0123', 'part', 'phone'],
    ]
    for (const [text, match, field] of wanted) {
      const { body } = await find(text)
      expect(body['items'], text).toMatchObject([
        { id: zoe, noun: 'customer', customerId: zoe, title: 'Zoë Søndergård-Johnson', match, field },
      ])
    }
    for (const nothing of ['zoe else', 'xyz', 'oe', '0124', 'zoe nobody']) expect(await ids(nothing), nothing).toEqual([])
  })

  test('by Chinese signs that stand together, by pinyin in either order, and by its initials', async () => {
    const wang = await open('王小明')
    const ou = await open('欧阳娜娜')
    const chen = await open('美玲 陳')
    const works = await open('上海光学仪器有限公司', { kind: 'company' })
    await settle(crm)
    const wanted: [string, string[]][] = [
      ['王小明', [wang]],
      ['小明', [wang]],
      ['王', [wang]],
      ['王 小明', [wang]],
      ['wang xiaoming', [wang]],
      ['xiaoming wang', [wang]],
      ['wangxiao', [wang]],
      ['wxm', [wang]],
      ['ouyang', [ou]],
      ['oynn', [ou]],
      ['娜娜', [ou]],
      ['陳美玲', [chen]],
      ['美玲', [chen]],
      ['陳 美', [chen]],
      ['chenmeiling', [chen]],
      ['cml', [chen]],
      ['光学', [works]],
      ['仪器 上海', [works]],
      ['shanghaiguang', [works]],
      ['小王', []],
      ['明小', []],
      ['明王', []],
    ]
    for (const [text, found] of wanted) expect(await ids(text), text).toEqual(found)
  })

  test('the better answer first: exactly, by its beginning, by a part, mistyped; of equals the newest', async () => {
    const exact = await open('Marten Lane')
    const begins = await open('Martens Lane')
    const part = await open('Smarten Lane')
    const similar = await open('Merten Lane')
    crm.clock.now = '2026-11-23T09:00:00.000Z'
    const newer = await open('Marten Lane')
    await settle(crm)
    expect(await ids('marten')).toEqual([newer, exact, begins, part, similar])
    const { body } = await find('marten', { limit: 2 })
    expect(body).toMatchObject({ items: [{ id: newer }, { id: exact }], more: true })
    expect((await find('marten')).body['more']).toBe(false)
    expect((await find('gmail.com')).body).toEqual({ items: [], more: true })
  })

  test('as it is now: renamed, deleted, restored; and the list of customers is as it was', async () => {
    const id = await open('Before Change', { phones: [{ number: '+442079460555' }] })
    await settle(crm)
    await crm.call('PATCH', `/customers/${id}`, { body: { name: 'Afterwards Change' }, ifMatch: 1 })
    await settle(crm)
    expect([await ids('before'), await ids('afterwards'), await ids('0555')]).toEqual([[], [id], [id]])
    await remove(`/customers/${id}`)
    await settle(crm)
    expect([await ids('afterwards'), await ids('0555')]).toEqual([[], []])
    expect([...(await rows())]).toEqual([])
    await crm.call('POST', `/customers/${id}/restore`)
    await settle(crm)
    expect([await ids('afterwards'), await ids('0555')]).toEqual([[id], [id]])
    expect((await crm.call('GET', '/customers?name=after')).body['items']).toMatchObject([{ id }])
  })
})

describe('what belongs to a customer is found', () => {
  test('tickets by subject and thread, notes by their words, deals by name, purchases by order number', async () => {
    const id = await open('Weaver')
    const ticket = await made(`/customers/${id}/tickets`, {
      subject: 'Loom stops at night',
      body: 'It smells of burnt rubber',
      channel: 'email',
    })
    const note = await made(`/customers/${id}/interactions`, { kind: 'note', body: '客户要求退款，因为机器坏了' })
    const deal = await made(`/customers/${id}/deals`, { name: 'Spindle renewal' })
    const order = await made(`/customers/${id}/purchases`, {
      orderId: { id: 'PO-2026/0017' },
      at: '2026-11-01T00:00:00Z',
      amount: { amount: 100, currency: 'USD' },
    })
    await settle(crm)
    const wanted: [string, string, string, string][] = [
      ['loom', ticket, 'ticket', 'text'],
      ['night stops', ticket, 'ticket', 'text'],
      ['burnt rub', ticket, 'ticket', 'text'],
      ['退款', note, 'interaction', 'text'],
      ['要求退', note, 'interaction', 'text'],
      ['renew', deal, 'deal', 'text'],
      ['po20260017', order, 'purchase', 'order'],
      ['PO-2026/00', order, 'purchase', 'order'],
    ]
    for (const [text, found, noun, field] of wanted)
      expect((await find(text)).body['items'], text).toMatchObject([{ id: found, noun, customerId: id, field }])
    expect(await ids('loom', { kinds: ['customer', 'interaction'] })).toEqual([])
    expect(await ids('loom rubber')).toEqual([])
  })

  test('while its customer and its ticket are there: all of it goes and comes back with them', async () => {
    const id = await open('Weaver')
    const ticket = await made(`/customers/${id}/tickets`, { subject: 'Loom', body: 'Burnt rubber', channel: 'email' })
    await made(`/customers/${id}/interactions`, { kind: 'note', body: 'Spindles wanted' })
    await made(`/customers/${id}/purchases`, {
      orderId: { id: 'A-1001' },
      at: '2026-11-01T00:00:00Z',
      amount: { amount: 100, currency: 'USD' },
    })
    await settle(crm)
    const all = async () => [await ids('loom'), await ids('rubber'), await ids('spindles'), await ids('a1001')].map((found) => found.length)
    expect(await all()).toEqual([1, 1, 1, 1])
    await remove(`/tickets/${ticket}`)
    await settle(crm)
    expect(await all()).toEqual([0, 0, 1, 1])
    await crm.call('POST', `/tickets/${ticket}/restore`)
    await settle(crm)
    await remove(`/customers/${id}`)
    await settle(crm)
    expect(await all()).toEqual([0, 0, 0, 0])
    expect([...(await rows())]).toEqual([])
    await crm.call('POST', `/customers/${id}/restore`)
    await settle(crm)
    expect(await all()).toEqual([1, 1, 1, 1])
  })
})

describe('nobody finds what they may not see', () => {
  async function people() {
    const team = await made('/teams', { name: 'South' })
    const person = (name: string, roles: string[], teamId?: string) =>
      made('/users', { name, email: `${name.toLowerCase()}@example.com`, roles, ...(teamId && { teamId }) })
    return {
      amy: await person('Amy', ['sales'], team),
      bob: await person('Bob', ['sales'], team),
      zac: await person('Zac', ['sales'], await made('/teams', { name: 'North' })),
    }
  }

  test('a manager finds their own and their team’s, as far as they ask for it; others’ are as if they were not there', async () => {
    const { amy, bob, zac } = await people()
    const [asAmy, asZac] = [`${amy}:sales`, `${zac}:sales`]
    const mine = await open('Smith One', { ownerId: amy })
    const ours = await open('Smith Two', { ownerId: bob })
    await settle(crm)
    const before = (await find('smith', { as: asAmy })).body
    expect(before['items'].map((one: { id: string }) => one.id).sort()).toEqual([mine, ours].sort())
    for (let n = 0; n < 120; n++) await open(`Smith ${n}`, { ownerId: zac })
    const nobodys = await open('Smith Nobody')
    const note = await made(`/customers/${nobodys}/interactions`, { kind: 'note', body: 'Secret smithy' })
    await made(`/customers/${nobodys}/purchases`, {
      orderId: { id: 'SMITH-1' },
      at: '2026-11-01T00:00:00Z',
      amount: { amount: 1, currency: 'USD' },
    })
    await settle(crm)
    // To the byte the same answer, whatever lies beyond, even of a word that more customers have than are read.
    for (const text of ['smith', 'smit', 'smith one', 'smithy', 'smtih', 'smith-1'])
      expect(
        (await find(text, { as: asAmy })).body['items'].filter((one: { id: string }) => ![mine, ours].includes(one.id)),
        text,
      ).toEqual([])
    expect((await find('smith', { as: asAmy })).body).toEqual(before)
    expect((await find('nobody', { as: asAmy })).body).toEqual({ items: [], more: false })
    expect((await find('secret', { as: asAmy })).body).toEqual({ items: [], more: false })
    expect(await ids('smith', { as: asAmy, scope: 'own' })).toEqual([mine])
    expect(await ids('smith', { as: asZac, limit: 50, scope: 'own' })).toHaveLength(50)
    expect((await find('smith', { limit: 50 })).body).toMatchObject({ more: true })
    expect(await ids('secret')).toEqual([note])
  })

  test('a customer given to another manager is found by them and no more by the first, with all that belongs to it', async () => {
    const { amy, zac } = await people()
    const [asAmy, asZac] = [`${amy}:sales`, `${zac}:sales`]
    const id = await open('Moved Away', { ownerId: amy, phones: [{ number: '+442079460777' }] })
    const ticket = await made(`/customers/${id}/tickets`, { subject: 'Loom', body: 'Burnt rubber', channel: 'email' })
    await made(`/customers/${id}/interactions`, { kind: 'note', body: 'Spindles' })
    await settle(crm)
    const found = async (as: string) =>
      [
        await ids('moved', { as }),
        await ids('0777', { as }),
        await ids('loom', { as }),
        await ids('rubber', { as }),
        await ids('spindles', { as }),
      ].map((one) => one.length)
    expect([await found(asAmy), await found(asZac)]).toEqual([
      [1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0],
    ])
    expect((await crm.call('POST', `/customers/${id}/assign`, { body: { ownerId: zac } })).status).toBe(200)
    await settle(crm)
    expect([await found(asAmy), await found(asZac)]).toEqual([
      [0, 0, 0, 0, 0],
      [1, 1, 1, 1, 1],
    ])
    expect((await crm.call('POST', `/tickets/${ticket}/assign`, { body: { assigneeId: amy } })).status).toBe(200)
    await settle(crm)
    // Who is responsible for a ticket finds it, though not its customer.
    expect(await found(asAmy)).toEqual([0, 0, 1, 0, 0])
  })

  test('who was merged into another is found as the other, with what belongs to both; undone, each is found again', async () => {
    const { amy, zac } = await people()
    const [asAmy, asZac] = [`${amy}:sales`, `${zac}:sales`]
    const stays = await open('Stays Here', { ownerId: zac })
    const goes = await open('Goes Away', { ownerId: amy })
    const note = await made(`/customers/${goes}/interactions`, { kind: 'note', body: 'Spindles' })
    await settle(crm)
    expect([await ids('spindles', { as: asAmy }), await ids('spindles', { as: asZac })]).toEqual([[note], []])
    const merged = await crm.call('POST', `/customers/${stays}/merge`, { body: { absorb: goes } })
    expect(merged.status, JSON.stringify(merged.body)).toBeLessThan(300)
    await settle(crm)
    expect([await ids('spindles', { as: asAmy }), await ids('spindles', { as: asZac })]).toEqual([[], [note]])
    expect([await ids('goes away'), await ids('stays')]).toEqual([[], [stays]])
    const { items } = (await crm.call('GET', `/customers/${stays}/merges`)).body
    expect((await crm.call('POST', `/merges/${items[0].id}/undo`, { body: {} })).status).toBeLessThan(300)
    await settle(crm)
    expect([await ids('spindles', { as: asAmy }), await ids('spindles', { as: asZac }), await ids('goes away')]).toEqual([
      [note],
      [],
      [goes],
    ])
  })

  test('kinds that a role may not read are left out, and refused when asked for', async () => {
    const id = await open('Weaver')
    await made(`/customers/${id}/deals`, { name: 'Weaver renewal' })
    await settle(crm)
    expect((await ids('weaver')).length).toBe(2)
    expect(await ids('weaver', { as: 'service' })).toEqual([id])
    expect((await find('weaver', { as: 'service', kinds: ['deal'] })).status).toBe(403)
    expect(await ids('weaver', { as: 'viewer', scope: 'own' })).toEqual([])
    await made('/roles', { name: 'blind', description: 'Reads nothing.', grants: { 'search:read': 'all' } })
    const blind = await made('/users', { name: 'Cy', email: 'cy@example.com', roles: ['blind'] })
    expect((await find('weaver', { as: `${blind}:blind` })).body).toEqual({ items: [], more: false })
  })
})

describe('what is not a question', () => {
  test.each([
    [{ text: 'a' }, 'search.too_short'],
    [{ text: '!?' }, 'search.too_short'],
    [{ text: 'one two three four five six seven eight nine' }, 'search.too_many_words'],
  ])('%j is refused with the reason', async (body, code) => {
    const reply = await crm.call('POST', '/search', { body })
    expect([reply.status, reply.body['code']]).toEqual([400, code])
  })

  test.each([
    {},
    { text: '' },
    { text: 'x'.repeat(101) },
    { text: 'ada', kinds: [] },
    { text: 'ada', kinds: ['warning'] },
    { text: 'ada', limit: 51 },
    { text: 'ada', page: 2 },
  ])('%j is refused', async (body) => {
    expect((await crm.call('POST', '/search', { body })).status).toBe(400)
  })
})

describe('cost', () => {
  test('a new customer with mail, phone and manager is some 20 writes of one unit; what touches nothing searchable is none', async () => {
    await open('Warm Up')
    await settle(crm)
    let id = ''
    const latin = await tokensWritten(async () => {
      id = await open('Katherine Johnson', {
        emails: [{ address: 'kj@example.com' }],
        phones: [{ number: '+442079460001' }],
        ownerId: userIdOf('admin'),
      })
    })
    const chinese = await tokensWritten(() => open('王小明', { phones: [{ number: '+8613800138000' }], ownerId: userIdOf('admin') }))
    expect([latin, chinese]).toEqual([21, 11])
    expect(
      await tokensWritten(() => crm.call('PATCH', `/customers/${id}`, { body: { occupation: 'Analyst', notes: 'Likes tea' }, ifMatch: 1 })),
    ).toBe(0)
    expect(
      await tokensWritten(() => crm.call('POST', `/customers/${id}/lifecycle`, { body: { lifecycle: 'prospect', reason: 'Asked' } })),
    ).toBe(0)
    // One row more and the register.
    const phones = [{ number: '+442079460001' }, { number: '+442079460002' }]
    expect(await tokensWritten(() => crm.call('PATCH', `/customers/${id}`, { body: { phones }, ifMatch: 3 }))).toBe(2)
    for (const [, text] of await rows()) expect(Buffer.byteLength(text)).toBeLessThan(1_024)
    const ticket = await tokensWritten(() =>
      made(`/customers/${id}/tickets`, { subject: 'Loom stops', body: 'It smells', channel: 'email' }),
    )
    expect(ticket).toBe(2 + 1 + 1 + 1)
  })
})

test('a question is one round of reads, and writes nothing', async () => {
  const id = await open('Katherine Johnson', { phones: [{ number: '+442079460001' }] })
  await made(`/customers/${id}/tickets`, { subject: 'Johnson’s loom', body: 'Burnt rubber', channel: 'email' })
  await settle(crm)
  await find('warm up')
  for (const text of ['katherine johnson', 'kath', 'jonhson', '0001', '王小明', 'the loom of johnson']) {
    crm.spent.length = 0
    const first = await find(text)
    expect(first.status).toBe(200)
    const [calls, units] = [crm.spent.map(({ call }) => call), crm.spent.reduce((sum, one) => sum + one.readUnits, 0)]
    expect(new Set(calls), text).toEqual(new Set(['Query']))
    expect(units, text).toBe(calls.length / 2)
    expect(units, text).toBeLessThanOrEqual(12)
  }
})

test('all token rows of a person are found from the items of their partition, for an erasure', async () => {
  const id = await open('Katherine Johnson', { emails: [{ address: 'kj@example.com' }], phones: [{ number: '+442079460001' }] })
  await made(`/customers/${id}/tickets`, { subject: 'Loom', body: 'Burnt rubber', channel: 'email' })
  await made(`/customers/${id}/purchases`, {
    orderId: { id: 'A-1001' },
    at: '2026-11-01T00:00:00Z',
    amount: { amount: 100, currency: 'USD' },
  })
  await settle(crm)
  const { items } = await crm.table.query({ pk: `customer#${id.slice(4)}`, limit: 1_000 })
  const known = items.flatMap((item) => tokenKeys(item)).map(({ pk, sk }) => `${pk} ${sk}`)
  const there = [...(await rows()).keys()].filter((key) => key.startsWith('find#'))
  expect(known.sort()).toEqual(there.sort())
  expect(there.length).toBeGreaterThan(20)
})
