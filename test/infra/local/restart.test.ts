import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { Complaint } from '../../../infra/local/complaint.ts'
import { object, parse, text } from '../../../infra/local/json.ts'
import { startLocal } from '../../../infra/local/local.ts'
import { sampleAssembly, synthesisMs } from './fixture/assembly.ts'
import { newFolder, startRun } from './fixture/run.ts'

let folder = ''
beforeAll(() => void sampleAssembly(), synthesisMs)
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what was written, who may sign in and where the stream stood survive a restart', async () => {
  folder = newFolder()
  const first = await startRun(folder)
  await first.note('kept')
  const token = await first.local.token('sales')
  await first.local.stop()
  const second = await startRun(folder)
  await second.local.idle()
  expect(await second.item('kept', 'note')).toBeDefined()
  expect(await second.item('kept', 'reacted')).toBeDefined()
  expect(second.local.specification.secrets).toEqual(first.local.specification.secrets)
  // The issuer's address holds the port, which differs here; its key does not.
  const key = async (url: string) => (await fetch(`${url}/.well-known/jwks.json`)).text()
  expect(await key(second.local.issuer)).toContain(
    text(object(parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()))['kid']),
  )
  await second.end()
})

test('a second run on the same data, a taken port and broken data are each told in one line', async () => {
  folder = newFolder()
  const run = await startRun(folder)
  const again = (options: { port?: number; dataDir?: string }) =>
    startLocal({ port: 0, dataDir: folder, assembly: sampleAssembly(), ...options })
  await expect(again({})).rejects.toThrow(/Another run uses the data/)
  const other = newFolder()
  await expect(again({ port: Number(new URL(run.local.url).port), dataDir: other })).rejects.toThrow(/Port \d+ is in use/)
  await run.local.stop()
  writeFileSync(join(folder, 'state.db'), 'nothing that SQLite knows, but longer than its header of one hundred bytes'.repeat(10))
  await expect(again({})).rejects.toThrow(Complaint)
  rmSync(other, { recursive: true, force: true })
})

test('kill -9 under load loses no acknowledged write, and every write is still reacted to', async () => {
  folder = newFolder()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixture/serve.ts'), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { url, token } = object(parse(line))
  const acknowledged: string[] = []
  const write = async (id: string): Promise<void> => {
    const headers = { authorization: `Bearer ${text(token)}`, 'content-type': 'application/json' }
    const answer = await fetch(`${text(url)}/v1/notes`, { method: 'POST', headers, body: JSON.stringify({ id }) })
    if (answer.status === 201) acknowledged.push(id)
  }
  const writer = async (name: string): Promise<void> => {
    for (let i = 0; i < 10_000; i += 1) await write(`${name}${i}`)
  }
  const load = Promise.allSettled(['a', 'b', 'c', 'd'].map(writer))
  while (acknowledged.length < 100) await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill('SIGKILL')
  await load
  const run = await startRun(folder)
  await run.local.idle()
  const lost = await Promise.all(
    acknowledged.map(async (id) => ((await run.item(id, 'note')) && (await run.item(id, 'reacted')) ? [] : [id])),
  )
  expect(lost.flat()).toEqual([])
  await run.end()
}, 60_000)
