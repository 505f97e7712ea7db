import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { modelOf } from '../statistics/index.ts'
import { defaultRates, ratesShape, type Pricing, type Rates, type RatesInForce } from './rates.ts'

/** The workspace's rates: those in force, and beside them each version as it was, since what was booked names its version. */
export const costRates = entity({ noun: 'costrates', prefix: 'crt', home: 'workspace', fields: () => z.object(ratesShape()) })
export type RatesRecord = RecordOf<typeof costRates>

/** Own key of the rates in force, and of a version. */
export const IN_FORCE = '0'.repeat(KEY_LENGTH)
export const versionKey = (version: number): string => String(version).padStart(KEY_LENGTH, '0')

/** The rates in force; version 0 is the product's own. */
export async function readRates(ctx: Ctx): Promise<RatesRecord> {
  const id = costRates.id(IN_FORCE)
  const item = await ctx.table.get(placeOf(costRates, id))
  if (item) return recordIn<'costrates', Rates>(item)
  const { currency } = await workspaceOf(ctx)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...defaultRates(currency), id, version: 0, createdAt: start, updatedAt: start }
}

/** The same, kept by a warm function for half a minute. */
export function ratesOf(ctx: Ctx): Promise<RatesInForce> {
  return ctx.memo.get('cost rates', ctx.now, () => readRates(ctx))
}

/** The rates with the workspace's margin: the same one by which lifetime value is counted. */
export async function pricingOf(ctx: Ctx): Promise<Pricing> {
  const [rates, { settings }] = await Promise.all([ratesOf(ctx), modelOf(ctx)])
  return { ...rates, margin: settings.margin }
}
