import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, Stale } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Fault, fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { sentinelKey } from '../../kernel/place.ts'
import { find, mustMatch, viewOf } from '../../kernel/record.ts'
import { cleanPatch, customerChanged, openFile, withoutNulls, type FilePatch } from './customer.actions.ts'
import { externalId, fileShape } from './customer.ts'
import { customer, type CustomerRecord } from './customer.store.ts'

/** Customers as another system names them: what an ERP or a shop keeps in step without knowing our ids. */

interface Named {
  system: string
  externalId: string
}
const named = () => ({ system: externalId().shape.system, externalId: externalId().shape.id })
const valueOf = ({ system, externalId: id }: Named): string => `external:${system}:${id}`

/** The customer with this id in that system; undefined when there is none. Two rounds, two units. */
async function known(ctx: Ctx, name: Named): Promise<CustomerRecord | undefined> {
  const item = await ctx.table.get(sentinelKey(valueOf(name)))
  if (typeof item?.['id'] !== 'string') return undefined
  try {
    return await find(ctx, customer, item['id'])
  } catch (error) {
    // Another's customer is named as they were asked for: our id of them is not this caller's to know.
    throw error instanceof Fault && error.kind === 'missing' ? unknown(name) : error
  }
}

function unknown({ system, externalId: id }: Named): Fault {
  return fault('missing', 'customer.not_found', `There is no customer ${id} of ${system}.`)
}

export const showBy = action(
  'customer.showBy',
  () => ({ input: z.strictObject(named()), output: viewOf(customer) }),
  async (ctx, name) => {
    const found = await known(ctx, name)
    if (!found) throw unknown(name)
    return found
  },
)

/** Opens the file of another system's customer, or changes what is given of it. What is the same already writes nothing. */
export const putBy = action(
  'customer.putBy',
  () => ({
    input: z.strictObject({ ...named(), kind: z.enum(['person', 'company']).optional(), ...f.patchOf(fileShape()) }),
    output: viewOf(customer),
  }),
  async (ctx, { system, externalId: id, kind, ...patch }) => {
    const before = await known(ctx, { system, externalId: id })
    const ids = patch.externalIds ?? (before ? undefined : [])
    const listed = ids?.some((one) => one.system === system && one.id === id)
    const own = ids && { externalIds: listed ? ids : [...ids, { system, id }] }
    if (!before) return opened(ctx, { system, externalId: id }, kind, { ...patch, ...own })
    if (kind && kind !== before.kind) throw invalid('customer.kind_stands', 'kind', `This customer is a ${before.kind}.`)
    ctx.request.existing = true
    return changed(ctx, before, { ...patch, ...own })
  },
)

async function opened(ctx: Ctx, name: Named, kind: CustomerRecord['kind'] = 'person', patch: FilePatch): Promise<CustomerRecord> {
  const {
    name: called,
    emails = [],
    phones = [],
    messaging = [],
    externalIds = [],
    addresses = [],
    interests = [],
    tags = [],
    custom = {},
    ...rest
  } = withoutNulls(patch)
  if (called === undefined) throw invalid('customer.needs_name', 'name', 'There is no such customer yet; to open their file, give a name.')
  const lists = { emails, phones, messaging, externalIds, addresses, interests, tags, custom }
  try {
    return await openFile(ctx, { ...rest, ...lists, name: called, kind, lifecycle: 'lead', allowDuplicate: true })
  } catch (error) {
    // Someone else opened the same file between our read and our write: then it is to be changed.
    if (error instanceof Fault && error.facts['value'] === valueOf(name)) throw new Stale(valueOf(name))
    throw error
  }
}

async function changed(ctx: Ctx, before: CustomerRecord, patch: FilePatch): Promise<CustomerRecord> {
  const clean = await cleanPatch(ctx, before, patch)
  await mustMatch(ctx, customer, before, clean)
  const differs = Object.entries(clean).some(
    ([field, value]) => value !== undefined && !isDeepStrictEqual(value ?? undefined, before[field as keyof CustomerRecord]),
  )
  if (!differs) return before
  const { record, change } = alter(ctx, customer, before, clean, customerChanged)
  return commit(ctx, [change], record)
}
