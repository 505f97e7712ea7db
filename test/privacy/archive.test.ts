import { strFromU8, unzipSync } from 'fflate'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

const post = async (path: string, body: object, as = 'admin') => (await crm.call('POST', path, { as, body })).body

describe('everything about one person', () => {
  test('is one archive: a file for each kind of record, the events, the person’s own files', async () => {
    const { id } = await post('/customers', { name: 'Ada 王', emails: [{ address: 'ada@example.com' }] })
    for (let day = 10; day < 20; day++)
      await post(`/customers/${id}/purchases`, {
        orderId: { system: 'shop', id: `o-${day}` },
        at: `2026-11-${day}T10:00:00Z`,
        amount: { amount: 5, currency: 'USD' },
      })
    await post('/customers', { name: 'Someone else' })
    const picture = Buffer.from([0, 255, 1, 254])
    await crm.files.write(`file/${id.slice(4)}/photo.png`, picture, 'image/png')
    await settle(crm)
    const asked = await post(`/customers/${id}/archives`, {}, 'manager')
    expect(asked).toMatchObject({ status: 404 })
    const { id: archiveId, state } = await post(`/customers/${id}/archives`, {})
    expect(state).toBe('making')
    expect((await crm.call('GET', `/archives/${archiveId}`, { as: 'admin' })).body['url']).toBeUndefined()
    await runJob(crm, 'archives')
    const { url, records, bytes } = (await crm.call('GET', `/archives/${archiveId}`, { as: 'admin' })).body
    const zip = crm.files.get(url)
    expect(zip.length).toBe(bytes)
    const files = unzipSync(zip)
    const read = (name: string) => JSON.parse(strFromU8(files[`${id}/${name}.json`] ?? new Uint8Array()))
    expect(read('customer')).toMatchObject([{ id, name: 'Ada 王' }])
    expect(read('purchase')).toHaveLength(10)
    expect(read('events').length).toBeGreaterThan(10)
    expect(files[`${id}/files/photo.png`]).toEqual(Uint8Array.from(picture))
    const all = Object.keys(files).filter((name) => name.endsWith('.json'))
    expect(all.reduce((sum, name) => sum + JSON.parse(strFromU8(files[name] ?? new Uint8Array())).length, 0)).toBe(records)
    expect(JSON.stringify(all.map((name) => strFromU8(files[name] ?? new Uint8Array())))).not.toContain('Someone else')
    opensElsewhere(zip)
  })

  test('is made of the survivor, when they were merged since it was asked for', async () => {
    const [{ id }, { id: survivor }] = [await post('/customers', { name: 'Soon merged' }), await post('/customers', { name: 'Who stays' })]
    const { id: archiveId } = await post(`/customers/${id}/archives`, {})
    await post(`/customers/${survivor}/merge`, { absorb: id })
    await runJob(crm, 'archives')
    const { url } = (await crm.call('GET', `/archives/${archiveId}`, { as: 'admin' })).body
    expect(Object.keys(unzipSync(crm.files.get(url)))).toEqual(expect.arrayContaining([`${id}/customer.json`, `${survivor}/customer.json`]))
  })

  test('is written in parts when it is long, and read by who may export alone', async () => {
    const { id } = await post('/customers', { name: 'Long' })
    const noise = Buffer.alloc(12 * 1024 * 1024)
    for (let at = 0; at < noise.length; at += 4) noise.writeUInt32LE((at * 2_654_435_761) % 4_294_967_291, at)
    await crm.files.write(`file/${id.slice(4)}/film.bin`, noise, 'video/mp4')
    const { id: archiveId } = await post(`/customers/${id}/archives`, {})
    await runJob(crm, 'archives')
    const { url } = (await crm.call('GET', `/archives/${archiveId}`, { as: 'admin' })).body
    expect(Buffer.from(unzipSync(crm.files.get(url))[`${id}/files/film.bin`] ?? []).equals(noise)).toBe(true)
    expect(crm.files.open.size).toBe(0)
    expect((await crm.call('GET', `/archives/${archiveId}`, { as: 'viewer' })).status).toBe(403)
  })
})

/** What others read of it: Python's zipfile checks every entry's checksum. */
function opensElsewhere(zip: Uint8Array): void {
  const folder = mkdtempSync(join(tmpdir(), 'crm-zip-'))
  try {
    writeFileSync(join(folder, 'a.zip'), zip)
    const { status, stdout } = spawnSync('python3', ['-m', 'zipfile', '-t', join(folder, 'a.zip')], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'Done testing\n' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
