import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { buildSync, type BuildOptions } from 'esbuild'
import { modules } from '../domain/index.ts'
import { catalogueData } from '../domain/kernel/catalogue.ts'
import { annotated } from './annotated.ts'
import { functionNames, type FunctionName } from './config.ts'

const root = resolve(import.meta.dirname, '..')

/** Where each function begins. */
export const entries: Readonly<Record<FunctionName, string>> = {
  api: 'functions/api.ts',
  value: 'functions/value.ts',
  asset: 'functions/asset.ts',
  transfer: 'functions/transfer.ts',
  docs: 'functions/docs.ts',
  project: 'events/project.ts',
  publish: 'events/publish.ts',
  react: 'events/react.ts',
  people: 'events/people.ts',
  sweep: 'events/sweep.ts',
  haul: 'events/haul.ts',
  deliver: 'events/deliver.ts',
}

/**
 * Parts of the SDK that it imports only when it gets to them, and on Lambda, for these services, never does: credential
 * providers for laptops, containers and virtual machines, since the environment has the credentials, and streams of
 * events. Left out, they cost neither size nor start-up. A test holds that nothing else imports them.
 */
export const unreachable: readonly string[] = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/nested-clients',
  '@aws-sdk/token-providers',
  '@smithy/core/event-streams',
  '@smithy/credential-provider-imds',
]

/**
 * Clients that a function makes once it has work for them, off the request path: there the runtime's own copy does, and a
 * bundle is a tenth smaller. The table's client is on the request path, so it is bundled: that starts faster.
 */
const onRuntime = [
  '@aws-sdk/client-cognito-identity-provider',
  '@aws-sdk/client-eventbridge',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-sqs',
  '@aws-sdk/s3-request-presigner',
]

/** Libraries that most calls do without: a file of their own beside the function, loaded where it is imported. */
const apart = [
  { name: '@aws-lambda-powertools/metrics', path: '' },
  { name: 'libphonenumber-js', path: 'min' },
  { name: 'pinyin-pro', path: '' },
  { name: 'csv-parse', path: 'sync' },
  { name: 'read-excel-file', path: 'node' },
  { name: 'fflate', path: '' },
]

/** How an import names a library. */
const specifierOf = ({ name, path }: { name: string; path: string }): string => (path === '' ? name : `${name}/${path}`)

/**
 * CommonJS, since a static ESM import of `node:http` makes Node load its fetch with it. Source maps stay outside
 * (`infra/trace.ts` reads them): with them on, an instance starts a sixth slower. No compile cache either: a fresh
 * instance has an empty disk, and one made here would not fit the processor there.
 */
export const bundleOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  external: [...unreachable, ...onRuntime],
  minify: true,
  legalComments: 'none',
  logLevel: 'error',
  write: false,
} satisfies BuildOptions

export interface Bundles {
  /** The folder with a function's `index.js`. */
  folder(name: FunctionName): string
  /** Size of the function's JavaScript. Bytes. */
  bytes(name: FunctionName): number
  /** What a function's bundle imports without having it in it, and how. */
  imports(name: FunctionName): readonly { path: string; kind: string }[]
}

/** Bundles every function in one pass, one file each, into folders of its own under the output folder. */
export function bundle(outdir: string): Bundles {
  const place = join(resolve(outdir), 'bundle')
  const sources = mkdtempSync(join(tmpdir(), 'crm-sources-'))
  try {
    annotated(root, sources, ['domain', 'functions', 'events'])
    return bundled(place, sources)
  } finally {
    rmSync(sources, { recursive: true, force: true })
  }
}

/** What every function knows of all kinds of record and types of event, for `functions/catalogue.ts`. */
const catalogue = (): string => JSON.stringify(catalogueData(modules))

/** How a function is bundled from marked sources. @param sources where `annotated` put them */
export function functionOptions(sources: string) {
  return {
    ...bundleOptions,
    absWorkingDir: sources,
    define: { CATALOGUE: JSON.stringify(catalogue()) },
    external: [...bundleOptions.external, ...apart.map(specifierOf)],
  } satisfies BuildOptions
}

function bundled(place: string, sources: string): Bundles {
  const { outputFiles, metafile } = buildSync({
    ...functionOptions(sources),
    entryPoints: Object.fromEntries(functionNames.map((name) => [`${name}/index`, entries[name]])),
    outdir: place,
    sourcemap: 'external',
    sourcesContent: false,
    metafile: true,
  })
  const folder = (name: FunctionName): string => join(place, name)
  const outputOf = (name: FunctionName) => metafile.outputs[relative(sources, join(folder(name), 'index.js'))]
  for (const { path, contents } of outputFiles) {
    // Beside the folder, not in it: what is in it is shipped.
    write(path.endsWith('.map') ? path.replace(/\/index\.js\.map$/, '.map') : path, contents)
  }
  for (const name of functionNames) {
    const wanted = new Set(outputOf(name)?.imports.map((one) => one.path))
    for (const library of apart) if (wanted.has(specifierOf(library))) writeApart(folder(name), library)
  }
  return {
    folder,
    bytes: (name) => outputOf(name)?.bytes ?? 0,
    imports: (name) => outputOf(name)?.imports ?? [],
  }
}

/** Puts a library beside a function as a package of one file, which `require` and `import` both find. */
function writeApart(folder: string, library: (typeof apart)[number]): void {
  const { name, path } = library
  const place = join(folder, 'node_modules', name)
  const file = path === '' ? 'index' : path
  const { outputFiles } = buildSync({ ...bundleOptions, entryPoints: { [file]: specifierOf(library) }, outdir: place })
  for (const { path: to, contents } of outputFiles) write(to, contents)
  write(join(place, 'package.json'), JSON.stringify({ name, exports: { [path === '' ? '.' : `./${path}`]: `./${file}.js` } }))
}

function write(path: string, contents: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, contents)
}
