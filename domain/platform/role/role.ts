import type { Grants, Role } from '../../kernel/permission.ts'

/** The roles every workspace has. A workspace may add its own; these it cannot change. */
export const builtInRoles = {
  admin: {
    description: 'Everything, the workspace’s settings and people included.',
    grants: { '*': 'all' },
  },
  manager: {
    description: 'Leads a team: all of its customers and work, policies included, people and settings excluded.',
    grants: {
      '*:read': 'all', '*:write': 'team', '*:delete': 'team', 'customer:assign': 'team', 'tier:override': 'team', 'tier:policy': 'all',
      'user:write': 'none', 'user:delete': 'none', 'team:write': 'none', 'team:delete': 'none', 'role:write': 'none', 'role:delete': 'none', 'workspace:write': 'none',
      'purchase:write': 'all', 'pipeline:write': 'all', 'pipeline:delete': 'all',
    },
  },
  sales: {
    description: 'An account manager: reads the team’s customers, changes their own and those of their own work.',
    grants: {
      '*:read': 'team', 'user:read': 'all', 'team:read': 'all', 'role:read': 'all', 'workspace:read': 'all', 'pipeline:read': 'all',
      'customer:write': 'own', 'contact:write': 'own', 'interaction:write': 'team', 'deal:write': 'own', 'deal:delete': 'own', 'task:write': 'own', 'task:delete': 'own', 'warning:write': 'own', 'ticket:write': 'team',
    },
  },
  service: {
    description: 'Answers customers: every ticket and customer file, without deals and settings.',
    grants: {
      'customer:read': 'all', 'contact:read': 'all', 'contact:write': 'all', 'interaction:*': 'all', 'purchase:read': 'all', 'ticket:read': 'all', 'ticket:write': 'all', 'task:read': 'all', 'task:write': 'all', 'cadence:read': 'all', 'rhythm:read': 'all', 'model:read': 'all',
      'warning:read': 'all', 'tier:read': 'all', 'user:read': 'all', 'team:read': 'all', 'role:read': 'all', 'workspace:read': 'all',
    },
  },
  viewer: {
    description: 'Reads everything, changes nothing.',
    grants: { '*:read': 'all' },
  },
  integration: {
    description: 'The company’s own systems: shop, billing, website.',
    grants: { '*:read': 'all', 'customer:write': 'all', 'contact:write': 'all', 'purchase:write': 'all', 'interaction:write': 'all', 'ticket:write': 'all', 'deal:write': 'all' },
  },
} as const satisfies Record<string, { description: string; grants: Grants }>

export type BuiltInRole = keyof typeof builtInRoles

/** A built-in role by name; undefined for names the workspace made. */
export function builtInRole(name: string): Role | undefined {
  const found = Object.entries(builtInRoles).find(([known]) => known === name)
  return found && { name: found[0], ...found[1] }
}
