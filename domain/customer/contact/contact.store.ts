import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { keysOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item } from '../../kernel/table/table.ts'
import { customer, namesOf } from '../customer/index.ts'
import { contactShape, employerShape, type Contact, type Employer } from './contact.ts'

/** A person's part in a company. Lives with the company; its own key is the person's, so a person has one part in each. */
export const contact = entity({
  noun: 'contact',
  prefix: 'con',
  home: 'customer',
  fields: () => z.object(contactShape()),
  unique: { on: ['externalIds'], values: (fields) => namesOf('contact', fields), fault: 'contact.identity_taken' },
  personal: ['title', 'externalIds'],
})
export type ContactRecord = RecordOf<typeof contact>

/** The same seen from the person: lives with the person, written with the contact. */
export const employer = entity({
  noun: 'employer',
  prefix: 'emp',
  home: 'customer',
  fields: () => z.object(employerShape()),
  personal: ['title'],
})
export type EmployerRecord = RecordOf<typeof employer>

export const contactId = (companyId: string, personId: string): ContactRecord['id'] => contact.id(keysOf(personId).first, companyId)
export const employerId = (companyId: string, personId: string): EmployerRecord['id'] => employer.id(keysOf(companyId).first, personId)

/** Where a company names its primary contact: one place, so that two cannot be primary however they race. */
function primaryPlace(companyId: string): { pk: string; sk: string } {
  return { pk: placeOf(customer, companyId).pk, sk: 'primary-contact' }
}

/** All that adding or changing a contact has to know, in one read. */
export interface Held {
  company: Item | undefined
  person: Item | undefined
  /** In the bin too: who comes back gets the same id. */
  there: ContactRecord | undefined
  mirror: EmployerRecord | undefined
  /** The id of the company's primary contact. */
  primaryId: string | undefined
}

export async function hold(ctx: Ctx, companyId: string, personId: string): Promise<Held> {
  const places = [
    placeOf(customer, companyId),
    placeOf(customer, personId),
    placeOf(contact, contactId(companyId, personId)),
    placeOf(employer, employerId(companyId, personId)),
    primaryPlace(companyId),
  ]
  const [company, person, there, mirror, pointer] = await ctx.table.getAll(places)
  return {
    company,
    person,
    there: there && recordIn<'contact', Contact>(there),
    mirror: mirror && recordIn<'employer', Employer>(mirror),
    primaryId: typeof pointer?.['contactId'] === 'string' ? pointer['contactId'] : undefined,
  }
}

/** Leaves a company without a primary contact, when it was this one. */
export async function forgetPrimary(ctx: Ctx, companyId: string, id: string): Promise<void> {
  await ctx.table.write({ delete: primaryPlace(companyId), if: { equals: { contactId: id } } })
}

/** The write that makes a contact the primary one, or makes none; refused when another became it meanwhile. */
export function primaryWrite(companyId: string, before: string | undefined, after: string | undefined): Write[] {
  if (before === after) return []
  const place = primaryPlace(companyId)
  const unchanged = { equals: { contactId: before } }
  return [after === undefined ? { delete: place, if: unchanged } : { put: { ...place, contactId: after }, if: unchanged }]
}
