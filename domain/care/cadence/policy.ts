import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/** The longest cadence. Days. */
const LONGEST_DAYS = 730

/** How a workspace looks after its customers. */
export const policyShape = () => ({
  /** Days after which a customer of a tier is contacted again; null: no regular contact. A tier not named has none. */
  cadenceDays: z.record(f.slug(), z.int().min(1).max(LONGEST_DAYS).nullable()).refine((tiers) => Object.keys(tiers).length <= 30, 'at most 30 tiers'),
  /** Contacts one person can make on a working day: planned revisits beyond it wait for the next. */
  capacityPerDay: z.int().min(1).max(100),
  /** ISO 8601 days of the week: 1 Monday to 7 Sunday. */
  workDays: z.array(z.int().min(1).max(7)).min(1).max(7).refine((days) => new Set(days).size === days.length, 'a day is given twice'),
  /** When a working day begins, in the workspace's time zone. */
  startsAt: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 09:00'),
  /** Days on which nobody works: public holidays. */
  daysOff: z.array(f.day()).max(100),
  /** After a contact that reached nobody, the next try. Days. */
  retryDays: z.int().min(1).max(60),
})
export type Policy = z.output<z.ZodObject<ReturnType<typeof policyShape>>>

/** The product's own policy, until the workspace has one. */
export const newPolicy: Policy = {
  cadenceDays: { 'black-gold': 14, diamond: 30, platinum: 60, gold: 90, jade: 180, crystal: null },
  capacityPerDay: 12,
  workDays: [1, 2, 3, 4, 5],
  startsAt: '09:00',
  daysOff: [],
  retryDays: 3,
}
