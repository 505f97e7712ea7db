import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'

export const teamShape = () => ({
  name: f.line(120),
  /** Who leads it; need not be a member. */
  leadId: z.string().max(64).optional(),
})

/** People who work on customers together: what scope `team` covers. Its members are the users that name it. */
export const team = entity({
  noun: 'team',
  prefix: 'tea',
  home: 'workspace',
  fields: () => z.object(teamShape()),
  row: ['name', 'leadId'],
  list: { on: ['name'], key: ({ name }) => ({ facet: 'all', order: name.toLowerCase() }) },
})
export type TeamRecord = RecordOf<typeof team>
