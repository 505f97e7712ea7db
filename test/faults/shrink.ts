import { siteNames, type Site } from './cloud/faults.ts'
import { runSeed, type Ran } from './seed.ts'

/** A failing run with as little in it as still fails the same way. */
export interface Story {
  seed: number
  steps: number
  /** Steps that matter, and fault sites that do. */
  kept: number[]
  sites: Site[]
  ran: Ran
}

/** What makes two findings the same: the promise, and its words without ids, times and numbers. */
export function kindOf({ invariant, words }: { invariant: string; words: string }): string {
  return `${invariant} ${words.replace(/\b[a-z]{3}_[0-9A-Za-z]+(\.\d+)?|\[[^\]]*\]|customer#\w+|"[^"]*"|\d[\d.,:TZ-]*/g, '…').slice(0, 60)}`
}

/** Runs tried at most while a story is made short, and how long. Milliseconds. */
const MOST_RUNS = 120
const LONGEST = 90_000

/** Leaves out steps and faults for as long as the same promise is broken. */
export async function shrunk(seed: number, steps: number, first: Ran): Promise<Story> {
  const wanted = new Set(first.findings.map(kindOf))
  const until = performance.now() + LONGEST
  let runs = 0
  let best: Story = { seed, steps, kept: Array.from({ length: steps }, (_, at) => at + 1), sites: [...first.fired.keys()], ran: first }

  async function attempt(kept: readonly number[], sites: readonly Site[]): Promise<boolean> {
    if (++runs > MOST_RUNS || performance.now() > until) return false
    const [keeps, on] = [new Set(kept), new Set(sites)]
    const leftOut = new Set(Array.from({ length: steps }, (_, at) => at + 1).filter((step) => !keeps.has(step)))
    const ran = await runSeed({ seed, steps, leftOut, quiet: new Set(siteNames.filter((site) => !on.has(site))) }).catch(() => undefined)
    if (!ran?.findings.some((one) => wanted.has(kindOf(one)))) return false
    best = { seed, steps, kept: [...kept], sites: [...sites], ran }
    return true
  }

  await attempt(best.kept, [])
  for (const site of best.sites)
    await attempt(
      best.kept,
      best.sites.filter((one) => one !== site),
    )
  // Halves, quarters, … of what is left are left out (Zeller & Hildebrandt 2002, delta debugging).
  for (let size = Math.ceil(best.kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.kept.length; ) {
      const without = [...best.kept.slice(0, from), ...best.kept.slice(from + size)]
      if (!(await attempt(without, best.sites))) from += size
    }
  }
  for (const site of best.sites)
    await attempt(
      best.kept,
      best.sites.filter((one) => one !== site),
    )
  return best
}

/** The story in plain words. */
export function told({ seed, steps, kept, sites, ran }: Story): string {
  return [
    `  steps ${kept.length} of ${steps}${kept.length <= 12 ? ` (${kept.join(', ')})` : ''}; faults that matter: ${sites.join('; ') || 'none'}`,
    ...ran.story
      .filter((line) => !line.includes('log: '))
      .slice(-40)
      .map((line) => `    ${line.slice(0, 260)}`),
    ...ran.findings.slice(0, 3).map(({ invariant, words }) => `  ${invariant}: ${words}`),
    `  again: node test/faults/run.ts --seed ${seed} --steps ${steps}`,
  ].join('\n')
}
