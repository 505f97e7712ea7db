import type { Entity } from './kernel/entity.ts'
import type { Module } from './kernel/module.ts'
import type { Route } from './kernel/route.ts'
import { modules as asset } from './asset.ts'
import { modules as daily } from './daily.ts'
import { modules as transfer } from './transfer.ts'
import { modules as value } from './value.ts'

/** Everything the CRM is made of; each area lists its own modules, and each of four groups the areas that one function serves. */
export const modules: readonly Module[] = [...daily, ...value, ...asset, ...transfer]
export const routes: readonly Route[] = modules.flatMap((one) => one.routes)
export const entities: ReadonlyMap<string, Entity> = new Map(modules.flatMap((one) => one.entities).map((kind) => [kind.noun, kind]))
