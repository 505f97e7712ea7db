import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { fault, missing, type Fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { sentinelKey } from '../../kernel/place.ts'
import { idOf } from '../../kernel/record.ts'
import { customer } from '../customer/index.ts'

/** How a shop names a customer: by our id, by its own id of them, or by email. */
export const buyerShape = () => ({
  customerId: idOf(customer).optional(),
  customer: z
    .strictObject({ system: f.slug(), id: z.string().trim().min(1).max(120) })
    .optional()
    .describe('the customer’s id in another system'),
  email: z.string().max(254).trim().toLowerCase().pipe(z.email('an email address')).optional(),
})
export type Buyer = z.output<z.ZodObject<ReturnType<typeof buyerShape>>>

/** Whether exactly one of the ways is used. */
export function namesOne({ customerId, customer: external, email }: Buyer): boolean {
  return [customerId, external, email].filter((way) => way !== undefined).length === 1
}
export const NAME_ONE = 'Name the customer in exactly one way: customerId, customer, or email.'

/** The unique value that leads to a customer; undefined when named by our own id. */
function valueOf({ customer: external, email }: Buyer): string | undefined {
  return external ? `external:${external.system}:${external.id}` : email && `email:${email}`
}

/** Ids of the customers named, or why there is none: one read for all of them, none when named by id. */
export async function customerIds(ctx: Ctx, buyers: readonly Buyer[]): Promise<(string | Fault)[]> {
  const values = [...new Set(buyers.flatMap((one) => valueOf(one) ?? []))]
  const items = values.length > 0 ? await ctx.table.getAll(values.map(sentinelKey)) : []
  const found = new Map(values.map((value, at) => [value, items[at]?.['id']]))
  return buyers.map((one) => {
    const id = one.customerId ?? found.get(valueOf(one) ?? '')
    return typeof id === 'string' ? id : unknownBuyer(one)
  })
}

/** The refusal of a customer that is not there, or not the caller's to know: in the words they were named with. */
export function unknownBuyer(one: Buyer): Fault {
  if (one.customerId) return missing('customer', one.customerId)
  return fault('missing', 'customer.not_found', one.email ? 'No customer has this email.' : 'No customer has this id in that system.')
}
