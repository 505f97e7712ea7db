import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FunctionSpec } from '../template.ts'

export interface Code {
  readonly file: string
  /** The exported name, possibly dotted. */
  readonly handler: string
}

/** Finds the file that `index.handler` names in a bundle; the reason, when there is none to run here. */
export const findCode = (spec: FunctionSpec): Code | string => {
  if (!spec.runtime.startsWith('nodejs')) return `it runs on ${spec.runtime || 'no runtime'}, and only Node.js runs locally`
  if (spec.directory === undefined) return 'its code is not a folder of the cloud assembly'
  const slash = spec.handler.lastIndexOf('/') + 1
  const dot = spec.handler.indexOf('.', slash)
  const [base, handler] = [spec.handler.slice(0, dot), spec.handler.slice(dot + 1)]
  for (const extension of ['.js', '.mjs', '.cjs']) {
    const file = join(spec.directory, base + extension)
    if (existsSync(file)) return { file, handler }
  }
  return `${spec.directory} holds no ${base}.js, .mjs or .cjs`
}
