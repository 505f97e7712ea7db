import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { change, show, workspaceChanged } from './workspace.actions.ts'
import { workspace } from './workspace.store.ts'

export { workspace, workspaceOf } from './workspace.store.ts'
export { customSchema, newWorkspace, type CustomField, type Workspace } from './workspace.ts'

export default module('workspace', {
  verbs: ['read', 'write'],
  entities: [workspace],
  events: [workspaceChanged],
  routes: [
    route('GET /workspace', show, { can: 'workspace:read', summary: 'Settings of the workspace' }),
    route('PATCH /workspace', change, {
      can: 'workspace:write',
      summary: 'Change settings of the workspace',
      example: { currency: 'CNY', timeZone: 'Asia/Shanghai' },
      faults: ['workspace.currency_in_use', 'custom_field.twice', 'custom_field.no_choices'],
    }),
  ],
})
