import type { Crm, Reply } from '../../support/crm.ts'

/** The people of a workspace of two teams, as `as` takes them. */
export interface Parties {
  /** Owns what is seeded. */
  owner: string
  /** Of the owner's team. */
  teammate: string
  lead: string
  /** Of the other team. */
  stranger: string
  otherLead: string
  service: string
  viewer: string
  ownerId: string
  teamId: string
  otherTeamId: string
}

async function made(crm: Crm, path: string, body: object): Promise<string> {
  const reply: Reply = await crm.call('POST', path, { body })
  if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return String(reply.body['id'])
}

/** Two teams with an account manager or two and a manager each, and people beside them. */
export async function parties(crm: Crm): Promise<Parties> {
  const [teamId, otherTeamId] = [await made(crm, '/teams', { name: 'North' }), await made(crm, '/teams', { name: 'South' })]
  const person = async (name: string, role: string, team?: string) => {
    const id = await made(crm, '/users', { name, email: `${name}@example.com`, roles: [role], ...(team && { teamId: team }) })
    return `${id}:${role}`
  }
  const owner = await person('owner', 'sales', teamId)
  return {
    owner,
    teammate: await person('teammate', 'sales', teamId),
    lead: await person('lead', 'manager', teamId),
    stranger: await person('stranger', 'sales', otherTeamId),
    otherLead: await person('otherlead', 'manager', otherTeamId),
    service: await person('service', 'service'),
    viewer: await person('viewer', 'viewer'),
    ownerId: owner.split(':')[0] ?? '',
    teamId,
    otherTeamId,
  }
}
