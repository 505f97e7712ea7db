import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildClient } from '../../infra/client.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { serve, type Served } from '../support/serve.ts'
import { runJob, settle } from '../support/stream.ts'

const out = mkdtempSync(join(tmpdir(), 'crm-cli-'))
const home = join(out, 'home')
beforeAll(() => void buildClient(join(out, 'client')))
afterAll(() => rmSync(out, { recursive: true, force: true }))

let crm: Crm
let served: Served
beforeEach(async () => {
  rmSync(home, { recursive: true, force: true })
  crm = await startCrm()
  served = await serve(crm)
  return () => served.stop()
})

interface Ran {
  code: number | null
  out: string
  err: string
}

/** Runs the built command as a person would, signed in as admin unless the environment says otherwise. */
function run(line: string[], how: { env?: Record<string, string>; until?: (out: string) => boolean } = {}): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', XDG_CONFIG_HOME: home, CRM_URL: served.url, CRM_TOKEN: 'admin', ...how.env }
  const child = spawn(process.execPath, [join(out, 'client/cli.js'), ...line], { env })
  const ran: Ran = { code: null, out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    ran.out += chunk.toString()
    if (how.until?.(ran.out)) child.kill('SIGINT')
  })
  child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...ran, code })))
}
const names = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { name: string }).name)

