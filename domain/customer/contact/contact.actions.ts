import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { mustStand } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { event, type EventType } from '../../kernel/event.ts'
import { invalid, missing } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { customerIdIn, keysOf } from '../../kernel/id.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { find, idOf, mayTouch, mustMatch, viewOf } from '../../kernel/record.ts'
import { customer } from '../customer/index.ts'
import { contactFileShape, type Contact } from './contact.ts'
import { contact, contactId, employer, hold, primaryWrite, type ContactRecord, type Held } from './contact.store.ts'

export const contactAdded = event('contact.added', 'A person was named as a company’s contact')
export const contactChanged = event('contact.changed', 'A contact’s part in the company changed')
export const contactRemoved = event('contact.removed', 'A person is no longer a company’s contact')
export const employerChanged = event('employer.changed', 'Where a person works changed: the other side of a contact', { published: false })

const view = () => viewOf(contact)
const byId = () => ({ id: idOf(contact) })

/** Names a person as a company's contact, or says anew what their part is. The primary one is so instead of whoever was. */
export const add = action(
  'contact.add',
  () => ({
    input: z.strictObject({ id: idOf(customer), personId: idOf(customer), ...contactFileShape(), primary: z.boolean().default(false) }),
    output: view(),
  }),
  (ctx, { id, personId, role, title, externalIds, primary }) =>
    join(ctx, id, personId, (there) => ({ role, primary, title, externalIds: externalIds ?? there?.externalIds })),
)

/** What is said of a contact. */
type Part = { [K in keyof Omit<Contact, 'personId'>]: Contact[K] | undefined } & Pick<Contact, 'role' | 'primary'>

/** Makes a person a company's contact, or changes their part. @param part what it is to be, given what it is */
export async function join(
  ctx: Ctx,
  companyId: string,
  personId: string,
  part: (there: ContactRecord | undefined) => Part,
): Promise<ContactRecord> {
  const held = await hold(ctx, companyId, personId)
  mayJoin(ctx, companyId, held)
  const there = held.there?.deletedAt ? undefined : held.there
  const { role, primary, title, externalIds } = part(there)
  const fields: Contact = { personId, role, primary, ...(title !== undefined && { title }), ...(externalIds && { externalIds }) }
  if (!there) return write(ctx, companyId, held, fields, contactAdded)
  ctx.request.existing = true
  const same =
    there.role === role && there.title === title && there.primary === primary && isDeepStrictEqual(there.externalIds, externalIds)
  return same ? there : write(ctx, companyId, held, fields, contactChanged)
}

/** A company takes persons as contacts, both there to be seen. */
function mayJoin(ctx: Ctx, companyId: string, { company, person }: Held): void {
  for (const file of [company, person]) mustStand(file)
  if (!company || company['deletedAt'] || !mayTouch(ctx, customer, company)) throw missing('customer', companyId)
  if (company['kind'] !== 'company') throw invalid('contact.not_a_company', 'id', 'Only a company has contacts.')
  if (!person || person['deletedAt']) throw invalid('contact.unknown_person', 'personId', 'There is no such person.')
  if (person['kind'] !== 'person') throw invalid('contact.not_a_person', 'personId', 'Only a person is a contact.')
}

/** Writes a contact, its mirror with the person, and who is primary: 4 write units, 4 more when the primary changes hands. */
async function write(
  ctx: Ctx,
  companyId: string,
  { there, mirror, primaryId }: Held,
  fields: Contact,
  type: EventType,
): Promise<ContactRecord> {
  const id = contactId(companyId, fields.personId)
  const { record, change } = there
    ? alter(ctx, contact, there, { title: null, externalIds: null, ...fields, deletedAt: null }, type)
    : create(ctx, contact, fields, type, { customer: companyId, own: keysOf(fields.personId).first })
  const { role, title } = fields
  const other = mirror
    ? alter(ctx, employer, mirror, { role, title: title ?? null, deletedAt: null }, employerChanged)
    : create(ctx, employer, { companyId, role, ...(title !== undefined && { title }) }, employerChanged, {
        customer: fields.personId,
        own: keysOf(companyId).first,
      })
  const next = fields.primary ? id : primaryId === id ? undefined : primaryId
  const stepsDown = fields.primary && primaryId !== undefined && primaryId !== id ? await stepDown(ctx, primaryId) : []
  return commit(ctx, [change, other.change, ...stepsDown], record, primaryWrite(companyId, primaryId, next))
}

