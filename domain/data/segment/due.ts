import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { dueSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { placeOf } from '../../kernel/entity.ts'
import { keep } from './keep.ts'
import { countStep, segmentCount } from './preview.ts'
import { segmentsOf } from './registry.ts'
import { clock, clockIn, segment } from './segment.store.ts'
import { step } from './walk.ts'

/**
 * What time brings: the next step of a walk or a count, or a customer for whom time alone changes a segment. The customer is looked at
 * for all rules that speak of time, and their clock is set to the next such moment.
 */
export const elapse = action(
  'segment.elapse',
  () => ({ input: dueSchema(), output: z.object({ outcome: z.enum(['not_due', 'began', 'walked', 'done', 'looked']) }) }),
  async (ctx, { id }) => {
    if (segment.is(id)) return { outcome: await step(ctx, id) }
    if (segmentCount.is(id)) return { outcome: await countStep(ctx, id) }
    const timer = clockIn(await ctx.table.get(placeOf(clock, id)))
    if (!timer?.dueAt || timer.dueAt > ctx.now) return { outcome: 'not_due' as const }
    const timed = (await segmentsOf(ctx)).filter((one) => one.timed)
    await keep(ctx, customerIdIn(id), timed, { all: true })
    return { outcome: 'looked' as const }
  },
)
