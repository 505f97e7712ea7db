import { defineConfig } from 'vitest/config'

const report = process.env['CRM_TEST_REPORT']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
    // The official engine is several times slower than the embedded one.
    testTimeout: process.env['CRM_ENGINE'] === 'official' ? 240_000 : 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
  },
})
