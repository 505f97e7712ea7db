import { beforeAll, describe, expect, test } from 'vitest'
import type { Item } from '../../domain/kernel/table/table.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'
import { upload, work } from '../support/transfer.ts'

/** In every text about the person, so that a scan finds it wherever it went. */
const CANARY = 'zqcanaryqz'
const EMAIL = `${CANARY}@example.com`
const MAPPING = { name: 'name', email: 'email', birthday: 'birthday' }

let crm: Crm
/** Called once, before the next write that names the person. */
let before: (() => Promise<void>) | undefined

beforeAll(async () => {
  crm = await startCrm({
    through: (table) => ({
      get: table.get.bind(table),
      getAll: table.getAll.bind(table),
      query: table.query.bind(table),
      scan: table.scan.bind(table),
      write: table.write.bind(table),
      writeEach: table.writeEach.bind(table),
      async writeAll(writes, token) {
        const first = before
        if (first && JSON.stringify(writes).includes(CANARY)) {
          before = undefined
          await first()
        }
        return table.writeAll(writes, token)
      },
    }),
  })
})

async function post(path: string, body: object) {
  const answer = await crm.call('POST', path, { as: 'admin', body })
  if (answer.status > 299) throw new Error(`${path} ${JSON.stringify(answer.body)}`)
  return answer.body
}
const get = (path: string) => crm.call('GET', path, { as: 'admin' })

/** Every store, byte by byte: items, files, and parts of files that are not whole yet. */
async function traces(): Promise<string[]> {
  const found: string[] = []
  let after: Item | undefined
  do {
    const page = await crm.table.scan({ limit: 500, ...(after && { after }) })
    for (const item of page.items) if (has(JSON.stringify(item))) found.push(`${String(item['pk'])} ${String(item['sk'])}`)
    after = page.last
  } while (after)
  for (const [key, body] of crm.files.kept) if (has(key + Buffer.from(body).toString('latin1'))) found.push(key)
  for (const [id, parts] of crm.files.open)
    for (const part of (parts as Map<number, Uint8Array>).values()) if (has(Buffer.from(part).toString('latin1'))) found.push(id)
  return found
}
const has = (text: string): boolean => text.toLowerCase().includes(CANARY)

async function erase(id: string): Promise<string> {
  const { token } = await post(`/customers/${id}/erase`, {})
  return (await post(`/customers/${id}/erase`, { token, reason: 'request' })).erasureId
}

async function finished(erasureId: string): Promise<void> {
  for (let rounds = 0; rounds < 5; rounds++) {
    await runJob(crm, 'erasures')
    await settle(crm)
    crm.clock.now = new Date(Date.parse(crm.clock.now) + 21 * 60_000).toISOString()
  }
  expect((await get(`/erasures/${erasureId}`)).body).toMatchObject({ state: 'done' })
}

const csv = (...rows: string[]): string => ['name,email,birthday', ...rows].join('\n')
const person = `Ada ${CANARY},${EMAIL},`

