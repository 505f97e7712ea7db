import * as z from 'zod'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'

/** Fields of the customer file by which the rhythm may be fitted apart. Not the lifecycle: it follows from the warnings. */
export const segmentFields = ['none', 'country', 'source', 'kind'] as const
export type SegmentField = (typeof segmentFields)[number]

/** Most warnings that become work for one account manager on a day: each is a record of one transaction. */
const MOST_WARNINGS = 50

/** What a workspace decides about insight. */
export const settingsShape = () => ({
  /** Churn warnings that become work for one account manager on a day; the others wait, the largest value first. */
  warningsPerDay: z.int().min(1).max(MOST_WARNINGS),
  /** Share of the spend that is kept. */
  margin: z.number().gt(0).max(1),
  /** Discount of future spend per month: 0.01 for 1 %. */
  monthlyDiscount: z.number().min(0).max(0.2),
  /** The field by which rhythm is fitted apart where there is data; `none`: one model for all. */
  segmentBy: z.enum(segmentFields),
})
export type Settings = z.output<z.ZodObject<ReturnType<typeof settingsShape>>>

/** What holds before anyone has said anything: value is revenue, discounted by 1 % a month. */
export const newSettings: Settings = { warningsPerDay: 20, margin: 1, monthlyDiscount: 0.01, segmentBy: 'none' }

/** How a workspace wants insight to work; the workspace has one. */
export const insightSettings = entity({
  noun: 'insight_settings',
  prefix: 'ise',
  home: 'workspace',
  single: true,
  fields: () => z.object(settingsShape()),
})
export type SettingsRecord = RecordOf<typeof insightSettings>

const SETTINGS_KEY = '0'.repeat(KEY_LENGTH)
export const SETTINGS_ID = insightSettings.id(SETTINGS_KEY)
export const SETTINGS_PLACE = placeOf(insightSettings, SETTINGS_ID)

/** The settings as they stand; version 0 is the product's own. */
export function settingsIn(item: Item | undefined): SettingsRecord {
  if (item) return recordIn<'insight_settings', Settings>(item)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...newSettings, id: SETTINGS_ID, version: 0, createdAt: start, updatedAt: start }
}
