import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Ctx } from '../../../domain/kernel/context.ts'
import { startCrm, type Crm } from '../../support/crm.ts'

/** Two versions of the code on one table, as while a deploy is under way: each has its own copy of the kernel in memory. */

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

async function kernel() {
  vi.resetModules()
  const [entity, event, record, commit, place, expected] = await Promise.all([
    import('../../../domain/kernel/entity.ts'),
    import('../../../domain/kernel/event.ts'),
    import('../../../domain/kernel/record.ts'),
    import('../../../domain/kernel/commit.ts'),
    import('../../../domain/kernel/place.ts'),
    import('../../../domain/kernel/page.ts'),
  ])
  return { ...entity, ...event, ...record, ...commit, ...place, ...expected }
}

const facts = { noun: 'gadget', prefix: 'gad', home: 'workspace', row: ['name'] } as const

/** Version N−1: one phone, as a text. */
async function older() {
  const k = await kernel()
  const gadget = k.entity({
    ...facts,
    fields: () => z.object({ name: z.string(), phone: z.string().optional() }),
    list: { on: ['name'], key: ({ name }) => ({ facet: 'name', order: name.toLowerCase() }) },
    personal: ['phone'],
  })
  return { ...k, gadget, changed: k.event('gadget.changed', 'A gadget changed') }
}

/** Version N: several, and a colour that nobody had before; lists sort by colour. */
async function newer() {
  const k = await kernel()
  const gadget = k.entity({
    ...facts,
    version: 2,
    upgrade: ({ phone, ...rest }) => ({ ...rest, phones: phone === undefined ? [] : [phone], colour: 'grey' }),
    fields: () => z.object({ name: z.string(), phones: z.array(z.string()), colour: z.string() }),
    list: { on: ['name', 'colour'], key: ({ name, colour }) => ({ facet: 'name', order: `${colour} ${name.toLowerCase()}` }) },
    personal: ['phones'],
  })
  return { ...k, gadget, changed: k.event('gadget.changed', 'A gadget changed') }
}

const ctx = (ifMatch?: number): Ctx => {
  const one = crm.ctx()
  return { ...one, request: { id: randomUUID(), action: 'test', ...(ifMatch !== undefined && { ifMatch }) } }
}

async function written(by: Awaited<ReturnType<typeof older>>, name = 'Lamp') {
  const made = by.create(ctx(), by.gadget, { name, phone: '+442079460000' }, by.changed)
  return by.commit(ctx(), [made.change], made.record)
}

describe('a record of the version before', () => {
  test('is read forward, at no read or write more, and stays as it is until it changes', async () => {
    const [was, is] = [await older(), await newer()]
    const { id } = await written(was)
    crm.spent.length = 0
    expect(await is.find(ctx(), is.gadget, id)).toMatchObject({ id, name: 'Lamp', phones: ['+442079460000'], colour: 'grey', version: 1 })
    expect(crm.spent.map(({ call }) => call)).toEqual(['GetItem'])
    expect(await crm.table.get(is.placeOf(is.gadget, id))).toMatchObject({ phone: '+442079460000' })
  })

  test('changed by a PATCH with If-Match becomes the new form whole, index keys and row too', async () => {
    const [was, is] = [await older(), await newer()]
    const { id } = await written(was)
    const after = await is.amend(ctx(1), is.gadget, id, { name: 'Light' }, is.changed)
    expect(after).toMatchObject({ name: 'Light', phones: ['+442079460000'], version: 2 })
    const item = await crm.table.get(is.placeOf(is.gadget, id))
    expect(item).toMatchObject({ form: 2, phones: ['+442079460000'], lsk: `grey light#${id}`, row: { name: 'Light' } })
    expect(item).not.toHaveProperty('phone')
    // From then on a PATCH is one write again.
    crm.spent.length = 0
    await is.amend(ctx(2), is.gadget, id, { phones: [] }, is.changed)
    expect(crm.spent.map(({ call }) => call)).toEqual(['UpdateItem'])
    await expect(is.amend(ctx(2), is.gadget, id, { phones: ['1'] }, is.changed)).rejects.toMatchObject({ code: 'gadget.version_differs' })
  })
})

describe('a record of the version after, under the code of the version before', () => {
  test('keeps what that code does not know, whether it is changed in place or written whole', async () => {
    const [was, is] = [await older(), await newer()]
    const { id } = await written(was)
    await is.amend(ctx(1), is.gadget, id, { colour: 'red' }, is.changed)
    const place = is.placeOf(is.gadget, id)
    expect(was.viewOf(was.gadget).parse(await was.find(ctx(), was.gadget, id))).not.toHaveProperty('colour')
    await was.amend(ctx(2), was.gadget, id, { phone: '1' }, was.changed)
    expect(await crm.table.get(place)).toMatchObject({ form: 2, colour: 'red', phones: ['+442079460000'] })
    const before = await was.find(ctx(), was.gadget, id)
    await was.commit(ctx(), [was.alter(ctx(), was.gadget, before, { name: 'Old hand' }, was.changed).change])
    expect(await crm.table.get(place)).toMatchObject({ form: 2, colour: 'red', phones: ['+442079460000'], version: 4 })
    // And the code after reads it as its own: the form says that it was read forward before.
    expect(await is.find(ctx(), is.gadget, id)).toMatchObject({ name: 'Old hand', colour: 'red', phones: ['+442079460000'] })
  })

  test('says the same to lists whichever version wrote it, once rebuild has gone over it', async () => {
    const [was, is] = [await older(), await newer()]
    const { id } = await written(was, 'Aside')
    const item = (await crm.table.get(is.placeOf(is.gadget, id))) ?? {}
    const kept = { item, kind: is.gadget as never, id, version: 1 }
    const { keysAndRow } = await import('../../../domain/data/upkeep/record-check.ts')
    const [finding] = keysAndRow(kept)
    expect(finding).toMatchObject({ invariant: 'I8', mend: { writes: [{ set: { lsk: `grey aside#${id}` } }] } })
  })
})

test('events pass between versions: more fields or fewer are no reason to refuse one', async () => {
  const [was, is] = [await older(), await newer()]
  const { id } = await written(was)
  const item = (await crm.table.get(is.placeOf(is.gadget, id))) ?? {}
  const kinds = (by: { gadget: { noun: string } }) => new Map([[by.gadget.noun, by.gadget as never]])
  const told = was.happened(kinds(was), undefined, item)
  expect(is.happenedSchema().parse(told)).toEqual(told)
  const later = { ...is.happened(kinds(is), undefined, { ...item, colour: 'red', form: 2 }), hint: 'of tomorrow' }
  expect(was.happenedSchema().parse(later)).toEqual(later)
  expect(later).toMatchObject({ changed: { colour: { to: 'red' } } })
  expect(JSON.stringify(told)).not.toContain('7946')
})
