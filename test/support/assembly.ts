import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crmApp } from '../../infra/crm-stack.ts'
import { cacheFolder } from '../../infra/local/engine.ts'

/**
 * The stack of stage `dev`, synthesized into a folder of its own: what runs on it is not disturbed by a change of the sources.
 * In the project's folder, where bundles find the clients that the runtime brings along in the cloud.
 */
export function ownAssembly(): { folder: string; remove: () => void } {
  mkdirSync(cacheFolder, { recursive: true })
  const folder = mkdtempSync(join(cacheFolder, 'assembly-'))
  crmApp({ stage: 'dev', outdir: folder }).app.synth()
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
