import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { declarationOf, operationsOf } from '../functions/client/declaration.ts'
import { document } from './docs-page.ts'

const root = resolve(import.meta.dirname, '..')
const readme = `# crm-client

The typed client of your CRM, for browsers and Node 20 or newer, and the command \`crm\`.

\`\`\`ts
import { createCrm, CrmProblem } from 'crm-client'

const crm = createCrm({ url: 'https://…', token: () => myToken() })
const ada = await crm.customer.create({ name: 'Ada Lovelace' })
for await (const deal of crm.deal.list({})) console.log(deal.id)
for await (const { event, after } of crm.follow({ type: 'deal.*' })) keep(event, after)
\`\`\`

A refusal is a \`CrmProblem\` with \`status\`, \`code\` and, for invalid input, \`errors\`. 429 and 5xx are tried again with growing waits; each
POST has an idempotency key, so it is carried out once.
`

/**
 * Builds the client's package: one ES module without a line of the server's, its types made from the description of the
 * API, and the command. @returns sizes in bytes
 */
export function buildClient(out: string): { client: number; cli: number; operations: number } {
  const api = document()
  const operations = operationsOf(api)
  const source = join(root, 'functions/client')
  const common = readFileSync(join(source, 'types.ts'), 'utf8').replace(/^\/\/.*\n/gm, '')
  const options = {
    bundle: true,
    format: 'esm',
    minify: true,
    legalComments: 'none',
    write: false,
    define: { OPERATIONS: JSON.stringify(JSON.stringify(operations)) },
  } as const
  const client = buildSync({ ...options, entryPoints: [join(source, 'index.ts')], platform: 'neutral', target: 'es2022' }).outputFiles[0]
  const cli = buildSync({
    ...options,
    entryPoints: [join(source, 'cli/main.ts')],
    platform: 'node',
    target: 'node20',
    banner: { js: '#!/usr/bin/env node' },
  }).outputFiles[0]
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; license: string }
  const about = {
    name: 'crm-client',
    version,
    license,
    type: 'module',
    sideEffects: false,
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    types: './index.d.ts',
    bin: { crm: './cli.js' },
    engines: { node: '>=20' },
  }
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'index.js'), client?.contents ?? '')
  writeFileSync(join(out, 'cli.js'), cli?.contents ?? '', { mode: 0o755 })
  writeFileSync(join(out, 'index.d.ts'), declarationOf(api, common.trim()))
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(about, null, 2)}\n`)
  writeFileSync(join(out, 'README.md'), readme)
  return { client: client?.contents.length ?? 0, cli: cli?.contents.length ?? 0, operations: Object.keys(operations).length }
}

// `--unless-built` leaves what is there as it is: for `npm run crm`, which needs it at once.
const out = join(root, 'dist/client')
if (import.meta.main && !(process.argv.includes('--unless-built') && existsSync(join(out, 'cli.js')))) {
  const { client, cli, operations } = buildClient(out)
  console.log(`dist/client: ${operations} operations, client ${(client / 1024).toFixed(1)} KB, crm ${(cli / 1024).toFixed(1)} KB`)
}
