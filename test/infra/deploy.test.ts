import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle, unreachable } from '../../infra/bundle.ts'
import { checked, configOf, functionNames } from '../../infra/config.ts'
import { deployArguments, firstAdmin, outputsIn } from '../../infra/deploy.ts'
import { readable } from '../../infra/trace.ts'
import { synthesized, type Synthesized } from './synthesized.ts'

const root = resolve(import.meta.dirname, '../..')
let made: Synthesized

beforeAll(() => {
  made = synthesized('prod')
}, 180_000)
afterAll(() => made.remove())

/** A template without the names of its assets, which follow the sources. */
const withoutKeys = (template: string): unknown => JSON.parse(template.replaceAll(/[0-9a-f]{64}\.zip/g, 'asset'))
const text = (value: unknown): string => JSON.stringify(value)

describe('the bundles', () => {
  test.each(functionNames)('%s is at most 600 KB and starts with nothing but what lies beside it', (name) => {
    expect(made.bundles.bytes(name)).toBeLessThanOrEqual(600_000)
    const file = join(made.bundles.folder(name), 'index.js')
    const run = spawnSync(process.execPath, ['-e', `console.log(typeof require(${text(file)}).handler)`], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '' },
    })
    expect(run.stdout.trim() || run.stderr).toBe('function')
  })

  test.each(functionNames)('%s leaves out only what is imported when it is reached', (name) => {
    const atStart = made.bundles
      .imports(name)
      .filter(({ path, kind }) => unreachable.some((one) => path === one || path.startsWith(`${one}/`)) && kind !== 'dynamic-import')
    expect(atStart).toEqual([])
  })

  test('a stack of a deployed function can be read in terms of the sources', () => {
    const file = join(made.bundles.folder('api'), 'index.js')
    const script = `require(${text(file)}).handler({ routeKey: 'GET /v1/workspace', requestContext: { requestId: 'r', http: {} }, headers: {} }, {}).then(() => {})`
    const { stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } })
    const stack = stderr.replaceAll('\\n', '\n').replaceAll(file, '/var/task/index.js')
    expect(readable(stack, readFileSync(`${made.bundles.folder('api')}.map`, 'utf8'))).toMatch(/functions\/edge\.ts:\d+/)
  })
})

describe('deploying', () => {
  test('synthesis needs no credentials and no CLI, passes cdk-nag, and gives the same templates every time', () => {
    const out = `${made.outdir}-again`
    const run = spawnSync(process.execPath, [join(root, 'infra/synth.ts'), '--stage', 'prod', '--out', out], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: made.outdir },
    })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
    for (const name of ['prod-crm-state', 'prod-crm-app']) {
      expect(withoutKeys(readFileSync(join(out, `${name}.template.json`), 'utf8'))).toEqual(withoutKeys(text(made.template(name))))
    }
    rmSync(out, { recursive: true })
  }, 180_000)

  test('the same sources make the same bundles', () => {
    const bytes = ['a', 'b']
      .map((name) => bundle(join(made.outdir, name)))
      .map((one) => functionNames.map((name) => readFileSync(join(one.folder(name), 'index.js'), 'utf8')))
    expect(bytes[0]).toEqual(bytes[1])
  })

  test('each stack stays well below the 500 resources CloudFormation takes', () => {
    for (const { resources } of [made.state, made.crm]) expect(resources.length).toBeLessThanOrEqual(500)
  })

  test('every resource that takes tags says what it belongs to', () => {
    const tagged = made.crm.of('AWS::Lambda::Function').map(({ properties }) => properties['Tags'])
    for (const tags of tagged)
      expect(tags).toEqual(
        expect.arrayContaining([
          { Key: 'stage', Value: 'prod' },
          { Key: 'product', Value: 'crm' },
        ]),
      )
  })

  test('a stage that is not there, or a wrong value, is named', () => {
    expect(() => configOf('nope')).toThrow('There is no stage nope: choose dev, staging, prod')
    expect(() => checked({ ...configOf('dev'), logDays: 8, api: { ...configOf('dev').api, burst: 0 } })).toThrow(
      /logDays[\s\S]*api\.burst|api\.burst[\s\S]*logDays/,
    )
  })

  test('deploys both stacks of the stage and asks about new rights only where somebody can answer', () => {
    expect(deployArguments('prod', ['--verbose'], false).slice(1)).toEqual([
      'deploy',
      '--all',
      '--context',
      'stage=prod',
      '--outputs-file',
      join(root, 'cdk.out/outputs.json'),
      '--require-approval',
      'never',
      '--verbose',
    ])
    expect(deployArguments('prod', [], true)).toContain('broadening')
  })

  test('then tells how the first administrator gets in', () => {
    const outputs = outputsIn(
      text({ 'prod-crm-state': { UserPoolId: 'eu-west-1_a', ExportsOutputRefUsers1: 'x' }, 'prod-crm-app': { ApiUrl: 'https://a' } }),
    )
    expect(outputs).toEqual({ UserPoolId: 'eu-west-1_a', ApiUrl: 'https://a' })
    expect(firstAdmin(outputs, 'usr_1')).toContain('admin-add-user-to-group --user-pool-id eu-west-1_a --username usr_1 --group-name admin')
  })
})
