import * as z from 'zod'
import type { Aimed } from './seeded.ts'

/** Begins every canary; nothing else in the product has it. */
export const KANARY = 'Kanary'

interface Schema {
  type?: string
  format?: string
  enum?: unknown[]
  pattern?: string
  const?: unknown
  properties?: Record<string, Schema>
}

let count = 0
/** What a person could be called or reached by, in the forms a field may ask for. */
function forms(): string[] {
  const n = String(++count).padStart(5, '0')
  return [`${KANARY} ${n}`, `kanary${n}@example.com`, `+4479110${n}`, `https://kanary${n}.example.com/x`, `kanary-${n}`, `Kanary${n}`]
}

/** Every text within a value, replaced by what `by` gives for it. */
function* replaced(value: unknown): Generator<(text: string) => unknown> {
  if (typeof value === 'string') yield (text) => text
  else if (Array.isArray(value)) {
    for (const [nth, one] of value.entries())
      for (const put of replaced(one)) yield (text) => value.map((old: unknown, n) => (n === nth ? put(text) : old))
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) for (const put of replaced(one)) yield (text) => ({ ...value, [name]: put(text) })
  }
}

/** A body with a canary in every field that takes free text, as the route's own schema allows. @returns also the canaries in it */
export function withCanaries({ route, path, body }: Aimed): { body: Record<string, unknown>; canaries: string[] } {
  const { input } = route.action.schemas()
  const fromPath = Object.fromEntries(
    route.path.split('/').flatMap((part, at) => (part.startsWith('{') ? [[part.slice(1, -1), path.split('/')[at]]] : [])),
  )
  const fits = (candidate: unknown): boolean => input.safeParse({ ...(candidate as object), ...fromPath }).success
  const canaries: string[] = []
  let made = (body ?? {}) as Record<string, unknown>
  const attempt = (puts: (text: string) => unknown): void => {
    for (const text of forms()) {
      const next = puts(text)
      if (!fits(next)) continue
      made = next as Record<string, unknown>
      canaries.push(text)
      return
    }
  }
  const optional = (z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema).properties ?? {}
  for (const [name, { type, format, enum: choices, const: fixed }] of Object.entries(optional))
    if (type === 'string' && !format && !choices && fixed === undefined && !(name in made) && !(name in fromPath))
      attempt((text) => ({ ...made, [name]: text }))
  const spots = [...replaced(made)].length
  for (let nth = 0; nth < spots; nth++) {
    const put = [...replaced(made)][nth]
    if (put) attempt(put)
  }
  return { body: made, canaries }
}

/** Canaries found in a text, whatever its case and however it is encoded. */
export function canariesIn(text: string): string[] {
  const plain = [text, ...[...text.matchAll(/[A-Za-z0-9_+/=-]{16,}/g)].map(([part]) => Buffer.from(part, 'base64url').toString('utf8'))]
  return plain.flatMap((one) => [...one.matchAll(/.{0,40}(?:kanary|\+4479110).{0,20}/gi)].map(([found]) => found))
}
