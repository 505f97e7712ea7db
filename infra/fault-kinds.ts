import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { kinds, type FaultKind } from '../domain/kernel/fault.ts'
import type { KindOfCode } from '../functions/openapi/refusals.ts'

const root = resolve(import.meta.dirname, '..')

/**
 * Which kinds each fault code has (most have one; a stage's missing fields are bad input in a new deal and in conflict with one that
 * is moved), read from where it is thrown: `fault('conflict', 'deal.already_closed', …)`,
 * `invalid('days.reversed', …)`, `refused('file.empty', …)` of a file, `code: 'role.unknown'` of one thing wrong among several, `missing(noun, …)`, and
 * `fault: 'user.email_taken'` of a uniqueness rule. A route declares only the code; this keeps the description of the
 * API from saying anything else than the product does.
 */
export function faultKinds(): KindOfCode {
  const exact = new Map<string, FaultKind[]>()
  const endings = new Map<string, FaultKind[]>([['not_found', ['missing']]])
  const learn = (code: string, kind: FaultKind): void => {
    const cut = code.lastIndexOf('}.')
    const [known, name] = cut >= 0 ? [endings, code.slice(cut + 2)] : [exact, code]
    const kinds = known.get(name) ?? []
    if (!kinds.includes(kind)) known.set(name, [...kinds, kind])
  }
  for (const text of sources(['domain', 'functions'])) {
    for (const [, kind = '', code = ''] of text.matchAll(/\bfault\(\s*'(\w+)',\s*['`]([^'`]+)['`]/g)) if (isKind(kind)) learn(code, kind)
    for (const [, code = ''] of text.matchAll(/\binvalid\(\s*['`]([^'`]+)['`]/g)) learn(code, 'invalid')
    for (const [, code = ''] of text.matchAll(/\brefused\(\s*'([a-z_]+\.[a-z_0-9]+)'/g)) learn(code, 'invalid')
    for (const [, code = ''] of text.matchAll(/\bcode: '([a-z_]+\.[a-z_]+)'/g)) if (!exact.has(code)) learn(code, 'invalid')
    for (const [, code = ''] of text.matchAll(/\bfault: '([a-z_]+\.[a-z_]+)'/g)) learn(code, 'conflict')
  }
  return (code) => exact.get(code) ?? endings.get(code.slice(code.indexOf('.') + 1)) ?? []
}

const isKind = (text: string): text is FaultKind => Object.hasOwn(kinds, text)

function sources(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  )
}
