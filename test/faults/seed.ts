import { createHash } from 'node:crypto'
// What the product loads when it first needs it, loaded before: reading files takes time that no simulated clock tells.
import '@aws-lambda-powertools/metrics'
import 'csv-parse/sync'
import 'fflate'
import 'pinyin-pro'
import 'libphonenumber-js/min'
import { Cloud, type ReaderName } from './cloud/cloud.ts'
import { Faults, type Site } from './cloud/faults.ts'
import { rebuilt, toldAgain } from './cloud/operator.ts'
import { withWorld, World } from './cloud/world.ts'
import { inspected } from './invariants/fsck.ts'
import { atRest, lists } from './invariants/quiet.ts'
import { replayed } from './invariants/replay.ts'
import type { Finding } from './invariants/snapshot.ts'
import { Truth } from './invariants/truth.ts'
import { Watch } from './invariants/watch.ts'
import { Random } from './random.ts'
import type { FeedRecord } from './sim/feed.ts'
import { Client } from './workload/client.ts'
import { Desk, Office } from './workload/desk.ts'
import { anErrand } from './workload/errands.ts'
import { Ledger } from './workload/ledger.ts'
import { fixedRoles, setUp } from './workload/setup.ts'

/** What one run is made from: the same facts give the same run. */
export interface SeedFacts {
  seed: number
  steps: number
  /** Steps left out, and sites that stay quiet: for finding the few that matter. */
  leftOut?: ReadonlySet<number>
  quiet?: ReadonlySet<Site>
  /** Whether to take the run's fingerprint. */
  printed?: boolean
  /** Whether the story tells every change of the table, event and error too. */
  every?: boolean
}

export interface Ran {
  findings: Finding[]
  fired: ReadonlyMap<Site, number>
  requests: number
  /** Changes of the table. */
  changes: number
  /** Every request and what was heard of it, by time. */
  story: string[]
  /** A fingerprint of everything that was written, asked and answered: the same run has the same. Empty unless asked for. */
  print: string
}

const MINUTE = 60_000
const DAY = 86_400_000
/** Of so many seeds one has its whole past told again. */
const REPLAYED = 3
const START = '2026-11-22T09:00:00.000Z'
/** Some days before clocks are put forward and put back in New York. */
const BEFORE_CHANGES = ['2027-03-10T09:00:00.000Z', '2027-11-03T09:00:00.000Z'] as const
/** Rebuilds after which nothing is left to be put right. */
const REBUILDS = 4
/** Errands that one client begins at once, mostly and now and then. */
const BURSTS: readonly (readonly [number, number])[] = [
  [15, 8],
  [1, 100],
]
const CLOCKS: Site = 'clock: put forward and back in the workspace’s zone'

/** Runs one seed from an empty table to rest. */
export function runSeed(facts: SeedFacts): Promise<Ran> {
  const faults = new Faults(facts.seed, facts.quiet)
  const world = new World(faults.has(CLOCKS) ? (BEFORE_CHANGES[facts.seed % 2] ?? START) : START)
  const chance = new Random(facts.seed, 'pauses')
  return withWorld(
    world,
    () => chance.next(),
    () => run(facts, world, faults),
  )
}

async function run({ seed, steps, leftOut, every, printed }: SeedFacts, world: World, faults: Faults): Promise<Ran> {
  const story: string[] = []
  const watch = new Watch(new Truth(fixedRoles), () => world.now)
  const tell = (line: string) => void story.push(`${world.instant()} ${line}`)
  const missed = new Map<ReaderName, number>()
  const cloud = new Cloud(world, faults, seed, {
    missed: (reader, since) => {
      tell(`  ${reader} was down for over a day: of changes since ${new Date(since).toISOString()} it never heard`)
      missed.set(reader, Math.min(missed.get(reader) ?? since, since))
    },
    changed: (record) => {
      watch.changed(record)
      if (every) tell(`  ${changeIn(record)}`)
    },
    published: (entry) => {
      watch.published(entry)
      if (every) tell(`  event ${entry.DetailType} ${entry.Detail.slice(22, 90)}`)
    },
    logged: (text) => {
      watch.logged(text)
      if (every && !text.startsWith('info')) tell(`  log: ${text.slice(0, 500)}`)
    },
  })
  const ledger = new Ledger()
  const client = new Client(cloud, ledger, tell)
  client.onAnswer = (sending, calls) => watch.answered(sending, calls)
  const office = new Office()
  const deskFor = (step: string) => new Desk({ step, seed, office, cloud, client })

  const zone = faults.has(CLOCKS) ? 'America/New_York' : undefined
  if (zone !== undefined) faults.note(CLOCKS)
  faults.active = false
  await finished(world, setUp(deskFor('set up'), office, cloud, zone))
  faults.active = true
  await work(world, faults, { seed, steps, ...(leftOut && { leftOut }) }, deskFor, () => cloud.bus.replay(7))
  const restless = (await cloud.settle()) ?? (await madeGood(world, cloud, deskFor('operator'), missed))
  // Until the last index has followed and the last instance has forgotten.
  await world.run(world.now + 2 * MINUTE)
  if (restless === undefined) await cloud.settle()
  const findings: Finding[] = restless === undefined ? [...watch.findings] : [...watch.findings, { invariant: 'I14', words: restless }]
  watch.mended = missed.has('project')
  if (restless === undefined)
    findings.push(...atRest(cloud, ledger, watch, office), ...(await finished(world, lists(deskFor('lists')))), ...(await inspected(cloud)))
  if (findings.length === 0 && seed % REPLAYED === 0) findings.push(...(await finished(world, replayed(cloud))))
  return {
    findings,
    fired: faults.fired,
    requests: ledger.sendings.length,
    changes: cloud.dynamo.base.feed.records.length,
    story,
    print: printed ? printOf(cloud, story) : '',
  }
}

