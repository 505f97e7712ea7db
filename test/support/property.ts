import fc from 'fast-check'

/**
 * Properties draw the same cases on every run, so that a red run says something about the change under test.
 * `CRM_SEED=random npm test` draws new ones; a failing run prints its seed, and `CRM_SEED=N` runs that again.
 */
const asked = process.env['CRM_SEED'] ?? '20261122'
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) })

export { default } from 'fast-check'
