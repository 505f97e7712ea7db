import { isDeepStrictEqual } from 'node:util'
import type { Target } from './target.ts'
import { walk } from './walk.ts'

/** A table as the drill sees it. */
export interface TableFacts {
  status: string
  items: number
  bytes: number
}

/** What the drill asks of DynamoDB: few calls, so that a test or a dry run can stand in for it. */
export interface Restorer {
  latest(table: string): Promise<string | undefined>
  restore(from: string, to: string): Promise<void>
  describe(table: string): Promise<TableFacts | undefined>
  open(table: string): Promise<Target>
  remove(table: string): Promise<void>
}

export interface DrillFacts {
  /** The table whose backups are tried. */
  table: string
  /** The name of the copy. */
  copy: string
  rate: number
  say: (line: string) => void
  now: () => string
  /** Waits between two looks at the restore. */
  wait: () => Promise<void>
}

export interface Verdict {
  good: boolean
  restoredTo: string
  items: number
  kinds: Readonly<Record<string, number>>
  found: Readonly<Record<string, number>>
  why: readonly string[]
}

/** Looks at a restore so often before it is given up: six hours at half a minute. */
const MOST_LOOKS = 720
/** How far the live table may have moved on since the moment that is restored. A share of its items, and some more for small ones. */
const MAY_DIFFER = { share: 0.05, items: 200 }

/**
 * Restores the latest moment a table can be restored to into a copy, holds the copy against fsck (which writes nothing), compares
 * what it holds with the live table, and removes the copy, whatever was found.
 */
export async function drill(aws: Restorer, facts: DrillFacts): Promise<Verdict> {
  const { table, copy, say, rate, now } = facts
  const restoredTo = await aws.latest(table)
  if (restoredTo === undefined) return failed('point-in-time recovery is not on for this table')
  if (await aws.describe(copy)) return failed(`${copy} is there already: an earlier drill was cut off; remove it`)
  say(`restoring ${table} as of ${restoredTo} to ${copy}`)
  await aws.restore(table, copy)
  try {
    if (!(await isActive(aws, facts))) return failed('the restore did not come to its end')
    const [live, there] = [await kindsIn(aws, table), await kindsIn(aws, copy)]
    const target = await aws.open(copy)
    try {
      const { items, found, left } = await walk(target, { rate, repair: false, say, now })
      const why = [...(left > 0 ? [`fsck found ${JSON.stringify(found)}`] : []), ...differences(live, there)]
      return { good: why.length === 0, restoredTo, items, kinds: there, found, why }
    } finally {
      await target.close()
    }
  } finally {
    say(`removing ${copy}`)
    await aws.remove(copy)
  }
}

const failed = (why: string): Verdict => ({ good: false, restoredTo: '', items: 0, kinds: {}, found: {}, why: [why] })

async function isActive(aws: Restorer, { copy, wait }: DrillFacts): Promise<boolean> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    if ((await aws.describe(copy))?.status === 'ACTIVE') return true
    await wait()
  }
  return false
}

/** How many records of each kind a table holds. */
async function kindsIn(aws: Restorer, table: string): Promise<Record<string, number>> {
  const target = await aws.open(table)
  const kinds: Record<string, number> = {}
  try {
    let after: Record<string, unknown> | undefined
    do {
      const page = await target.table.scan({ limit: 1_000, ...(after && { after }) })
      for (const { ev, noun } of page.items) if (ev !== undefined) kinds[String(noun)] = (kinds[String(noun)] ?? 0) + 1
      after = page.last
    } while (after)
    return kinds
  } finally {
    await target.close()
  }
}

/** Kinds of which the copy holds so many fewer or more that the minutes in between cannot be why. */
function differences(live: Readonly<Record<string, number>>, copy: Readonly<Record<string, number>>): string[] {
  if (isDeepStrictEqual(live, copy)) return []
  return [...new Set([...Object.keys(live), ...Object.keys(copy)])].sort().flatMap((noun) => {
    const [was, is] = [live[noun] ?? 0, copy[noun] ?? 0]
    const allowed = Math.max(MAY_DIFFER.items, was * MAY_DIFFER.share)
    return Math.abs(was - is) > allowed ? [`${noun}: ${is} in the copy, ${was} in the live table`] : []
  })
}
