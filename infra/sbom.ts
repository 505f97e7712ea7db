import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { refusedLicences, type Component } from './supply/licence.ts'
import { lockFaults, type Locked } from './supply/lock.ts'

/**
 * `npm run sbom`: the software bill of materials, as CycloneDX, in .cache/sbom.json, and .cache/sbom-shipped.json of what is
 * deployed. Refuses licences that are not on the list, packages that are not pinned, and, where the registry answers, known
 * weaknesses of medium severity or worse in what is deployed.
 */
const root = resolve(import.meta.dirname, '..')

const npm = (...args: string[]) => spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 120_000 })

/** The bill of everything installed, or of what is deployed alone. @throws Error with what npm said */
export function bill(shipped: boolean): { components: Component[] } {
  const { status, stdout, stderr } = npm('sbom', '--sbom-format', 'cyclonedx', ...(shipped ? ['--omit', 'dev'] : []))
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`)
  const made = JSON.parse(stdout) as { components: Component[] }
  for (const { externalReferences = [] } of made.components) for (const one of externalReferences) one.url = addressOf(one.url)
  return made
}

/** An address as CycloneDX takes it: what packages give as `git@host:path`, as SSH does, or as `owner/name` of GitHub is no URI. */
export function addressOf(given: string): string {
  if (/^[\w-]+\/[\w.-]+$/.test(given)) return `https://github.com/${given}`
  const [, user, path] = /^([\w.-]+@[\w.-]+):(?!\/\/)(.*)$/.exec(given) ?? []
  return user === undefined ? given : `ssh://${user}/${path}`
}

/** Known weaknesses in what is deployed; undefined when the registry cannot be asked. */
function advisories(): string[] | undefined {
  const { stdout } = npm('audit', '--omit=dev', '--json')
  try {
    const found = JSON.parse(stdout) as { vulnerabilities?: Record<string, { severity: string }> }
    if (!found.vulnerabilities) return undefined
    const grave = Object.entries(found.vulnerabilities).filter(([, { severity }]) => severity !== 'low' && severity !== 'info')
    return grave.map(([name, { severity }]) => `${name} has a known weakness: ${severity}`)
  } catch {
    return undefined
  }
}

export function lockedPackages(): Record<string, Locked> {
  return (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }).packages
}

function run(): number {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const [all, shipped] = [bill(false), bill(true)]
  writeFileSync(join(root, '.cache/sbom.json'), JSON.stringify(all, undefined, 2))
  writeFileSync(join(root, '.cache/sbom-shipped.json'), JSON.stringify(shipped, undefined, 2))
  const known = advisories()
  const faults = [
    ...lockFaults(lockedPackages()),
    ...refusedLicences(shipped.components, true),
    ...refusedLicences(all.components, false),
    ...(known ?? []),
  ]
  for (const fault of faults) console.error(fault)
  console.log(
    `${all.components.length} packages, ${shipped.components.length} of them deployed: .cache/sbom.json, .cache/sbom-shipped.json`,
  )
  console.log(
    known ? `Known weaknesses asked for: ${known.length}.` : 'SKIPPED: known weaknesses. The registry does not answer npm audit here.',
  )
  return faults.length > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = run()
