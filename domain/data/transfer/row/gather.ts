import { inLanes } from '../../../kernel/lanes.ts'
import type { Write } from '../../../kernel/table/expression.ts'
import type { Outcome, Table } from '../../../kernel/table/table.ts'

/**
 * Rows are written one transaction each, and go to the table some dozen at a time: what several of them write at the same moment is
 * one call. The units are the same; the calls, and with them most of a row's time, are a twentieth. When the table refuses what one
 * of them asks, that one hears it as if it had come alone, and the others go again without it.
 */

/** Most writes of one transaction of DynamoDB ("Quotas", TransactWriteItems). */
const MOST_WRITES = 100

interface Asked {
  writes: readonly Write[]
  answer: (outcome: Outcome) => void
  fail: (error: unknown) => void
}

/**
 * Does work for each, so many at a time; transactions wait until everybody who is at work has one to write.
 * @param work with the table to write to
 * @throws what work throws, once the others under way have ended
 */
export async function gathered<T>(
  table: Table,
  all: readonly T[],
  lanes: number,
  work: (one: T, table: Table) => Promise<void>,
): Promise<void> {
  const waiting = [...all]
  let [active, asked]: [number, Asked[]] = [Math.min(lanes, waiting.length), []]
  const go = (): void => {
    if (asked.length < active) return
    const now = asked
    asked = []
    for (const group of groupsOf(now)) void send(table, group)
  }
  const within: Table = {
    ...table,
    writeAll: (writes, token) =>
      token === undefined
        ? new Promise<Outcome>((answer, fail) => {
            asked.push({ writes, answer, fail })
            go()
          })
        : table.writeAll(writes, token),
  }
  const lane = async (_: unknown, going: () => boolean): Promise<void> => {
    try {
      for (let one = waiting.shift(); one !== undefined && going(); one = waiting.shift()) await work(one, within)
    } finally {
      active--
      go()
    }
  }
  await inLanes(Array.from({ length: active }), active, lane)
}

/** As many in a group as a transaction takes, none of which touch the same item. */
function groupsOf(asked: readonly Asked[]): Asked[][] {
  const groups: { members: Asked[]; keys: Set<string>; size: number }[] = []
  for (const one of asked) {
    const keys = one.writes.map(keyOf)
    const fits = groups.find((group) => group.size + one.writes.length <= MOST_WRITES && !keys.some((key) => group.keys.has(key)))
    if (!fits) groups.push({ members: [one], keys: new Set(keys), size: one.writes.length })
    else {
      fits.members.push(one)
      fits.size += one.writes.length
      for (const key of keys) fits.keys.add(key)
    }
  }
  return groups.map(({ members }) => members)
}

function keyOf(write: Write): string {
  const { pk, sk } = 'put' in write ? write.put : 'update' in write ? write.update : 'delete' in write ? write.delete : write.check
  return `${String(pk)}|${String(sk)}`
}

async function send(table: Table, group: readonly Asked[]): Promise<void> {
  let outcome: Outcome
  try {
    outcome = await table.writeAll(group.flatMap(({ writes }) => [...writes]))
  } catch (error) {
    // One of them is what no table takes, or all together are too much for one call.
    if (group.length > 1 && error instanceof Error && error.name === 'ValidationException') return apart(table, group)
    for (const { fail } of group) fail(error)
    return
  }
  if (outcome.ok) {
    for (const { answer } of group) answer({ ok: true })
    return
  }
  const left: Asked[] = []
  let first = 0
  for (const one of group) {
    const from = first
    first += one.writes.length
    const refused = outcome.refused.flatMap(({ index, ...more }) =>
      index >= from && index < first ? [{ ...more, index: index - from }] : [],
    )
    if (refused.length > 0) one.answer({ ok: false, refused })
    else left.push(one)
  }
  if (left.length === group.length) await apart(table, left)
  else if (left.length > 0) await send(table, left)
}

async function apart(table: Table, group: readonly Asked[]): Promise<void> {
  for (const { writes, answer, fail } of group) await table.writeAll(writes).then(answer, fail)
}
