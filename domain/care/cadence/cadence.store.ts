import * as z from 'zod'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import type { CustomerRecord } from '../../customer/customer/index.ts'
import { standingHead, type Head } from '../../insight/rhythm/index.ts'
import { tier } from '../../insight/tier/index.ts'
import { cadenceShape } from './cadence.ts'

/** A customer's plan of contacts: one each, beside the file. */
export const cadence = entity({
  noun: 'cadence',
  prefix: 'cad',
  home: 'customer',
  single: true,
  fields: () => z.object(cadenceShape()),
  personal: ['wanted'],
  due: { on: ['timerAt'], key: ({ timerAt }) => (timerAt === undefined ? undefined : { job: 'revisits', at: timerAt }) },
})
export type CadenceRecord = RecordOf<typeof cadence>

/** The product's own bookkeeping: in the log, not on the bus. */
export const cadenceMoved = event('cadence.moved', 'A customer’s plan of contacts was looked at and moved', { published: false })

/** Where a customer stands, as the plan sees it. */
export interface Standing {
  customerId: string
  /** The customer file; absent when there is none, or it is in the bin. */
  file?: CustomerRecord
  /** They were erased: what is told of them late changes nothing any more. */
  erased?: true
  plan?: CadenceRecord
  tier?: string
  lastPurchaseAt?: Instant
}

/** Where a customer stands, or whom they were merged into: one strongly consistent read, usually of one unit. */
export async function standingOf(ctx: Ctx, customerId: string): Promise<Standing> {
  const head = await standingHead(ctx, customerId)
  return standingIn(head.customer?.id ?? customerId, head)
}

/** Where a customer stands, from the head of their partition. */
export function standingIn(customerId: string, head: Head): Standing {
  const { customer: file, history: past } = head
  const plan = head.single(cadence)
  const member = head.single(tier)
  return {
    customerId,
    ...(file && !file.deletedAt && { file }),
    ...(file?.erasedAt !== undefined && { erased: true as const }),
    ...(plan && { plan }),
    ...(member?.tier !== undefined && !member.deletedAt && { tier: member.tier }),
    ...(past && { lastPurchaseAt: past.lastAt }),
  }
}