/** The contact who was primary until now. */
async function stepDown(ctx: Ctx, id: string): Promise<Change[]> {
  const before = await find({ ...ctx, scope: 'all' }, contact, id, { deleted: true })
  return [alter(ctx, contact, before, { primary: false }, contactChanged).change]
}

export const show = action(
  'contact.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, contact, id),
)

/** Says anew what a contact's part is. */
export const change = action(
  'contact.change',
  () => ({ input: z.strictObject({ ...byId(), ...patchOf(contactFileShape()), primary: z.boolean().optional() }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const { before, held } = await both(ctx, id)
    await mustMatch(ctx, contact, before, patch)
    const { role = before.role, primary = before.primary } = patch
    const title = patch.title === undefined ? before.title : (patch.title ?? undefined)
    const externalIds = patch.externalIds === undefined ? before.externalIds : (patch.externalIds ?? undefined)
    const fields = { personId: before.personId, role, primary, ...(title !== undefined && { title }), ...(externalIds && { externalIds }) }
    return write(ctx, customerIdIn(id), held, fields, contactChanged)
  },
)

/** Ends a contact. Named again, the person gets the same id. */
export const remove = action(
  'contact.remove',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const { before, held } = await both(ctx, id)
    await mustMatch(ctx, contact, before, {})
    const { record, change: gone } = alter(ctx, contact, before, { deletedAt: ctx.now, primary: false }, contactRemoved)
    const mirror = held.mirror ? [alter(ctx, employer, held.mirror, { deletedAt: ctx.now }, employerChanged).change] : []
    const next = held.primaryId === id ? undefined : held.primaryId
    return commit(ctx, [gone, ...mirror], record, primaryWrite(customerIdIn(id), held.primaryId, next))
  },
)

/** A contact with all that its change has to know, in one round. */
async function both(ctx: Ctx, id: string): Promise<{ before: ContactRecord; held: Held }> {
  const personId = customer.id(keysOf(id).second)
  const [before, held] = await Promise.all([find(ctx, contact, id), hold(ctx, customerIdIn(id), personId)])
  return { before, held: { ...held, there: before } }
}

const named = () => ({ name: z.string().optional().describe('of the customer at the other end, where you may see them') })

/** A company's contacts with their names. */
export const list = action(
  'contact.list',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput() }), output: pageOf(partialView(contact, named())) }),
  async (ctx, { id, ...input }) => {
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, contact, collection(contact, id), input)])
    const names = await namesOf(
      ctx,
      page.items.flatMap((one) => one.personId ?? []),
    )
    return { ...page, items: page.items.map((one) => ({ ...one, ...nameIn(names, one.personId) })) }
  },
)

/** Where a person works. */
export const employers = action(
  'contact.employers',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput() }), output: pageOf(partialView(employer, named())) }),
  async (ctx, { id, ...input }) => {
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, employer, collection(employer, id), input)])
    const names = await namesOf(
      ctx,
      page.items.flatMap((one) => one.companyId ?? []),
    )
    return { ...page, items: page.items.map((one) => ({ ...one, ...nameIn(names, one.companyId) })) }
  },
)

/** Names of customers that the caller may see: one read for a page of them. */
async function namesOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const items = await ctx.table.getAll(ids.map((id) => placeOf(customer, id)))
  const seen = items.filter((item) => item !== undefined).filter((item) => !item['deletedAt'] && mayTouch(ctx, customer, item))
  return new Map(seen.map((item) => [String(item['id']), String(item['name'])]))
}

function nameIn(names: ReadonlyMap<string, string>, id: string | undefined): { name?: string } {
  const name = names.get(id ?? '')
  return name === undefined ? {} : { name }
}
