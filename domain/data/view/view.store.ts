import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { viewShape } from './view.ts'

/** A list as somebody likes to see it: its filters, columns and order. */
export const view = entity({
  noun: 'view',
  prefix: 'vie',
  home: 'workspace',
  fields: () => z.object(viewShape()),
  row: ['kind', 'name', 'filters', 'columns', 'order', 'shared', 'ownerId', 'teamId'],
  list: {
    on: ['shared', 'teamId', 'name'],
    key: ({ shared, teamId, name }) => {
      if (shared === 'me') return undefined
      return { facet: shared === 'team' ? `team ${teamId ?? ''}` : 'workspace', order: name.toLowerCase().slice(0, 60) }
    },
  },
  owner: { on: ['ownerId', 'name'], key: ({ ownerId, name }) => ({ user: ownerId, state: 'own', at: name.toLowerCase().slice(0, 60) }) },
})
export type ViewRecord = RecordOf<typeof view>

export const viewSaved = event('view.saved', 'A view of a list was saved')
export const viewChanged = event('view.changed', 'A saved view changed')
export const viewDeleted = event('view.deleted', 'A saved view was deleted')
