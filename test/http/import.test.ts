import { beforeEach, describe, expect, test } from 'vitest'
import type { Table } from '../../domain/kernel/table/table.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { countsUnits } from '../support/engine-endpoint.ts'
import { names, reportOf, settle, upload, work } from '../support/transfer.ts'
import { runJob } from '../support/stream.ts'

let crm: Crm
beforeEach(async () => {
  crm = await startCrm()
})

const people = 'Name,E-mail,Phone,Country\r\nAda Lovelace,ada@example.com,+442079460000,GB\r\nGrace Hopper,Grace@Example.com,,USA\r\n'
const mapping = { Name: 'name', 'E-mail': 'email', Phone: 'phone', Country: 'country' }
const counted = (rows: number, created: number, updated: number, skipped: number, failed: number) => ({
  rows,
  created,
  updated,
  skipped,
  failed,
})

describe('an import of customers', () => {
  test('goes from a link to upload to, by a preview that suggests, to customers', async () => {
    const id = await upload(crm, people)
    const preview = await crm.call('POST', `/imports/${id}/preview`, { body: {} })
    expect(preview.status).toBe(200)
    expect(preview.body).toMatchObject({
      state: 'ready',
      columns: ['Name', 'E-mail', 'Phone', 'Country'],
      samples: [{ row: 2, cells: ['Ada Lovelace', 'ada@example.com', '+442079460000', 'GB'] }, { row: 3 }],
      suggestion: { mapping },
      encoding: 'ascii',
    })
    const done = await work(crm, id, 'run', { mapping })
    expect(done).toMatchObject({ state: 'done', counts: counted(2, 2, 0, 0, 0), progress: 1 })
    expect(await names(crm)).toEqual(['Ada Lovelace', 'Grace Hopper'])
    const { body } = await crm.call('GET', '/customers?name=grace&fields=emails,country')
    expect(body['items'][0]).toMatchObject({ emails: [{ address: 'grace@example.com' }], country: 'US' })
    expect([...crm.files.kept.keys()]).toEqual([])
  })

  test('a check finds what a run would refuse, in the file and with what is there, and writes nothing', async () => {
    await crm.call('POST', '/customers', { body: { name: 'Taken', emails: [{ address: 'taken@example.com' }] } })
    const rows = ['Good,good@example.com', 'Bad,not an email', ',nobody@example.com', 'Twice,good@example.com', 'Taken,taken@example.com']
    const id = await upload(crm, `Name,Email\n${rows.join('\n')}\n`)
    const before = crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)
    const checked = await work(crm, id, 'check', { mapping: { Name: 'name', Email: 'email' } })
    expect(checked).toMatchObject({ state: 'ready', checked: counted(5, 1, 0, 0, 4), counts: counted(0, 0, 0, 0, 0), reported: 4 })
    expect(await reportOf(crm, id)).toEqual([
      '3 Email invalid_format',
      '4 name invalid_type',
      '5 Email customer.identity_taken',
      '6 Email customer.identity_taken',
    ])
    expect(await names(crm)).toEqual(['Taken'])
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0) - before).toBeLessThan(60)
    const run = await work(crm, id, 'run')
    expect(run).toMatchObject({ counts: counted(5, 1, 0, 0, 4), reported: 4 })
  })

  test('a report holds no value of a row', async () => {
    await crm.call('POST', '/customers', { body: { name: 'Taken', emails: [{ address: 'canary@example.com' }] } })
    const id = await upload(crm, 'Name,Email\nX,canary@example.com\n')
    await work(crm, id, 'run', { mapping: { Name: 'name', Email: 'email' } })
    const { body } = await crm.call('GET', `/imports/${id}/report`)
    expect(Buffer.from(crm.files.get(body['url'])).toString()).not.toContain('canary')
  })

  test('upserts by any identity: what is given is changed or added, what is empty stays, what is the same is skipped', async () => {
    const ada = await crm.call('POST', '/customers', {
      body: { name: 'Ada', occupation: 'Analyst', emails: [{ address: 'ada@example.com' }], externalIds: [{ system: 'erp', id: '7' }] },
    })
    const file = 'No,Name,Mail,Job\n7,Ada Lovelace,ada@work.example,\n8,Grace,grace@example.com,Admiral\n'
    const settings = { mapping: { No: 'external:erp', Name: 'name', Mail: 'email', Job: 'occupation' }, mode: 'upsert', by: 'external:erp' }
    expect(await work(crm, await upload(crm, file), 'run', settings)).toMatchObject({ counts: counted(2, 1, 1, 0, 0) })
    const { body } = await crm.call('GET', `/customers/${ada.body['id']}`)
    expect(body).toMatchObject({
      name: 'Ada Lovelace',
      occupation: 'Analyst',
      emails: [{ address: 'ada@example.com' }, { address: 'ada@work.example' }],
      version: 2,
    })
    expect(await work(crm, await upload(crm, file), 'run', settings)).toMatchObject({ counts: counted(2, 0, 0, 2, 0) })
    const byPhone = { mapping: { Name: 'name', Tel: 'phone' }, mode: 'update', by: 'phone' }
    const missing = await work(crm, await upload(crm, 'Name,Tel\nNobody,+4917612345678\n'), 'run', byPhone)
    expect(missing).toMatchObject({ counts: counted(1, 0, 0, 0, 1) })
  })

  test.runIf(countsUnits)(
    'costs what its records cost: no read for a new customer, a few units for the whole file beside them',
    async () => {
      const spent = async (rows: number, settings: object): Promise<{ reads: number; writes: number }> => {
        const lines = Array.from({ length: rows }, (_, n) => `Cost ${n},cost${n}@example.com,+4930${10_000_000 + n}`)
        const id = await upload(crm, `Name,Mail,Tel\n${lines.join('\n')}\n`)
        crm.spent.length = 0
        await work(crm, id, 'run', { mapping: { Name: 'name', Mail: 'email', Tel: 'phone' }, ...settings })
        const sum = (of: 'readUnits' | 'writeUnits') => crm.spent.reduce((total, one) => total + one[of], 0)
        return { reads: sum('readUnits'), writes: sum('writeUnits') }
      }
      const made = await spent(200, {})
      // Record, two sentinels, each in a transaction, and the list's index: 7. Start, claim, progress and reads of them besides.
      expect(made.writes / 200).toBeLessThan(7.2)
      expect(made.reads / 200).toBeLessThan(0.2)
      // A look-up and the file; the same already writes nothing, and one more read says no earlier run wrote it.
      const same = await spent(200, { mode: 'upsert', by: 'email' })
      expect(same.writes / 200).toBeLessThan(0.2)
      expect(same.reads / 200).toBeLessThan(3.2)
    },
  )

  test('undo takes away what it made, puts back what it changed, and leaves and reports what people worked on since', async () => {
    const old = await crm.call('POST', '/customers', {
      body: { name: 'Old', occupation: 'Cook', emails: [{ address: 'old@example.com' }] },
    })
    const half = await crm.call('POST', '/customers', { body: { name: 'Half', emails: [{ address: 'half@example.com' }] } })
    const file =
      'Name,Mail,Job\nOlder,old@example.com,Chef\nHalved,half@example.com,Smith\nNew,new@example.com,\nUsed,used@example.com,\nEdited,edited@example.com,\n'
    const id = await upload(crm, file)
    await work(crm, id, 'run', { mapping: { Name: 'name', Mail: 'email', Job: 'occupation' }, mode: 'upsert', by: 'email' })
    const idOf = async (name: string) => (await crm.call('GET', `/customers?name=${name}`)).body['items'][0].id
    await crm.call('PATCH', `/customers/${half.body['id']}`, { ifMatch: 2, body: { name: 'Mine now' } })
    await crm.call('PATCH', `/customers/${await idOf('edited')}`, { ifMatch: 1, body: { notes: 'called' } })
    await crm.call('POST', `/customers/${await idOf('used')}/interactions`, { body: { kind: 'call' } })
    await settle(crm)
    const undone = await work(crm, id, 'undo')
    expect(undone).toMatchObject({ state: 'undone', undone: { removed: 1, restored: 1, left: 3 } })
    expect(await reportOf(crm, id)).toEqual(['3 name changed_since', '5  in_use', '6  changed_since'])
    expect((await crm.call('GET', `/customers/${old.body['id']}`)).body).toMatchObject({ name: 'Old', occupation: 'Cook' })
    const { body } = await crm.call('GET', `/customers/${half.body['id']}`)
    expect(body).toMatchObject({ name: 'Mine now' })
    expect(body).not.toHaveProperty('occupation')
    expect(await names(crm)).toEqual(['Edited', 'Mine now', 'Old', 'Used'])
    expect((await crm.call('POST', '/customers', { body: { name: 'Again', emails: [{ address: 'new@example.com' }] } })).status).toBe(201)
  })

  test('what an undo took away is gone from the table a while later, log and all', async () => {
    const id = await upload(crm, people)
    const before = (await crm.table.scan({ limit: 1000 })).items.length
    await work(crm, id, 'run', { mapping })
    await settle(crm)
    await work(crm, id, 'undo')
    await settle(crm)
    crm.clock.now = '2026-11-22T10:00:00.000Z'
    await runJob(crm, 'imports')
    const { items } = await crm.table.scan({ limit: 1000 })
    expect(items.filter((item) => String(item['pk']).startsWith('customer#') || String(item['pk']).startsWith('unique#'))).toEqual([])
    expect(before).toBeGreaterThan(0)
  })

  test('halts when asked, goes on where it was, and stays halted until then', async () => {
    const rows = Array.from({ length: 1_200 }, (_, n) => `Person ${n},p${n}@example.com`)
    const id = await upload(crm, `Name,Email\n${rows.join('\n')}\n`)
    await crm.call('POST', `/imports/${id}/run`, { body: { mapping: { Name: 'name', Email: 'email' } } })
    expect((await crm.call('POST', `/imports/${id}/pause`)).body['state']).toBe('pausing')
    await runJob(crm, 'imports')
    expect((await crm.call('GET', `/imports/${id}`)).body).toMatchObject({ state: 'paused', counts: counted(0, 0, 0, 0, 0) })
    await runJob(crm, 'imports')
    expect((await crm.call('POST', `/imports/${id}/undo`)).status).toBe(409)
    await crm.call('POST', `/imports/${id}/resume`)
    await runJob(crm, 'imports')
    expect((await crm.call('GET', `/imports/${id}`)).body).toMatchObject({ state: 'done', counts: counted(1_200, 1_200, 0, 0, 0) })
    expect((await crm.call('POST', `/imports/${id}/resume`)).body['code']).toBe('import.not_possible_now')
  })

  test.each(['pause', 'cancel'])('asked to %s while rows are being written, it counts those and halts', async (what) => {
    let written = 0
    let id = ''
    const asked: { call?: Promise<unknown> } = {}
    const through = (table: Table): Table => ({
      ...table,
      writeAll: async (some, token) => {
        const done = await table.writeAll(some, token)
        written += some.length
        if (written >= 500 && !asked.call) asked.call = other.call('POST', `/imports/${id}/${what}`)
        return done
      },
    })
    const other = await startCrm({ through })
    const rows = Array.from({ length: 1_600 }, (_, n) => `Person ${n},p${n}@example.com`)
    id = await upload(other, `Name,Email\n${rows.join('\n')}\n`)
    await other.call('POST', `/imports/${id}/run`, { body: { mapping: { Name: 'name', Email: 'email' } } })
    await runJob(other, 'imports')
    await asked.call
    const { body } = await other.call('GET', `/imports/${id}`)
    expect(body['state']).toBe(what === 'pause' ? 'paused' : 'cancelled')
    expect(body['counts'].created).toBeLessThan(1_600)
    const { items } = await other.table.scan({ limit: 10_000 })
    expect(items.filter(({ pk, sk }) => String(pk).startsWith('customer#') && sk === '!customer')).toHaveLength(body['counts'].created)
  })

  test('cancelled, it writes no more, drops the file, and what it wrote can be undone', async () => {
    const id = await upload(crm, people)
    await crm.call('POST', `/imports/${id}/run`, { body: { mapping } })
    expect((await crm.call('POST', `/imports/${id}/cancel`)).body['state']).toBe('cancelling')
    await runJob(crm, 'imports')
    expect((await crm.call('GET', `/imports/${id}`)).body).toMatchObject({ state: 'cancelled' })
    expect(crm.files.kept.size).toBe(0)
    expect(await names(crm)).toEqual([])
  })

  test('two imports of the same file at once make every customer once', async () => {
    const ids = await Promise.all([upload(crm, people), upload(crm, people)])
    for (const id of ids) await crm.call('POST', `/imports/${id}/run`, { body: { mapping, mode: 'upsert', by: 'email' } })
    await Promise.all([runJob(crm, 'imports'), runJob(crm, 'imports')])
    const sums = await Promise.all(ids.map(async (id) => (await crm.call('GET', `/imports/${id}`)).body['counts']))
    expect(sums[0].created + sums[1].created).toBe(2)
    expect(sums.map((one) => one.rows)).toEqual([2, 2])
    expect(sums.every((one) => one.rows === one.created + one.updated + one.skipped + one.failed)).toBe(true)
    expect(await names(crm)).toEqual(['Ada Lovelace', 'Grace Hopper'])
  })

  test('of a team’s lead stays within the team', async () => {
    const others = await crm.call('POST', '/customers', { body: { name: 'Not theirs', emails: [{ address: 'far@example.com' }] } })
    const file = 'Name,Mail\nChanged,far@example.com\nNear,near@example.com\n'
    const id = await upload(crm, file, { as: 'manager' })
    const done = await work(crm, id, 'run', { mapping: { Name: 'name', Mail: 'email' }, mode: 'upsert', by: 'email' }, 'manager')
    expect(done).toMatchObject({ counts: counted(2, 1, 0, 0, 1) })
    expect((await crm.call('GET', `/customers/${others.body['id']}`)).body['name']).toBe('Not theirs')
    expect((await crm.call('GET', `/imports/${id}`, { as: 'usr_someoneelse00000000:manager' })).status).toBe(404)
    expect((await crm.call('POST', '/imports', { as: 'sales', body: { name: 'a.csv', kind: 'customers', bytes: 1 } })).status).toBe(403)
  })
})

test('a row that names a file by the id it had before it was merged changes the survivor, and is undone there', async () => {
  const open = async (name: string) => String((await crm.call('POST', '/customers', { body: { name } })).body['id'])
  const [survivor, absorbed] = [await open('Stays'), await open('Goes')]
  await crm.call('POST', `/customers/${survivor}/merge`, { as: 'admin', body: { absorb: absorbed } })
  const id = await upload(crm, `id,occupation\n${absorbed},Weaver\n${absorbed},Spinner\n`)
  const done = await work(crm, id, 'run', { mapping: { id: 'id', occupation: 'occupation' }, mode: 'update', by: 'id' })
  expect(done, JSON.stringify(done)).toMatchObject({ state: 'done', counts: { updated: 2, failed: 0 } })
  const occupation = async () => (await crm.call('GET', `/customers/${absorbed}`)).body['occupation']
  expect(await occupation()).toBe('Spinner')
  expect(await work(crm, id, 'undo')).toMatchObject({ state: 'undone' })
})
