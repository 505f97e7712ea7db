import { once } from '../domain/kernel/action.ts'
import { noFiles } from '../domain/kernel/files.ts'
import { newMemo, type Ctx, type Log, type Memo } from '../domain/kernel/context.ts'
import { systemActor } from '../domain/kernel/permission.ts'
import type { Edge } from '../functions/http.ts'
import { catalogue } from '../functions/catalogue.ts'
import { requestLog } from '../functions/observe.ts'
import { fromSupply } from '../functions/random.ts'

/** What work outside HTTP needs from outside: the same as the HTTP edge. */
export type Surroundings = Edge

/** The same, complete: one per function instance. */
export interface Background extends Edge {
  memo: Memo
  log: Log
}

/** Completes surroundings on first use, so that importing a Lambda entry makes nothing. */
export function backgroundOf(edge: () => Surroundings): () => Background {
  return once(() => ({ memo: newMemo(), log: requestLog, ...edge() }))
}

/**
 * The context of work that no person asked for.
 * @param who `reaction:<name>` or `schedule:<name>`, stamped as the actor on what it writes
 * @param request the same for every delivery of the same cause: a second run that finds the first one's write knows it for its own
 */
export function systemCtx(background: Background, who: string, action: string, request: string): Ctx {
  const { table, files = noFiles, memo, log, random = fromSupply } = background
  const actor = systemActor(who)
  return { table, files, memo, log, random, catalogue, actor, scope: 'all', now: background.now(), request: { id: request, action } }
}