/** Has an operator make good what readers of the stream missed, and lets it come to rest. */
async function madeGood(world: World, cloud: Cloud, desk: Desk, missed: ReadonlyMap<ReaderName, number>): Promise<string | undefined> {
  const since = missed.get('publish')
  const undone = since === undefined ? undefined : await finished(world, toldAgain(desk, since))
  if (undone !== undefined) return undone
  if (since !== undefined) await world.run(world.now + DAY)
  // Of what changed a moment ago nothing is said to be wrong, so a rebuild is run until it finds nothing any more.
  for (let rounds = 0, mended: number | string = missed.has('project') ? 1 : 0; mended !== 0; rounds++) {
    if (typeof mended === 'string') return mended
    if (rounds === REBUILDS) return `after ${REBUILDS} rebuilds there was still something to put right`
    mended = await finished(world, rebuilt(cloud))
    await world.run(world.now + DAY)
    await cloud.settle()
  }
  return missed.size > 0 ? cloud.settle() : undefined
}

/** Starts one errand after the other, not waiting for any; now and then days go by. */
async function work(
  world: World,
  faults: Faults,
  { seed, steps, leftOut }: SeedFacts,
  deskFor: (step: string) => Desk,
  replay: () => void,
): Promise<void> {
  const broken: unknown[] = []
  for (let step = 1; step <= steps; step++) {
    const by = new Random(seed, 'pace', step)
    const gap = by.weighed([
      [60, () => by.between(0, 2_000)],
      [30, () => by.between(2_000, 10 * MINUTE)],
      [7, () => by.between(10 * MINUTE, DAY)],
      [3, () => by.between(DAY, 45 * DAY)],
    ])()
    await world.run(world.now + gap)
    if (faults.strikes('bus: replays the past', by, 1 / 20)) replay()
    const burst = faults.strikes('client: a burst of one client', by, 1 / 10) ? by.weighed(BURSTS) : 1
    if (leftOut?.has(step)) continue
    const errand = anErrand(by)
    for (let nth = 0; nth < burst; nth++)
      errand(deskFor(burst === 1 ? `${step}` : `${step}x${nth}`)).catch((error: unknown) => broken.push(error))
  }
  await world.run(world.now + DAY)
  if (broken.length > 0) throw broken[0]
}

/** Lets time pass until something is done. */
async function finished<T>(world: World, work: Promise<T>): Promise<T> {
  let over = false
  const done = work.finally(() => (over = true))
  done.catch(() => {})
  for (let turns = 0; !over && turns < 100_000; turns++) await world.run(world.now + 1_000)
  return done
}

/** A change of the table, for those who look for its cause. */
function changeIn({ dynamodb: { Keys, OldImage, NewImage } }: FeedRecord): string {
  const stamp = NewImage?.['ev']?.M
  const versions = `version ${OldImage?.['version']?.N ?? 'none'} to ${NewImage?.['version']?.N ?? 'none'}`
  return `${Keys['pk']?.S} ${Keys['sk']?.S} ${versions}${stamp ? ` ${stamp['type']?.S} by ${stamp['actor']?.S} under ${stamp['request']?.S}` : ''}`
}

function printOf(cloud: Cloud, story: readonly string[]): string {
  const hash = createHash('sha256')
  for (const { dynamodb } of cloud.dynamo.base.feed.records) hash.update(JSON.stringify(dynamodb.NewImage ?? null))
  for (const line of story) hash.update(line)
  return hash.digest('hex').slice(0, 16)
}
