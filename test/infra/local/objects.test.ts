import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FileMissing, LEAST_PART, type Files } from '../../../domain/kernel/files.ts'
import { bucketFiles } from '../../../functions/files.ts'
import { startQueueServer, type QueueServer } from '../../../infra/local/queue/server.ts'
import { memoryFiles } from '../../support/files.ts'

const folder = mkdtempSync(join(tmpdir(), 'crm-objects-'))
const page = 'http://localhost:5173'
const buckets = [
  {
    name: 'files',
    cors: { origins: [page], methods: ['GET', 'PUT'], headers: ['content-type'], exposed: ['etag'], credentials: false, maxAgeSeconds: 60 },
  },
]
let server: QueueServer

const start = async (): Promise<void> => {
  server = await startQueueServer(folder)
  server.prepare([], buckets)
}
const bucket = (): Files =>
  bucketFiles({
    bucket: 'files',
    region: 'us-east-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const large = (letter: string, bytes: number): Uint8Array => Buffer.alloc(bytes, letter)

beforeAll(start)
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const inMemory = memoryFiles()

describe.each([
  ['the bucket', bucket],
  ['files in memory', () => inMemory],
])('%s', (_, files) => {
  test('gives back what was written, and any stretch of it', async () => {
    await files().write('a/one.txt', 'hello', 'text/plain')
    expect(await files().head('a/one.txt')).toEqual({ bytes: 5, etag: expect.stringMatching(/^".+"$/) })
    expect(text(await files().read('a/one.txt', 1, 3))).toBe('el')
    expect(text(await files().read('a/one.txt', 3, 99))).toBe('lo')
    expect(await files().read('a/one.txt', 5, 9)).toHaveLength(0)
    expect(await files().read('a/one.txt', 2, 2)).toHaveLength(0)
  })

  test('tells what is not there from what is no longer the same', async () => {
    expect(await files().head('a/none')).toBeUndefined()
    await expect(files().read('a/none', 0, 1)).rejects.toThrow(FileMissing)
    await files().write('a/two', 'first', 'text/plain')
    const etag = (await files().head('a/two'))?.etag
    expect(text(await files().read('a/two', 0, 9, etag))).toBe('first')
    await files().write('a/two', 'other', 'text/plain')
    await expect(files().read('a/two', 0, 9, etag)).rejects.toThrow(FileMissing)
  })

  test('makes one file of parts, a part sent twice counting once, and completing it twice changing nothing', async () => {
    const upload = await files().begin('b/parts', 'text/csv')
    await files().part('b/parts', upload, 1, large('x', LEAST_PART))
    const tags = [
      await files().part('b/parts', upload, 1, large('y', LEAST_PART)),
      await files().part('b/parts', upload, 2, Buffer.from('the end')),
    ]
    expect(await files().head('b/parts')).toBeUndefined()
    await files().complete('b/parts', upload, tags)
    await files().complete('b/parts', upload, tags)
    expect((await files().head('b/parts'))?.bytes).toBe(LEAST_PART + 7)
    expect(text(await files().read('b/parts', LEAST_PART - 1, LEAST_PART + 7))).toBe('ythe end')
  })

  test('forgets what was given up', async () => {
    const upload = await files().begin('b/given-up', 'text/csv')
    await files().abandon('b/given-up', upload)
    await files().abandon('b/given-up', upload)
    await expect(files().part('b/given-up', upload, 1, Buffer.from('late'))).rejects.toThrow(FileMissing)
    await expect(files().complete('b/given-up', upload, ['"tag"'])).rejects.toThrow(FileMissing)
  })

  test('lists the keys under a prefix, and no more what was removed', async () => {
    for (const name of ['c/2', 'c/1', 'd/1']) await files().write(name, name, 'text/plain')
    expect((await files().list('c/')).keys).toEqual(['c/1', 'c/2'])
    await files().remove('c/1')
    await files().remove('c/1')
    expect((await files().list('c/')).keys).toEqual(['c/2'])
    expect(await files().head('c/1')).toBeUndefined()
  })
})

describe('a signed link', () => {
  test('takes one file of the promised size and type from a browser on another page', async () => {
    const body = large('a', 12 * 1024 * 1024)
    const url = await bucket().uploadUrl('up/import.csv', { type: 'text/csv', bytes: body.length, seconds: 60 })
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host')
    expect(url).not.toContain('checksum')
    const asked = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: page, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' },
    })
    expect(asked.headers.get('access-control-allow-origin')).toBe(page)
    expect(asked.headers.get('access-control-allow-methods')).toBe('GET,PUT')
    const put = await fetch(url, { method: 'PUT', headers: { origin: page, 'content-type': 'text/csv' }, body })
    expect(put.status).toBe(200)
    expect(put.headers.get('access-control-allow-origin')).toBe(page)
    expect((await bucket().head('up/import.csv'))?.bytes).toBe(body.length)
  })

  test('says nothing to a page that is not listed', async () => {
    const url = await bucket().uploadUrl('up/other.csv', { type: 'text/csv', bytes: 1, seconds: 60 })
    const asked = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.test', 'access-control-request-method': 'PUT' },
    })
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('saves a download under its name in any script', async () => {
    await bucket().write('down/1', 'id\n', 'text/csv')
    const got = await fetch(await bucket().downloadUrl('down/1', { name: '客戶.csv', seconds: 60 }))
    expect(await got.text()).toBe('id\n')
    expect(got.headers.get('content-disposition')).toBe(`attachment; filename="__.csv"; filename*=UTF-8''${encodeURIComponent('客戶.csv')}`)
  })

  test('finds its file after the local run was started again', async () => {
    await bucket().write('kept/1', 'still here', 'text/plain')
    await server.stop()
    await start()
    expect(text(await bucket().read('kept/1', 0, 99))).toBe('still here')
  })
})
