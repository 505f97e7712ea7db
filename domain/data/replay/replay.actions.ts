import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dueSchema, event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import { logged, mustExist, placeAt, stretch, toldOf, typePattern, wanted } from '../event/index.ts'
import { send, webhook } from '../webhook/index.ts'
import { BUS, replay, type Bus, type ReplayRecord } from './replay.ts'

export const replayStarted = event('replay.started', 'Past events are being told once more')
export const replayEnded = event('replay.ended', 'Past events were told once more, or that was given up')
const replayWentOn = event('replay.went_on', 'A replay came further', { published: false })

/** Events told in one step; the next begins at once. */
const STEP = 100

const view = () => viewOf(replay)

/** Begins to tell past events once more, to the bus or to one webhook, in the order in which they were first seen. */
export const start = action(
  'replay.start',
  () => ({
    input: z.strictObject({
      to: z
        .union([z.literal(BUS), idOf(webhook)])
        .describe('`bus`, or the webhook that missed them; webhooks hear of what is older than 29 days only by a replay to them'),
      from: f.instant().describe('events that the product saw from this moment on'),
      until: f.instant().optional().describe('and before this one; all until now when not given'),
      types: z.array(typePattern()).min(1).max(100).default(['*']),
    }),
    output: view(),
  }),
  async (ctx, { to, from, until = ctx.now, types }) => {
    mustExist(ctx.catalogue(), types, 'types')
    if (until <= from) throw invalid('replay.reversed', 'until', '`until` does not lie after `from`.')
    if (to !== BUS) await mustBeOn(ctx, to)
    const now = until > ctx.now ? ctx.now : until
    const [first, end] = await Promise.all([placeAt(ctx.table, from), placeAt(ctx.table, now)])
    const { record, change } = create(
      ctx,
      replay,
      { to, from, until: now, types, state: 'running', told: 0, startedAt: ctx.now, startedBy: ctx.actor.id, ...first, end: end.page },
      replayStarted,
    )
    return commit(ctx, [change], record)
  },
)

async function mustBeOn(ctx: Ctx, id: string): Promise<void> {
  const { state } = await find(ctx, webhook, id)
  if (state !== 'on') throw fault('conflict', 'webhook.off', 'This webhook is off. Switch it on first.')
}

export const show = action(
  'replay.show',
  () => ({ input: z.strictObject({ id: idOf(replay) }), output: view() }),
  (ctx, { id }) => find(ctx, replay, id),
)

/** Stops a replay where it stands. What is on its way to a webhook goes on. */
export const cancel = action(
  'replay.cancel',
  () => ({ input: z.strictObject({ id: idOf(replay) }), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, replay, id)
    if (before.state !== 'running') throw fault('conflict', 'replay.ended', `This replay has ended: ${before.state}.`)
    const { record, change } = alter(ctx, replay, before, { state: 'cancelled', endedAt: ctx.now }, replayEnded)
    return commit(ctx, [change], record)
  },
)

/**
 * Due work `replays`: tells the next events. They are told before it is noted how far it came, so a step that dies is made
 * again; whoever hears of an event twice knows it by its id.
 */
export function steps(bus: () => Bus) {
  return action(
    'replay.step',
    () => ({ input: dueSchema(), output: z.object({}) }),
    async (ctx, { id }) => {
      const before = await find(ctx, replay, id)
      if (before.state !== 'running') return {}
      const { page, index, end, types } = before
      const piece = await stretch(ctx.table, { page, index }, STEP, (entry) => wanted(types, entry.type), end)
      const told = await tell(ctx, bus, before, await logged(ctx.table, piece.entries))
      const state = told === undefined ? 'failed' : piece.more ? 'running' : 'done'
      const patch = { ...piece.place, told: before.told + (told ?? 0), state, ...(state !== 'running' && { endedAt: ctx.now }) } as const
      const { change } = alter(ctx, replay, before, patch, state === 'running' ? replayWentOn : replayEnded)
      await commit(ctx, [change])
      return {}
    },
  )
}

/** Deliveries begun at once. */
const ABREAST = 10

/** @returns how many were told; undefined when there is nobody any more to tell */
async function tell(
  ctx: Ctx,
  bus: () => Bus,
  { to }: ReplayRecord,
  items: Awaited<ReturnType<typeof logged>>,
): Promise<number | undefined> {
  const events = items.map(toldOf)
  if (to === BUS) {
    await bus().tell(events)
    return events.length
  }
  const hook = await find(ctx, webhook, to, { deleted: true })
  if (hook.deletedAt || hook.state !== 'on') return undefined
  for (let from = 0; from < events.length; from += ABREAST)
    await Promise.all(events.slice(from, from + ABREAST).map((told) => send(ctx, to, told)))
  return events.length
}
