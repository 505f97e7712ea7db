import { routes } from '../../../domain/index.ts'
import type { Route } from '../../../domain/kernel/route.ts'
import type { Crm } from '../../support/crm.ts'
import { visitsOf } from '../../support/walk.ts'

/** An id in a path or a body: its prefix is the kind. */
const ID = /\b([a-z]{2,4})_[0-9A-Za-z]{20,40}\b/g

/** What would put an end to what was made before. */
const ENDS = /\/(restore|disable|merge|erase|undo|cancel|void|stop)$/

/** A text with the ids of kinds we have in place of those of a documentation. */
export function withIds(text: string, ids: ReadonlyMap<string, string>): string {
  return text.replace(ID, (whole, prefix: string) => ids.get(prefix) ?? whole)
}

/** A route with real ids in it. */
export interface Aimed {
  name: string
  route: Route
  path: string
  body: Record<string, unknown> | undefined
  /** Prefixes of the kinds its path names. */
  aims: string[]
}

/** Every route, aimed at the records of `ids`; ids of kinds that are not among them stay as they are, of nothing. */
export function aimed(ids: ReadonlyMap<string, string>): Aimed[] {
  return visitsOf(routes).map(({ name, route, path, body }) => ({
    name,
    route,
    path: withIds(path, ids),
    body: body && (JSON.parse(withIds(JSON.stringify(body), ids)) as Record<string, unknown>),
    aims: [...path.matchAll(ID)].map((match) => match[1] ?? ''),
  }))
}

/**
 * Makes a record of every kind that the API can make, by the documented examples, each beside or below those made before: an
 * id by prefix. @param more fields for those who open a customer's file
 */
export async function seeded(crm: Crm, more: Record<string, unknown>): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  const opened = await crm.call('POST', '/customers', { body: { name: 'Kept Apart', emails: [{ address: 'apart@example.com' }], ...more } })
  if (opened.status !== 201) throw new Error(`The customer was refused: ${JSON.stringify(opened.body)}`)
  ids.set('cus', String(opened.body['id']))
  for (let found = -1; found < ids.size; ) {
    found = ids.size
    for (const { route, path, body } of aimed(ids)) {
      if (route.method !== 'POST' && route.method !== 'PUT') continue
      if (ENDS.test(route.path)) continue
      const reply = await crm.call(route.method, path, { body: { ...body } })
      const id = reply.status < 300 ? reply.body['id'] : undefined
      const prefix = typeof id === 'string' ? id.split('_')[0] : undefined
      if (typeof id === 'string' && prefix && !ids.has(prefix)) ids.set(prefix, id)
    }
  }
  return ids
}
