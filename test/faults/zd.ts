import './quiet.ts'
import { runSeed } from './seed.ts'
const [seed, steps, re] = [Number(process.argv[2]), Number(process.argv[3]), new RegExp(process.argv[4]!)]
const ran = await runSeed({ seed, steps, debug: re } as never)
for (const f of ran.findings.slice(0, 3)) console.log(f.invariant, f.words.slice(0, 1500))
console.log(
  ran.story
    .filter((l) => re.test(l))
    .map((l) => l.slice(0, 600))
    .join('\n'),
)
