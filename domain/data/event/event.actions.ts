import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import { kindOfId, type KindFacts } from '../../kernel/catalogue.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { invalid, missing } from '../../kernel/fault.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { page, pageInput, pageOf, type Stretch } from '../../kernel/page.ts'
import { logPrefix } from '../../kernel/place.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { find, idOf, mayTouch } from '../../kernel/record.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { latest, placeAt, START, stretch, type Place } from './feed.ts'
import { eventIn, logged, ofCustomer, toldOf } from './log.ts'
import { mustExist, typePattern, wanted } from './type.ts'

const change = () => z.union([z.literal('private'), z.object({ from: z.unknown().optional(), to: z.unknown().optional() })])
const changes = () => z.record(z.string(), change()).describe('by field; `private` for personal values, which no event tells')

const happened = () =>
  z.object({
    id: z.string(),
    type: z.string(),
    at: z.string(),
    actor: z.string().describe('the person, the machine client, or the reaction or schedule that did it'),
    action: z.string(),
    request: z.string(),
    noun: z.string(),
    recordId: z.string(),
    version: z.int(),
    customerId: z.string().optional(),
    changed: changes(),
  })

/** A CloudEvent, as webhooks and the bus have it. */
const told = () =>
  z.object({
    specversion: z.string(),
    id: z.string().describe('record id and version: the same however often it is told'),
    source: z.string(),
    type: z.string(),
    time: z.string(),
    subject: z.string(),
    datacontenttype: z.string(),
    sequence: z.string().describe('sorts as text in the order of a customer’s changes'),
    data: happened(),
  })

const PLACE = /^(\d{1,12})\.(\d{1,4})$/
const textOf = ({ page: number, index }: Place): string => `${number}.${index}`

/** Events at a time of the feed; a client that polls wants few round trips. */
const feedLimit = () => z.coerce.number().int().min(1).max(100).default(50).describe('events at a time, at most')

/**
 * All events in the order in which the product saw them, from a place on: the pull twin of webhooks. The answer's `after` is
 * where to go on, for ever; what is late is seen late, and nothing is left out.
 */
export const feed = action(
  'event.feed',
  () => ({
    input: z.strictObject({
      after: z
        .union([z.string().regex(PLACE), z.literal('end'), z.iso.datetime()])
        .optional()
        .describe('`after` of the answer before; a time; `end` for what comes from now on; the beginning when not given'),
      type: z.string().max(500).optional().describe('types of event, comma-separated: `deal.won`, `purchase.*`'),
      limit: feedLimit(),
    }),
    output: z.object({
      items: z.array(told()),
      after: z.string().describe('where to go on'),
      more: z.boolean().describe('whether there is more already; else ask again in a while'),
    }),
  }),
  async (ctx, { after, type, limit }) => {
    const patterns = type === undefined ? ['*'] : typesIn(type)
    if (type !== undefined) mustExist(ctx.catalogue(), patterns, 'type')
    const from = await placeIn(ctx, after)
    const { entries, place, more } = await stretch(ctx.table, from, limit, (entry) => wanted(patterns, entry.type))
    const items = await logged(ctx.table, entries)
    return { items: items.map(toldOf), after: textOf(place), more }
  },
)

function typesIn(text: string): string[] {
  const patterns = text.split(',').map((one) => one.trim())
  const wrong = patterns.find((one) => !typePattern().safeParse(one).success)
  if (wrong !== undefined) throw invalid('event.type_unknown', 'type', `${wrong} is not a type of event such as deal.won or deal.*`)
  return patterns
}

async function placeIn(ctx: Ctx, after: string | undefined): Promise<Place> {
  if (after === undefined) return START
  if (after === 'end') return { page: (await latest(ctx.table)).number + 1, index: 0 }
  const [, number, index] = PLACE.exec(after) ?? []
  return number === undefined ? placeAt(ctx.table, after) : { page: Math.max(1, Number(number)), index: Number(index) }
}

const pages = () => {
  const { limit, cursor } = pageInput()
  return { limit, cursor }
}

/** What happened to a customer and all that is theirs, files they absorbed included, newest first, as far as the caller may read those kinds of record. */
export const ofOne = action(
  'event.of_customer',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pages() }), output: pageOf(told()) }),
  async (ctx, { id, ...input }) => {
    const { absorbed = [] } = await find(ctx, customer, id, { deleted: true })
    const places = [id, ...absorbed].map((one): Stretch => ({ index: 'list', pk: ofCustomer(one), begins: '' }))
    const { items, nextCursor } = await page(ctx, places, input, { descending: true })
    const events = (await logged(ctx.table, items.map(keyOf))).map(toldOf)
    const { kinds } = ctx.catalogue()
    const readable = events.filter(({ data }) => {
      const kind = kinds.get(data.noun)
      return kind !== undefined && scopeOf(ctx.actor, kind.read) !== undefined
    })
    return { items: readable, ...(nextCursor && { nextCursor }) }
  },
)

const keyOf = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) })

/** Who changed what of a record, from what, to what, when and through which action: newest first, or one field's alone. */
export const history = action(
  'event.history',
  () => ({
    input: z.strictObject({
      id: z.string().regex(/^[a-z]{2,4}_[0-9A-Za-z]{20,40}$/, 'an id of any record'),
      ...pages(),
      field: z.string().min(1).max(100).optional().describe('only changes of this field; a page may then be short'),
    }),
    output: pageOf(happened()),
  }),
  async (ctx, { id, field, ...input }) => {
    const kind = kindOfId(ctx.catalogue(), id)
    if (!kind) throw missing('record', id)
    await mustSee(ctx, kind, id)
    const place = placeOf(kind, id)
    const { items, nextCursor } = await page(ctx, [{ pk: place.pk, begins: logPrefix(place) }], input, { descending: true })
    const events = items.map(eventIn).filter(({ changed }) => field === undefined || Object.hasOwn(changed, field))
    return { items: events, ...(nextCursor && { nextCursor }) }
  },
)

/** Holds that the caller may read a record of its kind, deleted or not. @throws Fault `missing` */
async function mustSee(ctx: Ctx, kind: KindFacts, id: string): Promise<void> {
  const scope = scopeOf(ctx.actor, kind.read)
  const ofACustomer = kind.home === 'customer' || kind.noun === 'customer'
  const keys = [placeOf(kind, id), ...(ofACustomer ? [placeOf({ noun: 'customer', home: 'workspace' }, customerIdIn(id))] : [])]
  const [item, owner] = await ctx.table.getAll(keys)
  if (!scope || !item || !mayTouch({ ...ctx, scope }, kind, item, owner)) throw missing('record', id)
}