describe('crm', () => {
  test('lists, gets and creates, as a table or as JSON', async () => {
    const made = await run(['customers', 'create', '--name', 'Ada', '--data', '{"emails":[{"address":"ada@example.com"}]}', '--json'])
    expect(made, made.err).toMatchObject({ code: 0 })
    const { id } = JSON.parse(made.out) as { id: string }
    for (let nth = 0; nth < 120; nth++) await crm.call('POST', '/customers', { body: { name: `Customer ${String(nth).padStart(3, '0')}` } })
    const some = await run(['customers', 'list', '--limit', '110', '--json'])
    expect(names(some.out)).toHaveLength(110)
    expect(names(some.out)[0]).toBe('Ada')
    const table = await run(['customers', 'list', '--limit', '2', '--columns', 'id,name'])
    expect(table.out.split('\n').map((line) => line.split(/\s{2,}/))).toEqual([
      ['id', 'name'],
      [id, 'Ada'],
      [expect.any(String), 'Customer 000'],
      [''],
    ])
    expect((await run(['customers', 'get', id])).out).toContain('name: Ada\n')
  })

  test('calls any operation, and changes by version', async () => {
    const { body } = await crm.call('POST', '/customers', { body: { name: 'Ada' } })
    const changed = await run([
      'call',
      'customer.change',
      '--id',
      String(body['id']),
      '--occupation',
      'Analyst',
      '--if-match',
      '1',
      '--json',
    ])
    expect(JSON.parse(changed.out)).toMatchObject({ occupation: 'Analyst', version: 2 })
    expect((await run(['operations'])).out).toContain('deal.win')
  })

  test('exports a whole list as CSV that no spreadsheet runs, or as JSON lines', async () => {
    for (let nth = 0; nth < 105; nth++)
      await crm.call('POST', '/customers', { body: { name: nth === 0 ? '=1+1, "x"' : `Customer ${nth}` } })
    const file = join(out, 'customers.csv')
    const saved = await run(['export', 'customers', '--out', file])
    expect(saved).toMatchObject({ code: 0, out: '' })
    expect(saved.err).toContain('105 rows')
    const text = readFileSync(file, 'utf8')
    expect(text.split('\r\n')).toHaveLength(107)
    expect(text).toContain(`"'=1+1, ""x"""`)
    expect(names((await run(['export', 'customers', '--json'])).out)).toHaveLength(105)
  })

  test('shows events, and follows them until it is stopped', async () => {
    await crm.call('POST', '/customers', { body: { name: 'Ada' } })
    await settle(crm)
    const once = await run(['events', '--type', 'customer.*'])
    expect(once.out).toMatch(/customer\.created +cus_\w+ +usr_admin/)
    const place = /--after (\S+)/.exec(once.err)?.[1] ?? ''
    expect((await run(['events', '--after', place])).out).toBe('')
    const followed = await run(['events', '--follow', '--after', '1.0', '--json'], { until: (text) => text.includes('\n') })
    expect(followed.code).toBe(130)
    expect(JSON.parse(followed.out)).toMatchObject({ type: 'customer.created' })
  })

  test('finds', async () => {
    await crm.call('POST', '/customers', { body: { name: 'Ada Lovelace' } })
    await settle(crm)
    expect((await run(['search', 'lovelace', 'ada'])).out).toContain('Ada Lovelace')
    expect((await run(['search', 'nobody', 'here', '--json'])).out).toBe('')
  })

  test('imports a file: tries it first, then for good, and says what was refused', async () => {
    const file = join(out, 'people.csv')
    writeFileSync(file, 'Name,E-mail\nAda Lovelace,ada@example.com\nGrace Hopper,grace@example.com\nNobody,not an address\n')
    let waiting = true
    const background = (async () => {
      while (waiting) {
        await runJob(crm, 'imports', { failing: true })
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    })()
    const dry = await run(['customers', 'import', file, '--dry-run'])
    expect(dry, dry.err).toMatchObject({ code: 7 })
    expect(dry.err).toContain('3 rows: 2 would be created, 0 updated, 0 skipped, 1 failed')
    expect((await crm.call('GET', '/customers')).body['items']).toEqual([])
    const done = await run(['customers', 'import', file])
    waiting = false
    await background
    expect(done, done.err).toMatchObject({ code: 7 })
    expect(done.err).toMatch(/mapping: .*E-mail → email/)
    expect(done.err).toContain('3 rows: 2 created, 0 updated, 0 skipped, 1 failed')
    const report = await fetch(/What was refused: (\S+)/.exec(done.out)?.[1] ?? '')
    expect(await report.text()).toContain('4,E-mail,invalid_format')
    expect((await crm.call('GET', '/customers')).body['items']).toHaveLength(2)
  })

  test.each([
    [['customers', 'get', `cus_${'0'.repeat(20)}`], {}, 4, 'There is no customer'],
    [['customers', 'create', '--nam', 'Ada'], {}, 1, 'nam: There is no such field.'],
    [['customers', 'list', '--colour', 'red'], {}, 1, 'colour'],
    [['customers', 'list'], { CRM_TOKEN: 'nobody' }, 3, 'permission'],
    [['customers', 'list'], { CRM_TOKEN: '' }, 3, 'Not signed in'],
    [['customers', 'list'], { CRM_URL: '' }, 2, 'CRM_URL'],
    [['customers', 'list', '--limit', 'many'], {}, 2, '--limit'],
    [['customers', 'dance'], {}, 2, 'no command'],
    [['customers', 'get'], {}, 2, 'which'],
    [['call', 'customer.nothing'], {}, 2, 'no operation'],
    [['call', 'customer.create', '--data', '{'], {}, 2, '--data'],
    [['events', '--color', 'red'], {}, 2, '--color'],
    [['customers', 'import', '/nowhere.csv'], {}, 2, 'no file'],
    [[], {}, 2, ''],
  ])('says what is wrong: %j %j ends with %i', async (line, env, code, text) => {
    const ran = await run(line, { env })
    expect(ran.code, ran.err).toBe(code)
    expect(ran.err).toContain(text)
    expect(ran.err).not.toContain('    at ')
  })

  test('says that it cannot reach anything', async () => {
    const ran = await run(['call', 'customer.show', '--id', 'cus_1'], { env: { CRM_URL: 'http://127.0.0.1:9' } })
    expect(ran).toMatchObject({ code: 6 })
    expect(ran.err).toContain('cannot be reached')
  }, 30_000)
})

describe('signing in', () => {
  test('is kept for this person alone, and not sent elsewhere', async () => {
    expect(await run(['login'])).toMatchObject({ code: 0 })
    const file = join(home, 'crm/session.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const without = { CRM_URL: '', CRM_TOKEN: '' }
    expect(await run(['customers', 'list'], { env: without })).toMatchObject({ code: 0 })
    served.seen.length = 0
    expect(await run(['customers', 'list'], { env: { CRM_URL: `${served.url}/other`, CRM_TOKEN: '' } })).toMatchObject({ code: 3 })
    expect(served.seen).toEqual([])
    expect(await run(['logout'])).toMatchObject({ code: 0 })
    expect(existsSync(file)).toBe(false)
    expect(await run(['login'], { env: without })).toMatchObject({ code: 2 })
  })

  test('works for a machine, by client credentials', async () => {
    const asked: string[] = []
    const issuer = createServer((request, response) => {
      asked.push(`${request.method} ${request.headers.authorization}`)
      response.setHeader('content-type', 'application/json')
      if (!request.headers.authorization?.includes(Buffer.from('shop:secret').toString('base64')))
        response.writeHead(401).end('{"error":"invalid_client"}')
      else response.end('{"access_token":"integration","token_type":"Bearer"}')
    })
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
    const machine = {
      CRM_TOKEN: '',
      CRM_TOKEN_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`,
      CRM_CLIENT_ID: 'shop',
      CRM_CLIENT_SECRET: 'secret',
    }
    expect(await run(['customers', 'list'], { env: machine })).toMatchObject({ code: 0 })
    expect(served.seen.at(-1)?.as).toBe('integration')
    expect(asked).toHaveLength(1)
    const refused = await run(['customers', 'list'], { env: { ...machine, CRM_CLIENT_SECRET: 'wrong' } })
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('invalid_client') })
    issuer.close()
  })
})
