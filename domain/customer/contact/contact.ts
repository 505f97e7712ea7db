import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import { externalIdsShape } from '../customer/index.ts'

/** What a person has to say in what their company buys (the buying centre: Webster & Wind 1972). */
export const contactRoles = ['decision_maker', 'influencer', 'user', 'buyer', 'gatekeeper', 'other'] as const

const personsId = () => z.string()

/** What people say of a contact. */
export const contactFileShape = () => ({
  role: z.enum(contactRoles),
  /** Their position in the company's own words. */
  title: f.line(120).optional(),
  /** What other systems call this part. */
  externalIds: externalIdsShape().optional(),
})

export const contactShape = () => ({
  personId: personsId(),
  ...contactFileShape(),
  /** Whom to call first; one of a company at most. */
  primary: z.boolean(),
})
export type Contact = z.output<z.ZodObject<ReturnType<typeof contactShape>>>

/** The same seen from the person: where they work. */
export const employerShape = () => {
  const { role, title } = contactFileShape()
  return { companyId: personsId(), role, title }
}
export type Employer = z.output<z.ZodObject<ReturnType<typeof employerShape>>>
