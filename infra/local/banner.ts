import type { Local } from './local.ts'

/** A route that needs a token and no parameters, to show a request that works when pasted. */
const examplePath = (local: Local): string => {
  const routes = local.specification.apis.flatMap((api) => api.routes).filter((route) => route.jwt !== undefined)
  const plain = routes.map((route) => route.key).filter((key) => key.startsWith('GET ') && !key.includes('{'))
  const [first = 'GET /'] = plain
  return (plain.find((key) => key.endsWith('/customers')) ?? first).slice('GET '.length)
}

/** What a person needs to begin: addresses, a request for each role, where the data lies, how to run a schedule. */
export const banner = async (local: Local): Promise<string> => {
  const path = examplePath(local)
  const requests = await Promise.all(
    local.roles.map(async (role) => `  # ${role}\n  curl -H 'authorization: Bearer ${await local.token(role)}' ${local.url}${path}`),
  )
  const [role = ''] = local.roles
  const searches = local.specification.apis.flatMap((api) => api.routes).some((route) => route.key.endsWith('/search'))
  const search = searches
    ? [
        '',
        'Find customers by any part of a name, an email, the end of a phone number:',
        `  curl -H 'authorization: Bearer ${await local.token(role)}' --json '{"text":"zhang"}' ${local.url}/v1/search`,
      ]
    : []
  const [schedule] = local.schedules()
  const clock =
    schedule === undefined
      ? []
      : [
          '',
          `Run a schedule now (all of them: ${local.url}/_local/schedules):`,
          `  curl -X POST ${local.url}/_local/schedules/${schedule.name}/run`,
        ]
  const client = local.specification.pools.flatMap(({ clients }) => clients).find((one) => one.machine)
  const machine = client
    ? [`Machine   curl -u ${client.id}:${client.secret ?? ''} -d grant_type=client_credentials ${local.url}/oauth2/token`]
    : []
  return [
    '',
    'A request for each role; the tokens are good for a day:',
    ...requests,
    ...search,
    ...clock,
    '',
    `API       ${local.url}/v1`,
    `API page  ${local.url}/v1/docs (Authorize takes a token from above, or the machine’s id and secret)`,
    `Token     curl -d grant_type=password -d username=usr_admin ${local.url}/oauth2/token`,
    ...machine,
    `Data      ${local.dataDir} (table: ${local.engine}; logs of the functions in log/)`,
    '',
    'Ctrl-C stops everything; the data stays.',
    '',
  ].join('\n')
}
