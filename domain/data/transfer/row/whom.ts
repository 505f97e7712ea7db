import type { Ctx } from '../../../kernel/context.ts'
import { fault, type Fault } from '../../../kernel/fault.ts'
import { sentinelKey } from '../../../kernel/place.ts'
import { customer, normalised } from '../../../customer/customer/index.ts'

/** How a row names a customer. */
export interface Named {
  id?: string
  email?: string
  phone?: string
  external?: { system: string; id: string }
}

/** A customer's id, or the unique value that leads to it. @throws Fault `invalid` for a phone number that is none */
export async function valueOf(ctx: Ctx, { id, email, phone, external }: Named): Promise<{ id: string } | { value: string } | undefined> {
  if (id !== undefined) return { id }
  // Another CRM's export may name several: the first is the one it shows.
  if (external) return { value: `external:${external.system}:${external.id.split(';')[0]?.trim() ?? ''}` }
  if (email !== undefined) return { value: `email:${email.toLowerCase()}` }
  if (phone === undefined) return undefined
  const { phones } = await normalised(ctx, { phones: [{ number: phone }] }, 'person')
  return { value: `phone:${phones[0]?.number ?? ''}` }
}

/** Ids by unique value, as they are now: a read unit each. */
export async function idsOf(ctx: Pick<Ctx, 'table'>, values: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(values)]
  const found = new Map<string, string>()
  const parts = Array.from({ length: Math.ceil(wanted.length / 100) }, (_, part) => wanted.slice(part * 100, part * 100 + 100))
  const items = await Promise.all(parts.map((part) => ctx.table.getAll(part.map(sentinelKey))))
  for (const [at, item] of items.flat().entries()) {
    const value = wanted[at]
    if (value !== undefined && typeof item?.['id'] === 'string') found.set(value, item['id'])
  }
  return found
}

/** The refusal of a row whose customer is not there, in words that hold no value of the row. */
export function unknownCustomer(of = 'customer'): Fault {
  const message = of === 'customer' ? 'No customer has this identity.' : `No customer has the identity of this ${of}.`
  return fault('missing', 'customer.not_found', message, { errors: [{ path: `@${of}`, code: 'customer.not_found', message }] })
}

/** The refusal of a row that is to change what is not there. */
export function unknownRecord(noun: string): Fault {
  const message = `No ${noun} has this id.`
  return fault('missing', `${noun}.not_found`, message, { errors: [{ path: 'externalIds', code: `${noun}.not_found`, message }] })
}

export const isCustomerId = (id: string): boolean => customer.is(id)
