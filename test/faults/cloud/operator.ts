import { recount } from '../../../domain/insight/statistics/index.ts'
import { dynamoTable } from '../../../domain/kernel/table/table.ts'
import { rebuildable } from '../../../events/projections.ts'
import { commandCtx, walk } from '../../../infra/upkeep/walk.ts'
import type { Target } from '../../../infra/upkeep/target.ts'
import { carryOut, clientOver } from '../sim/client.ts'
import type { Desk } from '../workload/desk.ts'
import type { Cloud } from './cloud.ts'

/**
 * What an operator does, as infra/runbooks/stream-dead.md says, about changes that the stream let go of before they were read.
 * Each returns what could not be done, in words.
 */

const MINUTE = 60_000

/** Of `publish`: their events are told after all, to the bus and to every webhook. */
export async function toldAgain(desk: Desk, since: number): Promise<string | undefined> {
  const listed = await desk.ask('admin', 'GET /webhooks')
  const hooks = (listed?.body['items'] ?? []) as readonly { id: string; state: string }[]
  for (const to of ['bus', ...hooks.flatMap(({ id, state }) => (state === 'on' ? [id] : []))]) {
    const body = { to, from: new Date(since - MINUTE).toISOString() }
    const reply = await desk.ask('admin', 'POST /replays', {}, { body })
    if (reply?.status !== 201) return `events that were missed could not be told to ${to} again: ${JSON.stringify(reply?.body)}`
  }
  return undefined
}

/**
 * Of `project`: what follows from the records is made anew, with the very code of `npm run rebuild`.
 * @returns how many things were put right, or what could not be
 */
export async function rebuilt({ dynamo, files, world }: Cloud): Promise<number | string> {
  const client = clientOver((command) => Promise.resolve(carryOut(dynamo, command)))
  const target: Target = {
    table: dynamoTable(client, dynamo.name),
    name: dynamo.name,
    client,
    files,
    units: () => 0,
    close: () => Promise.resolve(),
  }
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const { mended, left } = await walk(target, { rate: Infinity, repair: true, projections: rebuildable, say, now: () => world.instant() })
  for (let done = false; !done; ) ({ done } = await recount.run(commandCtx(target, 'rebuild', world.instant(), say), {}))
  const unmended = said.filter((line) => /^I\d/.test(line) && !line.endsWith('(put right)'))
  return left > 0 ? `a rebuild leaves ${left} wrong: ${unmended.slice(0, 3).join('; ')}` : mended
}
