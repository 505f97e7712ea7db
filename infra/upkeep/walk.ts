import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { newMemo, type Ctx, type Log } from '../../domain/kernel/context.ts'
import type { Projection } from '../../domain/kernel/event.ts'
import { systemActor } from '../../domain/kernel/permission.ts'
import type { Item } from '../../domain/kernel/table/table.ts'
import { allKinds, inspect, mend, step, type Finding, type Piece } from '../../domain/data/upkeep/index.ts'
import { catalogue } from '../../functions/catalogue.ts'
import { Pace } from './pace.ts'
import type { Target } from './target.ts'

export interface Walk {
  /** Units a second, reads and writes together. */
  rate: number
  /** Puts right what can be. Without it nothing is written. */
  repair: boolean
  /** Projections that are told of every record as it stands. */
  projections?: readonly Projection[]
  /** A file that holds the place come to: a walk that was cut off goes on there. */
  resume?: string | undefined
  say: (line: string) => void
  now: () => string
}

export interface Walked {
  items: number
  found: Readonly<Record<string, number>>
  mended: number
  left: number
  large: number
}

const ITEMS_A_STEP = 1_000
const SAY_EVERY = 20

/** The context of a command: it acts as the system, and is named in what it writes. */
export function commandCtx(target: Target, action: string, now: string, say: (line: string) => void): Ctx {
  const line = (message: string, facts?: Record<string, unknown>) => say(`${message} ${JSON.stringify(facts ?? {})}`)
  const log: Log = { info: () => {}, warn: line, error: line }
  const { table, files } = target
  const request = { id: randomUUID(), action }
  return {
    actor: systemActor(`command:${action}`),
    scope: 'all',
    now,
    random: randomBytes,
    table,
    files,
    memo: newMemo(),
    log,
    catalogue,
    request,
  }
}

/** Goes over the whole table: looks at everything, and when told to, puts right and makes anew what follows from the records. */
export async function walk(target: Target, how: Walk): Promise<Walked> {
  const pace = new Pace(how.rate)
  const found: Record<string, number> = {}
  const total = { items: 0, mended: 0, left: 0, large: 0 }
  let after: Item | undefined = placeIn(how.resume)
  if (after) how.say(`going on at ${String(after['pk'])}`)
  for (let steps = 1; ; steps++) {
    const read = await step(target.table, ITEMS_A_STEP, after)
    total.items += read.items
    total.large += read.large
    for (const piece of read.pieces) {
      for (const one of await inspect(target.table, allKinds(), piece, how.now())) {
        found[one.invariant] = (found[one.invariant] ?? 0) + 1
        if (await settled(target, how, one)) total.mended += 1
        else total.left += 1
      }
      await tell(target, how, piece)
      await pace.keep(target.units())
    }
    after = read.after
    if (!after) break
    if (read.place) keepPlace(how.resume, { ...read.place })
    if (steps % SAY_EVERY === 0) how.say(`${total.items} items, ${Math.round(target.units())} units`)
  }
  if (how.resume !== undefined) rmSync(how.resume, { force: true })
  return { ...total, found }
}

async function settled(target: Target, how: Walk, one: Finding): Promise<boolean> {
  const done = how.repair && (await mend(commandCtx(target, 'record.mend', how.now(), how.say), allKinds(), one))
  how.say(`${one.invariant} ${one.id}: ${one.words}${done ? ' (put right)' : ''}`)
  return done
}

/** Tells projections of a partition's records as they stand, as if they had just been written. */
async function tell(target: Target, { projections = [], now, say }: Walk, { pk }: Piece): Promise<void> {
  if (projections.length === 0) return
  const ctx = commandCtx(target, 'rebuild', now(), say)
  let after: Item | undefined
  do {
    const page = await target.table.query({ pk, limit: ITEMS_A_STEP, ...(after && { after }) })
    const changes = page.items.filter((item) => item['ev'] !== undefined).map((item) => ({ after: item }))
    if (changes.length > 0) for (const one of projections) await one.project(ctx, changes)
    after = page.last
  } while (after)
}

function placeIn(file: string | undefined): Item | undefined {
  return file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Item) : undefined
}

/** Whole or not at all: a command may be killed while it writes. */
function keepPlace(file: string | undefined, place: Item): void {
  if (file === undefined) return
  writeFileSync(`${file}.new`, JSON.stringify(place))
  renameSync(`${file}.new`, file)
}
