import './quiet.ts'
import { runSeed } from './seed.ts'
const [from, to, steps] = process.argv.slice(2).map(Number) as [number, number, number]
for (let seed = from; seed <= to; seed++) {
  const c = process.cpuUsage(),
    t = performance.now()
  const ran = await runSeed({ seed, steps })
  const u = process.cpuUsage(c)
  console.log(
    seed,
    'cpu',
    Math.round((u.user + u.system) / 1000),
    'wall',
    Math.round(performance.now() - t),
    ran.requests,
    ran.changes,
    ran.findings.length,
  )
}
