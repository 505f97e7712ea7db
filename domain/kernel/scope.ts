import type { Ctx } from './context.ts'
import type { Entity } from './entity.ts'
import type { Item } from './table/table.ts'

/** Whether the caller's scope covers a record: by who is responsible for it, or for its customer. */
export function mayTouch(
  ctx: Ctx,
  kind: Pick<Entity<string, never>, 'responsible' | 'home' | 'noun'>,
  item: Item,
  customer?: Item,
): boolean {
  if (ctx.scope === 'all' || (kind.home === 'workspace' && !kind.responsible)) return true
  const people = new Set(peopleOf(ctx))
  const responsible = kind.responsible && item[kind.responsible]
  if (typeof responsible === 'string' && people.has(responsible)) return true
  const owner = customer ?? (kind.noun === 'customer' ? item : undefined)
  if (!owner) return false
  if (typeof owner['ownerId'] === 'string' && people.has(owner['ownerId'])) return true
  return ctx.scope === 'team' && ctx.actor.teamId !== undefined && owner['teamId'] === ctx.actor.teamId
}

/** The people whose records the caller's scope covers. Only for scopes `own` and `team`. */
export function peopleOf(ctx: Ctx): readonly string[] {
  return ctx.scope === 'team' ? [...new Set([ctx.actor.id, ...ctx.actor.team])] : [ctx.actor.id]
}
