import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { modules } from '../domain/index.ts'
import { builtInRoles } from '../domain/platform/role/index.ts'
import { openApi, type OpenApi } from '../functions/openapi.ts'
import { machineRoles } from './config.ts'
import { faultKinds } from './fault-kinds.ts'

const require = createRequire(import.meta.url)

/** The description of the API as this tree of the project has it. */
export function document(): OpenApi {
  const { version } = require('../package.json') as { version: string }
  const roles = Object.fromEntries(machineRoles.map((role) => [role, builtInRoles[role].description]))
  return openApi(modules, { version, kindOf: faultKinds(), machineRoles: roles })
}

const page = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>CRM API</title>
  <link rel="icon" type="image/png" href="docs/favicon.png">
  <link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
  <div id="page"></div>
  <noscript>This page needs JavaScript. The same as data: <a href="openapi.json">openapi.json</a></noscript>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/page.js"></script>
</body>
</html>
`

/** No validator and no address but this API's own: the page loads nothing from elsewhere and keeps no token after it is closed. */
const script = `SwaggerUIBundle({
  url: 'openapi.json', dom_id: '#page', deepLinking: true, filter: true, docExpansion: 'none', tryItOutEnabled: true,
  displayRequestDuration: true, persistAuthorization: false, validatorUrl: null, defaultModelsExpandDepth: 0, syntaxHighlight: { theme: 'idea' },
})
`

/** Writes the files of the API's page, compressed, into a function's folder. Deterministic, so unchanged declarations change no asset. */
export function writeDocs(folder: string): void {
  const ui = dirname(require.resolve('swagger-ui-dist/package.json'))
  const files: Record<string, string | Buffer> = {
    'openapi.json': JSON.stringify(document()),
    'index.html': page,
    'page.js': script,
    'swagger-ui-bundle.js': readFileSync(join(ui, 'swagger-ui-bundle.js')),
    'swagger-ui.css': readFileSync(join(ui, 'swagger-ui.css')),
    'favicon.png': readFileSync(join(ui, 'favicon-32x32.png')),
  }
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }))
}
