import type { Local } from '../local.ts'
import type { Caller } from './caller.ts'

interface Page<T> {
  items: T[]
  nextCursor?: string
}

/** Jobs in the order in which one's work feeds the next. */
const JOBS = ['model', 'warnings', 'tiers', 'revisits', 'tasks'] as const
/** What is listed is counted up to here; a demo need not page forever. */
const MOST_PAGES = 60

/** Runs every schedule once and says what customers, warnings, tasks and tiers came of it. */
export async function tell(local: Local, admin: Caller): Promise<void> {
  const known = local.schedules().map((one) => one.name)
  for (const job of JOBS) {
    const name = known.find((one) => one === job || one.endsWith(`-${job}`))
    if (name === undefined) continue
    await local.runSchedule(name)
    await local.idle(180_000)
  }
  const [customers, warnings, tasks] = await Promise.all([
    count(admin, '/customers?limit=100&fields=name'),
    count(admin, '/warnings?limit=100&state=open'),
    count(admin, '/tasks?limit=100&state=open&all=true'),
  ])
  const { tiers } = await admin.call<{ tiers: { name: string; label: string }[] }>('GET', '/tier-policy')
  const members = await Promise.all(tiers.map(async ({ name, label }) => `${label} ${await count(admin, `/tiers/${name}/customers?limit=100`)}`))
  console.log(`\n${customers} customers, ${warnings} open churn warnings, ${tasks} open revisit tasks.`)
  console.log(`Tiers: ${members.join(', ')}.`)
  const [first] = (await admin.call<Page<{ id: string; explanation?: string }>>('GET', '/warnings?limit=1&state=open')).items
  if (first?.explanation) console.log(`Most at stake: ${first.explanation} (GET /v1/warnings/${first.id})`)
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
