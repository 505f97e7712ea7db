import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const tops = ['domain', 'functions', 'events', 'infra'] as const

/** Every import of the product's own files: from which file to which, as paths from the root. */
function imports(): { from: string; to: string }[] {
  return tops
    .flatMap((top) => files(join(root, top)))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      const names = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
      return names.map((name) => ({
        from: relative(root, file),
        to: name.startsWith('.') ? relative(root, resolve(dirname(file), name)) : name,
      }))
    })
}

function files(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(dir, entry.name)) : entry.name.endsWith('.ts') ? [join(dir, entry.name)] : [],
  )
}

const all = imports()
const areaOf = (path: string): string | undefined => /^domain\/([a-z]+)\//.exec(path)?.[1]
const moduleOf = (path: string): string | undefined => /^domain\/([a-z]+\/[a-z]+)\//.exec(path)?.[1]

/** Which areas an area may use: those below it. */
const below: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  platform: ['kernel'],
  customer: ['kernel', 'platform'],
  insight: ['kernel', 'platform', 'customer'],
  sales: ['kernel', 'platform', 'customer'],
  service: ['kernel', 'platform', 'customer'],
  care: ['kernel', 'platform', 'customer', 'insight', 'sales', 'service'],
  marketing: ['kernel', 'platform', 'customer', 'insight', 'sales', 'service'],
  data: ['kernel', 'platform', 'customer', 'insight', 'sales', 'service', 'care'],
  procurement: ['kernel', 'platform', 'customer', 'insight', 'sales', 'service'],
}

describe('the house stands as drawn', () => {
  test('the domain knows nothing of the edges that call it', () => {
    expect(all.filter(({ from, to }) => from.startsWith('domain/') && /^(functions|events|infra|test)\//.test(to))).toEqual([])
  })

  test('the HTTP edge and the time edge do not reach into the deployment', () => {
    expect(all.filter(({ from, to }) => /^(functions|events)\//.test(from) && /^(infra|test)\//.test(to))).toEqual([])
  })

  test('areas depend one way', () => {
    const wrong = all.filter(({ from, to }) => {
      const mine = areaOf(from)
      const theirs = areaOf(to)
      return mine !== undefined && theirs !== undefined && mine !== theirs && !below[mine]?.includes(theirs)
    })
    expect(wrong).toEqual([])
  })

  test('a module is used through its index alone', () => {
    const wrong = all.filter(({ from, to }) => {
      const theirs = moduleOf(to)
      return (
        theirs !== undefined &&
        areaOf(to) !== 'kernel' &&
        moduleOf(from) !== theirs &&
        !to.endsWith('/index.ts') &&
        !to.startsWith('domain/insight/model/')
      )
    })
    expect(wrong).toEqual([])
  })

  test('only the table module of the kernel speaks to DynamoDB', () => {
    const wrong = all.filter(
      ({ from, to }) => from.startsWith('domain/') && to.startsWith('@aws-sdk/') && !from.startsWith('domain/kernel/table/'),
    )
    expect(wrong).toEqual([])
  })

  test('no file outgrows a reader', () => {
    const long = tops
      .flatMap((top) => files(join(root, top)))
      .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length }))
    expect(long.filter(({ lines }) => lines > 300)).toEqual([])
  })

  test('pure rules ask neither the clock nor chance', () => {
    const wrong = files(join(root, 'domain')).filter((file) => /Date\.now\(|new Date\(\)|Math\.random\(/.test(readFileSync(file, 'utf8')))
    expect(wrong.map((file) => relative(root, file))).toEqual(['domain/kernel/table/refusal.ts', 'domain/kernel/table/signer.ts'].sort())
  })
})
