import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planted } from './planted/index.ts'

/** That they are caught `npm run planted` shows; here, that they can still be planted. */
const folder = join(import.meta.dirname, 'planted')

test('every planted bug has its patch, and every patch its bug', () => {
  const patches = readdirSync(folder).filter((name) => name.endsWith('.patch'))
  expect(patches.sort()).toEqual(planted.map(({ name }) => `${name}.patch`).sort())
  expect(planted.length).toBeGreaterThanOrEqual(20)
})

test.each(planted)('$name still applies', ({ name }) => {
  const check = () =>
    execFileSync('git', ['apply', '--check', join(folder, `${name}.patch`)], { cwd: join(folder, '../../..'), stdio: 'pipe' })
  expect(check).not.toThrow()
})
