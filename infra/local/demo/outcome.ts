import type { Local } from '../local.ts'
import type { Caller } from './caller.ts'

interface Page<T> {
  items: T[]
  nextCursor?: string
}

interface Feed {
  items: { type: string }[]
  after: string
  more: boolean
}

/** Jobs in the order in which one's work feeds the next. */
const JOBS = ['model', 'warnings', 'tiers', 'revisits', 'tasks'] as const
/** What is listed is counted up to here; a demo need not page forever. */
const MOST_PAGES = 60

/** Runs every schedule once and says what customers, warnings, tasks and tiers came of it. */
export async function tell(local: Local, admin: Caller, managers: readonly { id: string }[]): Promise<void> {
  const known = local.schedules().map((one) => one.name)
  for (const job of JOBS) {
    const name = known.find((one) => one === job || one.endsWith(`-${job}`))
    if (name === undefined) continue
    await local.runSchedule(name)
    await local.idle(600_000)
  }
  const [customers, warnings] = await Promise.all([count(admin, '/customers?limit=100&fields=name'), count(admin, '/warnings?limit=100')])
  const tasks = await Promise.all(managers.map(({ id }) => count(admin, `/tasks?limit=100&ownerId=${id}`)))
  const { tiers } = await admin.call<{ tiers: { name: string; labels: Record<string, string> }[] }>('GET', '/tier-policy')
  const members = await Promise.all(
    tiers.map(async ({ name, labels }) => `${labels['en'] ?? name} ${await count(admin, `/tiers/${name}/customers?limit=100`)}`),
  )
  console.log(`\n${customers} customers, ${warnings} open churn warnings, ${tasks.join(' + ')} open revisit tasks of the account managers.`)
  console.log(`Tier changes: ${await changes(admin)}. Tiers now: ${members.join(', ')}.`)
  const [manager] = managers
  if (manager) {
    console.log(`The day of an account manager, most at stake first:`)
    console.log(
      `  TOKEN=$(curl -s -d grant_type=password -d username=${manager.id} ${local.url}/oauth2/token | sed 's/.*"access_token":"\\([^"]*\\).*/\\1/')`,
    )
    console.log(`  curl -s -H "authorization: Bearer $TOKEN" ${local.url}/v1/me/day`)
  }
  const [first] = (await admin.call<Page<{ id: string; explanation?: string }>>('GET', '/warnings?limit=1')).items
  if (first?.explanation) console.log(`Most at stake: ${first.explanation} (GET /v1/warnings/${first.id})`)
}

/** What happened to customers' tiers, by type, in the words of the events. */
const TIER_CHANGES = ['joined', 'promoted', 'renewed', 'demoted'] as const

/** How often customers' tiers changed, by what happened, from the feed of events. */
async function changes(admin: Caller): Promise<string> {
  const counted = new Map<string, number>()
  const types = TIER_CHANGES.map((what) => `tier.${what}`).join(',')
  let after = ''
  for (let more = true; more; ) {
    const page = await admin.call<Feed>('GET', `/events?limit=100&type=${types}${after && `&after=${encodeURIComponent(after)}`}`)
    for (const { type } of page.items) counted.set(type, (counted.get(type) ?? 0) + 1)
    ;({ after, more } = page)
  }
  const told = TIER_CHANGES.filter((what) => counted.has(`tier.${what}`))
  return told.map((what) => `${counted.get(`tier.${what}`)} ${what}`).join(', ') || 'none'
}

/** How many a list has, by paging through it. */
async function count(admin: Caller, path: string): Promise<string> {
  let total = 0
  let cursor: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await admin.call<Page<unknown>>('GET', cursor === undefined ? path : `${path}&cursor=${encodeURIComponent(cursor)}`)
    total += page.items.length
    cursor = page.nextCursor
    if (cursor === undefined) return String(total)
  }
  return `more than ${total}`
}
