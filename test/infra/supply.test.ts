import { describe, expect, test } from 'vitest'
import { addressOf, bill, lockedPackages } from '../../infra/sbom.ts'
import { holds, refusedLicences } from '../../infra/supply/licence.ts'
import { lockFaults } from '../../infra/supply/lock.ts'

describe('what the product is made of', () => {
  test('is pinned by a hash, package by package, and comes from the registry alone', () => {
    const packages = lockedPackages()
    expect(Object.keys(packages).length).toBeGreaterThan(100)
    expect(lockFaults(packages)).toEqual([])
  })

  test('is under licences that anyone may build on; tools may be under a few more', () => {
    const [all, shipped] = [bill(false).components, bill(true).components]
    expect(shipped.map(({ name }) => name)).toEqual(expect.arrayContaining(['zod', '@aws-sdk/client-dynamodb']))
    expect(shipped.map(({ name }) => name)).not.toContain('vitest')
    expect(refusedLicences(shipped, true)).toEqual([])
    expect(refusedLicences(all, false)).toEqual([])
  }, 120_000)

  test('is told with addresses that are such, as the schema of CycloneDX asks', () => {
    const addresses = bill(false).components.flatMap(({ externalReferences = [] }) => externalReferences.map(({ url }) => url))
    expect(addresses.length).toBeGreaterThan(200)
    expect(addresses.filter((one) => !URL.canParse(one))).toEqual([])
    expect(addressOf('git@github.com:chaijs/assertion-error.git')).toBe('ssh://git@github.com/chaijs/assertion-error.git')
    expect(addressOf('unjs/std-env')).toBe('https://github.com/unjs/std-env')
    expect(addressOf('git+ssh://git@github.com/a/b.git')).toBe('git+ssh://git@github.com/a/b.git')
  }, 120_000)
})

describe('the checks', () => {
  const integrity = `sha512-${'A'.repeat(86)}==`
  test.each([
    [{ version: '1.0.0' }, 'is not pinned by a hash'],
    [{ version: '1.0.0', integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, 'is not pinned by a hash'],
    [{ version: '1.0.0', integrity, resolved: 'git+ssh://git@example.com/a.git' }, 'comes from git+ssh'],
    [{ version: '1.0.0', integrity, link: true }, 'is a link'],
    [{ version: '1.0.0', inBundle: true }, 'archive'],
    [{ integrity }, 'has no version'],
  ])('find %j', (locked, says) => {
    expect(lockFaults({ '': {}, 'node_modules/a': locked }).join()).toContain(says)
    expect(lockFaults({ 'node_modules/a': { version: '1.0.0', integrity } })).toEqual([])
  })

  test('read licences as SPDX writes them', () => {
    const allowed = new Set(['MIT', 'ISC'])
    for (const fine of ['MIT', '(MIT OR GPL-3.0-or-later)', 'MIT AND ISC', '(MIT OR GPL-2.0-only) AND ISC'])
      expect(holds(fine, allowed)).toBe(true)
    for (const not of ['GPL-3.0-only', 'MIT AND GPL-2.0-only', '(GPL-2.0-only OR LGPL-2.1-only) AND MIT', ''])
      expect(holds(not, allowed)).toBe(false)
    const copyleft = [{ name: 'a', version: '1.0.0', licenses: [{ license: { id: 'MPL-2.0' } }] }]
    expect(refusedLicences(copyleft, true)).toEqual(['a@1.0.0: MPL-2.0'])
    expect(refusedLicences(copyleft, false)).toEqual([])
    expect(refusedLicences([{ name: 'b', version: '2.0.0' }], false)).toEqual(['b@2.0.0: no licence'])
  })
})
