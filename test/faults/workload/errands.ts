import type { Random } from '../random.ts'
import { admin, attacker } from './admin.ts'
import { asset } from './asset.ts'
import type { Errand } from './errand.ts'
import { sales } from './sales.ts'
import { service } from './service.ts'
import { shop } from './shop.ts'

/** All that anyone may set out to do, as often as they do. */
const errands: readonly (readonly [number, Errand])[] = [...sales, ...shop, ...service, ...admin, ...attacker, ...asset]

export function anErrand(by: Random): Errand {
  return by.weighed(errands)
}
