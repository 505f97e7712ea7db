import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { annotated } from '../../infra/annotated.ts'
import { functionOptions } from '../../infra/bundle.ts'
import { median } from './cpu.ts'

const root = resolve(import.meta.dirname, '../..')

export interface StartRatio {
  ratio: number
  oursMs: number
  plainMs: number
}

/**
 * CPU of a fresh process from before it loads the bundle until it has served one request, ours beside the plain
 * handler's, both bundled with the options the product is deployed with. Fresh processes in turn, median of ratios.
 */
export function measureStart(runs: number): StartRatio {
  const dir = mkdtempSync(join(tmpdir(), 'crm-start-'))
  try {
    annotated(root, join(dir, 'sources'), ['domain', 'functions', 'events', 'test/bench'])
    const files = ['ours', 'plain'].map((name) => coldFile(dir, name))
    const [ours = '', plain = ''] = files
    const pairs = Array.from({ length: runs + 1 }, () => ({ ours: cold(ours), plain: cold(plain) })).slice(1)
    return {
      ratio: median(pairs.map((pair) => pair.ours / pair.plain)),
      oursMs: median(pairs.map((pair) => pair.ours)),
      plainMs: median(pairs.map((pair) => pair.plain)),
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function coldFile(dir: string, name: string): string {
  const bundled = join(dir, `${name}.cjs`)
  const { outputFiles } = buildSync({
    ...functionOptions(join(dir, 'sources')),
    stdin: { contents: `export { serve } from './test/bench/cold-${name}.ts'`, resolveDir: join(dir, 'sources') },
  })
  writeFileSync(bundled, outputFiles[0]?.contents ?? '')
  const runner = join(dir, `${name}-run.cjs`)
  writeFileSync(
    runner,
    `const began = process.cpuUsage(); require(${JSON.stringify(bundled)}).serve().then(() => { const { user, system } = process.cpuUsage(began); console.error((user + system) / 1000) })`,
  )
  return runner
}

function cold(file: string): number {
  const { stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  return Number(stderr.trim().split('\n').at(-1))
}
