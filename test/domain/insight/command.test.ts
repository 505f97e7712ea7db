import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

const ENTRY = fileURLToPath(new URL('../../../infra/insight.ts', import.meta.url))
const CDNOW_FILE = fileURLToPath(new URL('../../data/cdnow_transactions.csv', import.meta.url))
const FOLDER = mkdtempSync(join(tmpdir(), 'insight-'))

afterAll(() => rmSync(FOLDER, { recursive: true }))

function insight(...args: string[]) {
  return spawnSync(process.execPath, [ENTRY, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 })
}

function file(name: string, text: string): string {
  const path = join(FOLDER, name)
  writeFileSync(path, text)
  return path
}

const model = <Names extends string>(...names: Names[]) =>
  z.object({ params: z.record(z.enum(names), z.number()), logLikelihood: z.number() })

const OUTPUT = z.object({
  models: z.object({
    bgnbd: model('r', 'alpha', 'a', 'b'),
    mbgnbd: model('r', 'alpha', 'a', 'b'),
    gammaGamma: model('p', 'q', 'v'),
  }),
  score: z.object({ kind: z.enum(['pAny', 'regular', 'learned']), why: z.string().min(20) }),
  customers: z.array(
    z.object({
      id: z.string(),
      x: z.int(),
      tx: z.number(),
      T: z.number(),
      meanSpend: z.number(),
      pAlive: z.number().min(0).max(1),
      pAny: z.number().min(0).max(1),
      expected: z.number().min(0),
      risk: z.number().min(0).max(1),
      expectedSpend: z.number().positive(),
      clv12m: z.number().min(0),
      warnOn: z.iso.date().nullable(),
    }),
  ),
})

