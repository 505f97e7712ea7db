import type { Entity } from './kernel/entity.ts'
import type { Module } from './kernel/module.ts'
import type { Route } from './kernel/route.ts'
import { modules as care } from './care/index.ts'
import { modules as customer } from './customer/index.ts'
import { modules as insight } from './insight/index.ts'
import { modules as platform } from './platform/index.ts'
import { modules as sales } from './sales/index.ts'
import { modules as service } from './service/index.ts'

/** Everything the CRM is made of; each area lists its own modules. */
export const modules: readonly Module[] = [...platform, ...customer, ...insight, ...sales, ...service, ...care]
export const routes: readonly Route[] = modules.flatMap((one) => one.routes)
export const entities: ReadonlyMap<string, Entity> = new Map(modules.flatMap((one) => one.entities).map((kind) => [kind.noun, kind]))
