import './quiet.ts'
import { runSeed } from './seed.ts'
const from = Number(process.argv[2] ?? 1),
  to = Number(process.argv[3] ?? from),
  steps = Number(process.argv[4] ?? 100)
for (let seed = from; seed <= to; seed++) {
  const t = performance.now()
  try {
    const ran = await runSeed({ seed, steps })
    console.log(
      seed,
      Math.round(performance.now() - t),
      'ms',
      ran.requests,
      'requests',
      ran.changes,
      'changes',
      ran.print,
      ran.findings.length ? 'FOUND ' + ran.findings.length : '',
    )
    for (const f of ran.findings.slice(0, 6)) console.log('   ', f.invariant, f.words.slice(0, 700))
    if (process.argv[5]) console.log(ran.story.filter((l) => new RegExp(process.argv[5]!).test(l)).join('\n'))
  } catch (e) {
    console.log(seed, 'BROKE', e)
  }
}
