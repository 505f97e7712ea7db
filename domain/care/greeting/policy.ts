import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import { occasions } from './festival.ts'
import { MOST_AHEAD } from './greeting.ts'

const text = () => f.line(300).optional()

const rule = () =>
  z.strictObject({
    occasion: z.enum(occasions),
    tiers: z.array(f.slug()).min(1).max(30).optional().describe('only customers of these tiers; of any unless given'),
    languages: z
      .array(f.language())
      .min(1)
      .max(10)
      .optional()
      .describe('only customers who speak one of these: zh stands for zh-Hant, zh-TW and so on'),
    daysAhead: z.int().min(0).max(MOST_AHEAD).describe('how long before the day the greeting is prepared'),
    as: z.enum(['task', 'message']).describe('a task for the account manager, or a message for the channel that sends'),
    texts: z
      .strictObject({ en: text(), 'zh-Hant': text(), 'zh-Hans': text() })
      .optional()
      .describe('own words, with {name} and {years}; the product’s where none are given'),
  })
export type Rule = z.output<ReturnType<typeof rule>>

/** Whom a workspace greets on which days, and how. */
export const policyShape = () => ({
  occasions: z
    .array(rule())
    .max(occasions.length)
    .refine((all) => new Set(all.map((one) => one.occasion)).size === all.length, 'an occasion is given twice'),
  /** When who was born on the 29th of February is greeted in other years. */
  leapDay: z.enum(['february_28', 'march_1']),
})
export type Policy = z.output<z.ZodObject<ReturnType<typeof policyShape>>>

const high = ['black-gold', 'diamond', 'platinum', 'gold']

/** The product's own policy, until the workspace has one: the higher tiers, and Chinese festivals for who speaks Chinese. */
export const newPolicy: Policy = {
  occasions: [
    { occasion: 'birthday', tiers: high, daysAhead: 3, as: 'task' },
    { occasion: 'anniversary', tiers: high.slice(0, 2), daysAhead: 3, as: 'task' },
    { occasion: 'spring_festival', tiers: high.slice(0, 3), languages: ['zh'], daysAhead: 7, as: 'task' },
    { occasion: 'mid_autumn', tiers: high.slice(0, 3), languages: ['zh'], daysAhead: 7, as: 'task' },
  ],
  leapDay: 'february_28',
}

/** Whether a rule is meant for a customer; else why not. */
export function exclusion(rule: Rule, tier: string | undefined, language: string): string | undefined {
  if (rule.tiers && (tier === undefined || !rule.tiers.includes(tier))) return `for ${rule.tiers.join(', ')} only`
  const speaks = rule.languages?.some((one) => language === one || language.startsWith(`${one}-`))
  return rule.languages && !speaks ? `for who speaks ${rule.languages.join(', ')} only` : undefined
}
