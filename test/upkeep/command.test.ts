import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customer } from '../../domain/customer/customer/index.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import { startQueueServer } from '../../infra/local/queue/server.ts'
import { openTarget } from '../../infra/upkeep/target.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { settle } from '../support/stream.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'crm-upkeep-'))
let crm: Crm
const ids: string[] = []

beforeAll(async () => {
  crm = await startCrm({ now: '2026-01-05T09:00:00.000Z' })
  for (let number = 0; number < 12; number++) {
    const body = { name: `Ada ${number}`, emails: [{ address: `a${number}@example.com` }] }
    ids.push((await crm.call('POST', '/customers', { as: 'admin', body })).body['id'])
  }
  await settle(crm)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(command: 'fsck' | 'rebuild', ...more: string[]) {
  const place = ['--table', crm.place.name, '--endpoint', crm.place.endpoint]
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, `infra/${command}.ts`), ...place, ...more], {
    encoding: 'utf8',
  })
  return { status, text: stdout + stderr }
}

const rowOf = async (id: string) => (await crm.table.get(placeOf(customer, id)))?.['row']
const spoil = (id = '') => crm.table.write({ update: placeOf(customer, id), set: { 'row.name': 'Wrong' } })

describe('npm run fsck', () => {
  test('ends well on a table in order, and writes nothing', async () => {
    const { status, text } = run('fsck')
    expect(text).toMatch(/: \d+ items, 0 found \{\}, 0 put right; \d+ units/)
    expect(status).toBe(0)
  })

  test('names what is wrong and leaves it, until told to repair', async () => {
    await spoil(ids[0])
    const looked = run('fsck')
    expect(looked).toMatchObject({ status: 1 })
    expect(looked.text).toContain(`I8 ${ids[0]}: its list row differ`)
    expect(await rowOf(ids[0] ?? '')).toMatchObject({ name: 'Wrong' })
    expect(run('fsck', '--repair')).toMatchObject({ status: 0 })
    expect(await rowOf(ids[0] ?? '')).toMatchObject({ name: 'Ada 0' })
    expect(run('fsck')).toMatchObject({ status: 0 })
  })

  test('goes on where a run that was cut off had come to, and forgets the place at the end', () => {
    const file = join(folder, 'place.json')
    writeFileSync(file, JSON.stringify(placeOf(customer, ids[5] ?? '')))
    const { text } = run('fsck', '--resume', file)
    expect(text).toContain('going on at customer#')
    const [whole, part] = [run('fsck').text, text].map((one) => Number(/(\d+) items/.exec(one)?.[1]))
    expect(part).toBeLessThan(whole ?? 0)
    expect(existsSync(file)).toBe(false)
  })

  test('holds its rate of units', () => {
    const began = performance.now()
    const { text } = run('fsck', '--rate', '100')
    const units = Number(/(\d+) units/.exec(text)?.[1])
    expect(performance.now() - began).toBeGreaterThanOrEqual((units / 100 - 1) * 1000)
  })

  test('says in a line what it lacks', () => {
    const bare = spawnSync(process.execPath, [join(root, 'infra/fsck.ts')], { encoding: 'utf8' })
    expect(bare).toMatchObject({ status: 2, stderr: expect.stringMatching(/^fsck: which table\? --stage S [^\n]*\n$/) })
    expect(run('fsck', '--rate', 'fast')).toMatchObject({ status: 2 })
  })
})

describe('a command on a local run', () => {
  test('works on its table and its files while it is on, by the address it printed', async () => {
    const objects = await startQueueServer(join(folder, 'queue'))
    objects.prepare([], [{ name: 'files', cors: undefined }])
    const run = createServer((_, answer) => void answer.end(JSON.stringify({ table: crm.place.endpoint, queue: objects.url, other: '' })))
    await once(run.listen(0, '127.0.0.1'), 'listening')
    const target = await openTarget({ local: true, url: `http://127.0.0.1:${(run.address() as AddressInfo).port}` })
    await target.files.write('register/erased/x.json', '{}', 'application/json')
    expect(await target.files.list('register/')).toMatchObject({ keys: ['register/erased/x.json'] })
    await target.close()
    run.close()
    await objects.stop()
  })

  test('says in a line that nothing answers there, that there is no such table, and that a backup needs a bucket', () => {
    const ask = (command: string, ...args: string[]) => {
      const { status, stderr } = spawnSync(process.execPath, [join(root, `infra/${command}.ts`), ...args], { encoding: 'utf8' })
      return { status, stderr }
    }
    const line = (text: string) => ({ status: 2, stderr: expect.stringMatching(new RegExp(`^[a-z]+: [^\\n]*${text}[^\\n]*\\n$`)) })
    expect(ask('fsck', '--local', '--url', 'http://127.0.0.1:9')).toMatchObject(line('no local run answers'))
    expect(ask('fsck', '--table', 'none', '--endpoint', crm.place.endpoint)).toMatchObject(line('ResourceNotFoundException'))
    const place = ['--table', crm.place.name, '--endpoint', crm.place.endpoint]
    expect(ask('backup', 'export', '--folder', join(folder, 'x'), ...place)).toMatchObject(line('which bucket'))
    expect(ask('rebuild', '--erasures', ...place)).toMatchObject(line('which bucket'))
  })
})

describe('npm run rebuild', () => {
  test('makes what follows from the records anew, search included', async () => {
    await spoil(ids[3])
    const { pk } = placeOf(customer, ids[4] ?? '')
    const { items } = await crm.table.query({ pk, begins: 'find#', limit: 5 })
    expect(items).toHaveLength(1)
    const find = async () => (await crm.call('POST', '/search', { as: 'admin', body: { text: 'ada', kinds: ['customer'] } })).body['items']
    const before = await find()
    for (const item of items) await crm.table.write({ delete: { pk, sk: String(item['sk']) } })
    expect(run('rebuild')).toMatchObject({ status: 0 })
    expect(await rowOf(ids[3] ?? '')).toMatchObject({ name: 'Ada 3' })
    expect((await crm.table.query({ pk, begins: 'find#', limit: 5 })).items).toMatchObject(items.map(({ keys, h }) => ({ keys, h })))
    expect(await find()).toEqual(before)
    expect(run('fsck')).toMatchObject({ status: 0 })
  })
})