describe('after an erasure', () => {
  test('no file names the person: imports of every state, their reports, exports, archives of others', async () => {
    const referrer = await post('/customers', { name: 'Grace', emails: [{ address: 'grace@example.com' }] })
    await post(`/customers/${referrer.id}/referrals`, { email: EMAIL, note: `${CANARY} is a friend` })
    const done = await upload(crm, csv(person, `Bad,also@example.com,${CANARY}`, 'Other,other@example.com,'), { name: `Ada-${CANARY}.csv` })
    const refused = await work(crm, done, 'run', { mapping: MAPPING })
    expect(refused).toMatchObject({ state: 'done', counts: { created: 2, failed: 1 } })
    await settle(crm)
    const id = String((await post('/search', { text: EMAIL })).items[0].id)

    const checked = await upload(crm, csv(`Ada ${CANARY},${EMAIL},x${CANARY}`))
    expect(await work(crm, checked, 'check', { mapping: MAPPING })).toMatchObject({ state: 'ready', checked: { failed: 1 } })
    const waiting = await upload(crm, csv(person))
    const empty = await post('/imports', { name: 'later.csv', kind: 'customers', bytes: 40 })
    const running = await upload(crm, csv('First,first@example.com,', person))
    await crm.call('POST', `/imports/${running}/run`, { as: 'admin', body: { mapping: MAPPING, mode: 'upsert', by: 'email' } })
    const headless = await upload(crm, `Ada ${CANARY},${EMAIL}\nBo,bo@example.com\n`)
    await crm.call('POST', `/imports/${headless}/preview`, { as: 'admin', body: {} })
    expect((await crm.call('POST', `/imports/${headless}/cancel`, { as: 'admin' })).status).toBe(200)

    const some = await post('/exports', { what: 'customers' })
    const all = await post('/exports', { what: 'workspace' })
    await runJob(crm, 'exports')
    const going = await post('/exports', { what: 'customers' })
    await crm.files.write(`export/${going.id}/piece/customers.csv/00000000`, person, 'text/plain')
    const archived = await post(`/customers/${referrer.id}/archives`, {})
    await post(`/customers/${id}/archives`, {})
    const bystander = await post('/customers', { name: 'Bystander' })
    const unrelated = await post(`/customers/${bystander.id}/archives`, {})
    await runJob(crm, 'archives')
    await settle(crm)
    const files = (await traces()).filter((place) => !place.includes(' '))
    expect(files.filter((key) => key.startsWith('export/')).length).toBeGreaterThan(4)
    expect(files.filter((key) => key.startsWith('import/')).length).toBeGreaterThan(4)

    const erasureId = await erase(id)
    // What was under way at the moment goes no further.
    expect(await runJob(crm, 'imports')).toMatchObject({ failed: 0 })
    await finished(erasureId)
    expect(await traces()).toEqual([])
    await replay(crm)
    expect(await traces()).toEqual([])

    for (const one of [checked, waiting, running]) {
      const { body } = await get(`/imports/${one}`)
      expect(body).toMatchObject({ state: 'failed', failure: { code: 'file.erased_since' } })
      expect((await crm.call('POST', `/imports/${one}/run`, { as: 'admin', body: { mapping: MAPPING } })).status).toBe(409)
    }
    expect((await get(`/imports/${empty.id}`)).body).toMatchObject({ state: 'waiting' })
    expect((await get(`/imports/${done}`)).body).toMatchObject({ state: 'done', name: 'erased', counts: { created: 2, failed: 1 } })
    expect((await get(`/imports/${done}/report`)).body).toMatchObject({ status: 410, code: 'import.erased_since' })
    for (const one of [some, all, going]) expect((await get(`/exports/${one.id}`)).body).toMatchObject({ code: 'export.erased_since' })
    expect((await get(`/archives/${archived.id}`)).body).toMatchObject({ status: 410, code: 'archive.erased_since' })
    expect((await get(`/archives/${unrelated.id}`)).body).toMatchObject({ state: 'ready', url: expect.any(String) })
    expect((await get('/customers?limit=100')).body['items'].map((one: { name: string }) => one.name)).not.toContain('First')

    // Files of after it are nobody's business, and an undo of before still works.
    const fresh = await post('/exports', { what: 'customers' })
    await runJob(crm, 'exports')
    await finished(erasureId)
    expect((await get(`/exports/${fresh.id}`)).body).toMatchObject({ state: 'done' })
    expect(await work(crm, done, 'undo')).toMatchObject({ state: 'undone', undone: { removed: 2, left: 0 } })
  })

  test('of a company, the archives of all who work there are gone too, however they came to be one file', async () => {
    const { id } = await post('/customers', { kind: 'company', name: `${CANARY} Ltd` })
    const works = await post('/customers', { name: 'Works there' })
    const worked = await post('/customers', { name: 'Worked there by another name' })
    for (const { id: personId } of [works, worked]) await post(`/customers/${id}/contacts`, { personId, role: 'buyer' })
    const into = await post('/customers', { name: 'Whoever that was' })
    await post(`/customers/${into.id}/merge`, { absorb: worked.id, choose: {} })
    const stranger = await post('/customers', { name: 'Stranger' })
    const archives: { id: string }[] = []
    for (const one of [works, into, stranger]) archives.push((await post(`/customers/${one.id}/archives`, {})) as { id: string })
    await runJob(crm, 'archives')
    await settle(crm)
    await finished(await erase(id))
    const states = await Promise.all(archives.map(async (one) => (await get(`/archives/${one.id}`)).body['code'] ?? 'there'))
    expect(states).toEqual(['archive.erased_since', 'archive.erased_since', 'there'])
    expect(await traces()).toEqual([])
  })

  test('a row that was being written at the very moment does not bring the person back', async () => {
    const { id } = await post('/customers', { name: `Ada ${CANARY}`, emails: [{ address: EMAIL }] })
    const late = await upload(crm, csv('Someone,someone@example.com,', person))
    let erasureId = ''
    before = async () => {
      erasureId = await erase(id)
    }
    const { body } = await crm.call('POST', `/imports/${late}/run`, { as: 'admin', body: { mapping: MAPPING } })
    expect(body).toMatchObject({ state: 'running' })
    await runJob(crm, 'imports')
    expect((await traces()).filter((place) => place.endsWith('!customer'))).toHaveLength(1)
    await finished(erasureId)
    expect(await traces()).toEqual([])
    expect((await get('/customers?limit=100')).body['items'].map((one: { name: string }) => one.name)).toContain('Someone')
    expect((await get(`/erasures/${erasureId}`)).body['files']).toHaveLength(2)
  })

  test('an erasure whose process ends while it removes files goes on where it was', async () => {
    const { id } = await post('/customers', { name: `Ada ${CANARY}` })
    for (let times = 0; times < 3; times++) await post('/exports', { what: 'workspace' })
    await runJob(crm, 'exports')
    const erasureId = await erase(id)
    const remove = crm.files.remove.bind(crm.files)
    let left = 5
    crm.files.remove = (key) => (left-- > 0 ? remove(key) : Promise.reject(new Error('the process ends')))
    expect(await runJob(crm, 'erasures', { failing: true })).toMatchObject({ failed: 1 })
    expect((await traces()).length).toBeGreaterThan(0)
    crm.files.remove = remove
    await finished(erasureId)
    expect(await traces()).toEqual([])
  })
})
