import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { freePort } from '../../../infra/local/child.ts'
import { startLocal } from '../../../infra/local/local.ts'
import { serve, type Served } from '../../support/served.ts'
import { engineClient } from '../../support/table.ts'
import { keysAndRows, logs, sentinels } from '../invariants/stored.ts'
import { Snapshot, type Finding } from '../invariants/snapshot.ts'
import { histories } from '../invariants/totals.ts'
import type { Stored } from '../sim/refusal.ts'
import { client, newLedger, type Ledger } from './client.ts'

export interface Killed {
  kills: number
  /** Of them, while the product was still starting. */
  early: number
  acknowledged: number
  repeated: number
  records: number
  /** What is not as it was promised; empty when all is well. */
  findings: Finding[]
  seconds: number
}

/** Writes acknowledged between two kills, and the longest wait for them: under load at any machine's speed. */
const WRITES = { least: 5, most: 80 }
const WAITS_MS = 10_000
/** The share of kills that come while the product starts, and how long that takes. Milliseconds. */
const EARLY = 0.15
const STARTS_MS = 1_200

/**
 * Kills the running product under load, again and again, then looks at everything in its table: each acknowledged write is
 * there, once; nothing is there that nobody asked for; indexes, sentinels, log and totals follow from the records.
 */
export async function killing(facts: { times: number; clients: number; assembly: string; say: (line: string) => void }): Promise<Killed> {
  const { times, clients, assembly, say } = facts
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'crm-kill-'))
  const began = performance.now()
  const port = await freePort()
  const ledger = newLedger()
  let served: Served | undefined
  let going = true
  let early = 0
  let running = serve(folder, port, assembly)
  served = await running.up
  const work = Promise.all(
    Array.from({ length: clients }, (_, n) =>
      client(
        `c${n}`,
        () => served,
        ledger,
        () => going,
      ),
    ),
  )
  try {
    for (let kills = 1; kills <= times; kills++) {
      await Promise.race([work, someWork(ledger)])
      served = undefined
      await running.kill()
      say(`kill ${kills}: ${ledger.acknowledged} acknowledged, ${ledger.repeated} sent again`)
      running = serve(folder, port, assembly)
      if (kills < times && Math.random() < EARLY) {
        await wait(Math.random() * STARTS_MS)
        await running.kill()
        early += 1
        kills += 1
        running = serve(folder, port, assembly)
      }
      served = await running.up
      if (!served) throw new Error(`The product did not start again: ${await running.ended}.`)
    }
    going = false
    await work
    await running.kill()
    const findings = await lookedAt(folder, assembly, ledger)
    const seconds = Math.round((performance.now() - began) / 1000)
    const { acknowledged, repeated } = ledger
    return { kills: times, early, acknowledged, repeated, records: ledger.customers.size + ledger.purchases.size, findings, seconds }
  } finally {
    going = false
    await running.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Waits for a number of writes that nobody knows beforehand, and a moment more. */
async function someWork(ledger: Ledger): Promise<void> {
  const enough = ledger.acknowledged + WRITES.least + Math.random() * (WRITES.most - WRITES.least)
  const until = performance.now() + WAITS_MS
  while (ledger.acknowledged < enough && performance.now() < until) await wait(5)
  await wait(Math.random() * 20)
}

/** Starts the product once more, lets it finish what is left to do, and holds the whole table against what clients were told. */
async function lookedAt(folder: string, assembly: string, ledger: Ledger): Promise<Finding[]> {
  const local = await startLocal({ port: 0, dataDir: folder, assembly })
  try {
    await local.idle(120_000)
    const items = await everything(local.endpoints.table, local.specification.tables[0]?.name ?? '')
    const snapshot = new Snapshot({ rows: { all: () => items.map((item) => ({ item })) } })
    const now = new Date().toISOString()
    return [...against(snapshot, ledger), ...sentinels(snapshot), ...keysAndRows(snapshot), ...logs(snapshot), ...histories(snapshot, now)]
  } finally {
    await local.stop()
  }
}

async function everything(endpoint: string, TableName: string): Promise<Stored[]> {
  const engine = engineClient(endpoint)
  const items: Stored[] = []
  let ExclusiveStartKey: Stored | undefined
  do {
    const page = await engine.send(new ScanCommand({ TableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) }))
    items.push(...(page.Items ?? []))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey)
  engine.destroy()
  return items
}

/** I1 and I2: what was acknowledged is there, nothing is there twice, nothing that nobody asked for. */
function against(snapshot: Snapshot, ledger: Ledger): Finding[] {
  const findings: Finding[] = []
  const hold = (holds: boolean, invariant: string, words: string): void => void (holds || findings.push({ invariant, words }))
  const nameOf = (item: Record<string, unknown>): string => {
    const [external] = (item['externalIds'] ?? [item['orderId']]) as ({ id?: string } | undefined)[]
    return external?.id ?? ''
  }
  for (const [noun, told] of [
    ['customer', ledger.customers],
    ['purchase', ledger.purchases],
  ] as const) {
    const there = snapshot.of(noun)
    for (const [name, id] of told) hold(snapshot.byId.has(id), 'I1', `${noun} ${name} was acknowledged as ${id}, and is gone`)
    for (const [name, all] of Map.groupBy(there, ({ item }) => nameOf(item))) {
      hold(ledger.asked.has(name), 'I1', `${noun} ${name} is there, and nobody asked for it`)
      hold(all.length === 1, 'I2', `${noun} ${name} is there ${all.length} times`)
      hold(
        !told.has(name) || all[0]?.id === told.get(name),
        'I2',
        `${noun} ${name} is ${all[0]?.id}, and was acknowledged as ${told.get(name)}`,
      )
    }
  }
  for (const [id, { version, notes }] of ledger.changed) {
    const kept = snapshot.byId.get(id)
    // Purchases change the file, too, but never its notes.
    hold(kept !== undefined && kept.version >= version, 'I4', `${id} was at version ${version}, and is at ${kept?.version ?? 'none'}`)
    hold(kept?.item['notes'] === notes, 'I4', `${id} was given ${notes}, and says ${String(kept?.item['notes'])}`)
  }
  return findings
}
