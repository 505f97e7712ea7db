import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DeleteMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startQueueServer, type QueueServer } from '../../infra/local/queue/server.ts'
import { redrive, type RedriveFacts } from '../../infra/redrive/redrive.ts'

const root = resolve(import.meta.dirname, '../..')
const arnOf = (name: string): string => `arn:aws:sqs:eu-west-1:000000000000:${name}`
const [queue, dead] = ['dev-crm-react', 'dev-crm-react-dead'] as const

let folder = ''
let server: QueueServer
let client: SQSClient
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crm-redrive-'))
  server = await startQueueServer(folder)
  const settings = { endpoint: server.url, region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
  client = new SQSClient(settings)
  const specs = [queue, dead].map((name) => ({ name, arn: arnOf(name), url: `${server.url}/000000000000/${name}`, attributes: {} }))
  server.prepare(specs, [])
})
afterAll(async () => {
  client.destroy()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Everything on a queue, taken off it. */
async function emptied(name: string): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const messages = await server.receive(arnOf(name), 10, 0)
    if (messages.length === 0) return bodies
    server.remove(
      arnOf(name),
      messages.map(({ handle }) => handle),
    )
    bodies.push(...messages.map(({ body }) => body))
  }
}
beforeEach(async () => void (await Promise.all([queue, dead].map(emptied))))

const bodyOf = (n: number): string => JSON.stringify({ detail: { id: `dea_${n}.2`, type: 'deal.won', data: { note: 'Kanary' } } })
const setAside = (count: number): void => {
  for (let n = 0; n < count; n++) server.send(arnOf(dead), bodyOf(n))
}
const facts: RedriveFacts = { stage: 'dev', queue: 'react', rate: 1_000, most: 1_000_000, dryRun: false }

describe('putting back what was set aside', () => {
  test('moves every message, unchanged and in order, and leaves nothing behind', async () => {
    setAside(25)
    expect(await redrive(client, facts, () => {})).toEqual({ moved: 25, left: 0 })
    expect(await emptied(queue)).toEqual(Array.from({ length: 25 }, (_, n) => bodyOf(n)))
    expect(await emptied(dead)).toEqual([])
  })

  test('a dry run moves none and tells what they are about, by ids alone', async () => {
    setAside(7)
    const said: string[] = []
    expect(await redrive(client, { ...facts, dryRun: true }, (line) => said.push(line))).toEqual({ moved: 0, left: 7 })
    expect(said.join('\n')).toContain('deal.won dea_0.2')
    expect(said.join('\n')).not.toContain('Kanary')
    expect(await emptied(dead)).toHaveLength(7)
    expect(await emptied(queue)).toEqual([])
  })

  test('keeps to its rate and to the number asked for', async () => {
    setAside(12)
    const began = performance.now()
    expect(await redrive(client, { ...facts, rate: 20, most: 8 }, () => {})).toEqual({ moved: 8, left: 4 })
    expect(performance.now() - began).toBeGreaterThan(350)
    expect(await emptied(queue)).toHaveLength(8)
  })

  test('loses nothing when it dies between the two steps', async () => {
    setAside(3)
    const dying = new Proxy(client, {
      get: (of, name) =>
        name === 'send'
          ? (command: object) => (command instanceof DeleteMessageCommand ? Promise.reject(new Error('killed')) : of.send(command as never))
          : Reflect.get(of, name),
    })
    await expect(redrive(dying, facts, () => {})).rejects.toThrow('killed')
    const [again, still] = [await emptied(queue), await emptied(dead)]
    expect(again).toEqual([bodyOf(0)])
    // The one under way is out of sight for a minute, not gone.
    expect(still.length + server.backlog(arnOf(dead))).toBe(3)
  })

  test('names the queue that is not there', async () => {
    await expect(redrive(client, { ...facts, stage: 'prod' }, () => {})).rejects.toThrow(/queue/i)
  })
})

describe('the command', () => {
  const run = (...given: string[]) => spawnSync(process.execPath, ['infra/redrive.ts', ...given], { cwd: root, encoding: 'utf8' })

  test.each([
    [['--queue', 'project', '--stage', 'dev'], 'stream-dead.md'],
    [['--queue', 'other', '--stage', 'dev'], 'There is no queue other'],
    [['--queue', 'react'], 'Give --stage or --local'],
    [['--queue', 'react', '--stage', 'nowhere'], 'There is no stage nowhere'],
    [['--queue', 'react', '--local', 'http://127.0.0.1:9'], 'No local run answers'],
  ])('%j says what is wrong and how it is used', (given, says) => {
    const { status, stderr } = run(...given)
    expect(status).toBe(2)
    expect(stderr).toContain(says)
    expect(stderr).toContain('Use: npm run redrive')
  })
})
