/**
 * `npm run kill -- [--times 50] [--clients 6]`: the running product, with its real table engine, killed under load at random
 * moments and started again. Ends with what was acknowledged and what of it is not as promised.
 */
import { parseArgs } from 'node:util'
import { ownAssembly } from '../support/assembly.ts'
import { killing } from './kill/killing.ts'

const { values } = parseArgs({ options: { times: { type: 'string', default: '50' }, clients: { type: 'string', default: '6' } } })
const assembly = ownAssembly()
try {
  const { kills, early, acknowledged, repeated, records, findings, seconds } = await killing({
    times: Number(values.times),
    clients: Number(values.clients),
    assembly: assembly.folder,
    say: (line) => console.log(line),
  })
  for (const { invariant, words } of findings.slice(0, 20)) console.log(`${invariant}: ${words}`)
  console.log(
    `${kills} kills (${early} during a start) in ${seconds} s: ${acknowledged} writes acknowledged, ${repeated} sent again, ${records} records; ${findings.length} promises broken`,
  )
  process.exitCode = findings.length > 0 ? 1 : 0
} finally {
  assembly.remove()
}
