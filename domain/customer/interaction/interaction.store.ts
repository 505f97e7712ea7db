import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { interactionShape } from './interaction.ts'

/** One touch between the customer and the company, in the customer's partition by the time it happened. One write unit. */
export const interaction = entity({
  noun: 'interaction',
  prefix: 'int',
  home: 'customer',
  fields: () => z.object(interactionShape()),
  responsible: 'byId',
  personal: ['subject', 'body'],
})
export type InteractionRecord = RecordOf<typeof interaction>
