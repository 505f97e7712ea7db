import * as z from 'zod'
import { consentShape } from '../../customer/consent/index.ts'
import { event } from '../../kernel/event.ts'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'

/** Told of the survivor, and of the file that it absorbed; and when a merge is undone, of both again. */
export const customerMerged = event('customer.merged', 'A customer file took in another one')
export const customerAbsorbed = event('customer.absorbed', 'A customer file was merged into another one')
export const customerParted = event('customer.parted', 'A merge was undone: the survivor gave up the other file')
export const customerReleased = event('customer.released', 'A merge was undone: the absorbed file stands by itself again')
export const mergeMade = event('merge.made', 'Two customer files were merged')
export const mergeUndone = event('merge.undone', 'A merge of two customer files was undone')
/** What heads an absorbed customer's partition (tier, points, timers) is set aside as it is, and put back. */
export const headSetAside = event('merge.set_aside', 'What a merge sets aside', { published: false })
export const headPutBack = event('merge.put_back', 'What an undone merge puts back', { published: false })

const values = () => z.record(z.string(), z.unknown())

export const mergeShape = () => ({
  survivorId: z.string(),
  absorbedId: z.string(),
  state: z.enum(['standing', 'undone']),
  byId: z.string(),
  undoneAt: f.instant().optional(),
  undoneBy: z.string().optional(),
  /** Fields of the survivor's file that changed. */
  fields: z.array(z.string()),
  /** What they said before, and what the merge made them say; a field that said nothing is left out. */
  before: values(),
  after: values(),
  /** The survivor's history before, if there was one, and the version the merge gave it. */
  history: z.object({ before: values().optional(), version: z.int().optional(), theirs: z.boolean() }),
  /** The survivor's tier before the merge, if there was one, and what a person had decided of the tier it has since. */
  tier: z.object({ before: values().optional(), override: values().optional() }),
  /** What the survivor had agreed to and withdrawn before; absent in merges of before 0.3.0, which took nothing over. */
  consent: consentShape().standings.optional(),
  /** Points that came over, by lot, and what was owed. */
  points: z.object({ lots: z.record(z.string(), z.int()), owed: z.int() }).optional(),
})

/** A merge of two files, with all that undoing it takes. Lives with the survivor. */
export const merge = entity({
  noun: 'merge',
  prefix: 'mrg',
  home: 'customer',
  fields: () => z.object(mergeShape()),
  personal: ['before', 'after', 'tier'],
})
export type MergeRecord = RecordOf<typeof merge>

/** A merge as it leaves: who, when, which fields; not the values. */
export const mergeView = () => {
  const { survivorId, absorbedId, state, byId, undoneAt, undoneBy, fields } = mergeShape()
  return z.object({
    id: z.string(),
    version: z.int(),
    survivorId,
    absorbedId,
    state,
    byId,
    createdAt: z.iso.datetime(),
    undoneAt,
    undoneBy,
    fields,
  })
}
