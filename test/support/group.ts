import { modules as asset } from '../../domain/asset.ts'
import { modules as api } from '../../domain/daily.ts'
import type { Route } from '../../domain/kernel/route.ts'
import { modules as transfer } from '../../domain/transfer.ts'
import { modules as value } from '../../domain/value.ts'

const groups = Object.entries({ api, value, asset, transfer })

/** The function that answers a route. @throws Error when none does */
export function groupOf(route: Route): string {
  const found = groups.find(([, modules]) => modules.some(({ routes }) => routes.includes(route)))
  if (!found) throw new Error(`No function answers ${route.method} ${route.path}.`)
  return found[0]
}
