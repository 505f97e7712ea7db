import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { countingOf, modelOf, readTallies } from '../statistics/index.ts'
import { measure, populationShape, type Population } from './population.ts'

/** The workspace's customers in numbers: one record, measured anew every day. */
export const population = entity({
  noun: 'population',
  prefix: 'pop',
  home: 'workspace',
  single: true,
  fields: () => z.object(populationShape()),
})
type PopulationRecord = RecordOf<typeof population>

export const populationMeasured = event('population.measured', 'All customers were measured for their quintiles', { published: false })

const KEY = '0'.repeat(KEY_LENGTH)

/** A measurement this young is given back as it is: several runs at once make one. Milliseconds. */
const FRESH_MS = 60_000

/** A population of so few cells is read as it is now; a larger one's quintiles hardly move within a day. */
const FEW_CELLS = 3_000

async function lastMeasured(ctx: Ctx): Promise<PopulationRecord | undefined> {
  const item = await ctx.table.get(placeOf(population, population.id(KEY)))
  return item && recordIn<'population', Population>(item)
}

async function measured(ctx: Ctx, before: Population | undefined): Promise<Population> {
  const [{ ready }, model, { timeZone }] = await Promise.all([countingOf(ctx), modelOf(ctx), workspaceOf(ctx)])
  const today = dayNumberIn(ctx.now, timeZone)
  return measure(await readTallies(ctx, ready), model.rhythm, { now: ctx.now, today }, before?.months)
}

/**
 * The population by which customers are scored, kept by a warm function for half a minute. Of a small workspace it is read
 * from the cells as they are: up to 40 units. Of a large one it is yesterday's: 1 unit.
 */
export function populationOf(ctx: Ctx): Promise<Population> {
  return ctx.memo.get('population', ctx.now, async () => {
    const last = await lastMeasured(ctx)
    return last && last.cells > FEW_CELLS ? last : measured(ctx, last)
  })
}

/** Measures the population, daily: a read of all cells (0.5 unit for about 40 of them) and one record. */
export const measureAll = action(
  'rfm.measure',
  () => ({ input: z.strictObject({}), output: z.object({ customers: z.int(), cells: z.int() }) }),
  async (ctx) => {
    const before = await lastMeasured(ctx)
    if (before && later(before.measuredAt, FRESH_MS) > ctx.now) return before
    const fields = await measured(ctx, before)
    const { record, change } = before
      ? alter(ctx, population, before, fields, populationMeasured)
      : create(ctx, population, fields, populationMeasured, { own: KEY })
    await commit(ctx, [change])
    ctx.memo.drop('population')
    return record
  },
)