describe('npm run insight', () => {
  test('prints the agreed JSON for the CDNOW sample', () => {
    const run = insight('--purchases', CDNOW_FILE, '--cut', '1997-09-30', '--horizon', '90', '--json')
    expect(run).toMatchObject({ status: 0, stderr: '' })
    const output = OUTPUT.parse(JSON.parse(run.stdout))
    expect(output.customers).toHaveLength(2357)
    expect(output.models.mbgnbd.params.r).toBeCloseTo(0.5248, 4)
    expect(output.models.bgnbd.logLikelihood).toBeCloseTo(-9582.43, 2)
    expect(output.models.gammaGamma.params.p).toBeCloseTo(6.25, 2)
    const first = output.customers[0]
    expect(first).toMatchObject({ id: '0001', x: 2, meanSpend: 22.345 })
    expect(first?.tx).toBeCloseTo(30.43, 2)
    expect(first?.T).toBeCloseTo(38.86, 2)
  })

  test('purchases after the cut change nothing', () => {
    const rows = ['customer_id,date,amount', 'a,2024-01-01,5', 'a,2024-02-01,5', 'b,2024-03-01,7']
    const before = insight('--purchases', file('before.csv', rows.join('\n')), '--cut', '2024-03-31', '--horizon', '30', '--json')
    const after = insight(
      '--purchases',
      file('after.csv', [...rows, 'b,2024-04-01,9', 'c,2024-05-01,1'].join('\n')),
      '--cut',
      '2024-03-31',
      '--horizon',
      '30',
      '--json',
    )
    expect(after.stdout).toBe(before.stdout)
    expect(OUTPUT.parse(JSON.parse(before.stdout)).customers.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('back-tests for a reader and for a machine', () => {
    const args = ['--purchases', CDNOW_FILE, '--cut', '1998-06-30', '--horizon', '90', '--back-test']
    const text = insight(...args).stdout
    for (const words of [
      'fixedDays',
      'ownGap',
      'Calibration of learned',
      'Lift of learned',
      'Cumulative repeat purchases',
      'Score in use: learned',
    ]) {
      expect(text).toContain(words)
    }
    const output = z.object({
      backTest: z.object({ cuts: z.array(z.object({ cut: z.iso.date() })), tracking: z.array(z.object({ date: z.iso.date() })) }),
    })
    expect(output.parse(JSON.parse(insight(...args, '--json').stdout)).backTest.cuts.length).toBeGreaterThan(10)
  })

  test('reads quotes, a byte order mark, any column order, returns, and rows without a customer', () => {
    const path = file(
      'messy.csv',
      '\uFEFF"Amount",note,date,customer_id\r\n"4.50","x, ""y""\r\nz",2024-01-01T10:00:00Z,"a,1"\r\n8,,2024-01-09,"a,1"\r\n-2,,2024-01-12,"a,1"\r\n3,,2024-01-12,\r\n',
    )
    const run = insight('--purchases', path, '--cut', '2024-01-31', '--horizon', '30', '--json')
    expect(run.stderr).toBe('1 rows without customer_id are left out\n')
    expect(OUTPUT.parse(JSON.parse(run.stdout)).customers).toMatchObject([{ id: 'a,1', x: 1, tx: 8 / 7, meanSpend: 6 }])
  })

  test('reads semicolons with decimal commas; one-time buyers are expected to spend what purchases cost here', () => {
    const path = file('semicolon.csv', 'Customer_ID;Amount;Date\nä;5,50;2024/01/02\nb;4,50;20240103\n')
    const run = insight('--purchases', path, '--cut', '2024-01-31', '--horizon', '30', '--json')
    expect(run).toMatchObject({ status: 0, stderr: '' })
    const { customers, models } = OUTPUT.parse(JSON.parse(run.stdout))
    expect(customers).toMatchObject([{ id: 'ä', tx: 0 }, { id: 'b' }])
    for (const { expectedSpend } of customers) expect(expectedSpend).toBeCloseTo(5, 9)
    expect(Object.keys(models.gammaGamma.params)).toEqual(['p', 'q', 'v'])
  })

  test('says when the cut lies so long after the last purchase that everybody seems to have left, and how it is used', () => {
    const path = file('old.csv', 'customer_id,date,amount\na,2024-01-01,5\n')
    const run = insight('--purchases', path, '--cut', '2025-01-01', '--horizon', '30', '--json')
    expect(run.status).toBe(0)
    expect(run.stderr).toBe(
      'the last purchase of the file is of 2024-01-01, 366 days before the cut: all are taken to have bought nothing since\n',
    )
    expect(insight('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--horizon DAYS') })
  })

  const ok = file('ok.csv', 'customer_id,date,amount\n1,2024-01-01,5\n')
  const refused = (path: string, ...rest: string[]) => ['--purchases', path, '--cut', '2024-01-31', '--horizon', '30', ...rest]
  test.each<[string, string[]]>([
    ['the file is empty', refused(file('empty.csv', ''))],
    ['there is no purchase on or before the cut', refused(file('header.csv', 'customer_id,date,amount\n'))],
    ['column date is missing', refused(file('columns.csv', 'customer_id,when,amount\n1,2024-01-01,5\n'))],
    ['line 3: date "2024-02-30" is not a date', refused(file('date.csv', 'customer_id,date,amount\n1,2024-01-01,5\n1,2024-02-30,5\n'))],
    ['line 2: amount "five" is not a number', refused(file('amount.csv', 'customer_id,date,amount\n1,2024-01-01,five\n'))],
    [
      'line 2: date "" is not a date like 1997-09-30; line 4: amount "" is not a number',
      refused(file('many.csv', 'customer_id,date,amount\n1,,5\n1,2024-01-01,5\n2,2024-01-01,\n')),
    ],
    ['line 2: amount "1,234.50" is not a number', refused(file('thousands.csv', 'customer_id,date,amount\n1,2024-01-01,"1,234.50"\n'))],
    ['column amount is there twice', refused(file('twice.csv', 'customer_id,date,amount,Amount\n1,2024-01-01,5,6\n'))],
    ['--horizon "-5" is not a number of days', ['--purchases', file('minus.csv', ''), '--cut', '2024-01-31', '--horizon', '-5']],
    ['line 2: a quote is never closed', refused(file('quote.csv', 'customer_id,date,amount\n"1,2024-01-01,5\n'))],
    ['there is no file', refused(join(FOLDER, 'none.csv'))],
    ["Unknown option '--verbose'", refused(ok, '--verbose')],
    ['--cut "2024-02-31" is not a date', ['--purchases', ok, '--cut', '2024-02-31', '--horizon', '30']],
    ['--horizon "0" is not a number of days', ['--purchases', ok, '--cut', '2024-01-31', '--horizon', '0']],
    ['--purchases is missing', ['--cut', '2024-01-31', '--horizon', '30']],
  ])('refuses in one line and exit code 1: %s', (message, args) => {
    const run = insight(...args)
    expect(run.status).toBe(1)
    expect(run.stdout).toBe('')
    expect(run.stderr).toContain(`insight: ${message}`)
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
