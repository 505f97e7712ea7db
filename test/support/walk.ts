import * as z from 'zod'
import type { Route } from '../../domain/kernel/route.ts'

/** What a walk over every route needs to know of one: a path whose ids have the right form, and a body that is documented. */
export interface Visit {
  name: string
  route: Route
  path: string
  body: Record<string, unknown> | undefined
}

interface Schema {
  type?: string
  pattern?: string
  format?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  anyOf?: Schema[]
}

/** One visit a route. */
export function visitsOf(routes: readonly Route[]): Visit[] {
  return routes.map((route) => {
    const schema = z.toJSONSchema(route.action.schemas().input, { io: 'input', unrepresentable: 'any' }) as Schema
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(plausible(schema.properties?.[name] ?? {})))
    const writes = route.method === 'POST' || route.method === 'PUT' || route.method === 'PATCH'
    return { name: `${route.method} ${route.path}`, route, path, body: writes ? { ...route.example } : undefined }
  })
}

/** A value of the form a path parameter must have, of no record that is there. */
function plausible(schema: Schema): string {
  const prefix = /^\^([a-z]+)_\[/.exec(schema.pattern ?? '')?.[1]
  if (prefix) return `${prefix}_${'Z'.repeat(lengthOf(schema.pattern ?? ''))}`
  if (schema.enum) return String(schema.enum[0])
  if (schema.anyOf?.[0]) return plausible(schema.anyOf[0])
  return 'nowhere'
}

function lengthOf(pattern: string): number {
  const exact = /\{(\d+)\}\$$/.exec(pattern)?.[1]
  return exact ? Number(exact) : 40
}
