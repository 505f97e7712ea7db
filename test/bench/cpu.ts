import { requests, type Handler } from './fixture.ts'
import { ourHandler } from './ours.ts'
import { yardstick } from './plain.ts'
import type { HttpEvent } from '../../functions/request.ts'

/** Warm CPU of one request, ours as a ratio to the plain handler's, measured in turn in one process. */
export interface CpuRatio {
  name: string
  ratio: number
  oursMicros: number
  plainMicros: number
}

/** Turns are short, so that both meet the machine in the same mood; warmed until neither gets faster. */
const WARM_ROUNDS = 30
const CALLS = 100

/** Medians over rounds in which both take turns; process CPU time, not wall time. */
export async function measureCpu(rounds: number): Promise<CpuRatio[]> {
  const [ours, plain] = [ourHandler(), yardstick()]
  const results: CpuRatio[] = []
  for (const request of requests) {
    const pairs: { ours: number; plain: number }[] = []
    for (let round = -WARM_ROUNDS; round < rounds; round++) {
      const pair = { ours: await micros(ours, request.event), plain: await micros(plain, request.event) }
      if (round >= 0) pairs.push(pair)
    }
    results.push({
      name: request.name,
      ratio: median(pairs.map((pair) => pair.ours / pair.plain)),
      oursMicros: median(pairs.map((pair) => pair.ours)),
      plainMicros: median(pairs.map((pair) => pair.plain)),
    })
  }
  return results
}

async function micros(handler: Handler, event: HttpEvent): Promise<number> {
  const began = process.cpuUsage()
  for (let call = 0; call < CALLS; call++) {
    const { statusCode } = await handler(event)
    if (statusCode >= 300) throw new Error(`${event.routeKey} answered ${statusCode}`)
  }
  const { user, system } = process.cpuUsage(began)
  return (user + system) / CALLS
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
