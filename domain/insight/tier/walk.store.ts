import { createHash } from 'node:crypto'
import * as z from 'zod'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { keyOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { walkMoved } from './events.ts'
import { walkShape, type Walk } from './walk.ts'

/** A walk over the customers on behalf of a tier policy: due for as long as it goes on. Each policy has one of a kind. */
export const tierWalk = entity({
  noun: 'tierwalk',
  prefix: 'twk',
  home: 'workspace',
  single: true,
  fields: () => z.object(walkShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'tiers', at: dueAt } : undefined) },
})
export type WalkRecord = RecordOf<typeof tierWalk>

const ownKeyOf = (policyId: string, kind: Walk['kind']): string => keyOf(0, createHash('sha256').update(`${policyId} ${kind}`).digest())

/** A policy's walk of a kind; undefined before the first. One read. */
export async function walkOf(ctx: Ctx, policyId: string, kind: Walk['kind']): Promise<WalkRecord | undefined> {
  return walkAt(ctx, tierWalk.id(ownKeyOf(policyId, kind)))
}
export async function walkAt(ctx: Ctx, id: string): Promise<WalkRecord | undefined> {
  const item = await ctx.table.get(placeOf(tierWalk, id))
  return item && recordIn<'tierwalk', Walk>(item)
}

/** The change that begins a policy's walk, from the first customer. */
export async function walkStarted(ctx: Ctx, kind: Walk['kind'], policy: { id: string; version: number }): Promise<Change> {
  return (await newWalk(ctx, kind, policy)).change
}

export async function newWalk(
  ctx: Ctx,
  kind: Walk['kind'],
  { id, version }: { id: string; version: number },
): Promise<{ record: WalkRecord; change: Change }> {
  const before = await walkOf(ctx, id, kind)
  const fields: Walk = {
    kind,
    policyId: id,
    policyVersion: version,
    state: 'running',
    startedAt: ctx.now,
    dueAt: ctx.now,
    looked: 0,
    estimated: 0,
    moved: 0,
    revenueMinor: 0,
    moves: [],
  }
  return before
    ? alter(ctx, tierWalk, before, { ...fields, cursor: null, finishedAt: null }, walkMoved)
    : create(ctx, tierWalk, fields, walkMoved, { own: ownKeyOf(id, kind) })
}
