import { parseArgs } from 'node:util'
import { command, rateIn, say } from './upkeep/command.ts'
import { openTarget, TARGETS, targetOptions } from './upkeep/target.ts'
import { walk } from './upkeep/walk.ts'

/** Holds every record of a table against what must be true of it: `npm run fsck`. Reads only, unless told to repair. */

export const USAGE = `npm run fsck -- ${TARGETS} [--repair] [--rate UNITS] [--resume FILE]`

await command('fsck', async () => {
  const { values } = parseArgs({
    options: {
      ...targetOptions,
      repair: { type: 'boolean', default: false },
      rate: { type: 'string', default: '200' },
      resume: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    say(USAGE)
    return 0
  }
  const rate = rateIn(values.rate)
  const target = await openTarget(values)
  try {
    const began = performance.now()
    const now = () => new Date().toISOString()
    const { items, found, mended, left, large } = await walk(target, { rate, repair: values.repair, resume: values.resume, say, now })
    const all = Object.values(found).reduce((sum, one) => sum + one, 0)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    if (large > 0) say(`${large} stretches of partitions too large to be added up were looked at record by record`)
    say(
      `${target.name}: ${items} items, ${all} found ${JSON.stringify(found)}, ${mended} put right; ${Math.round(target.units())} units, ${seconds} s`,
    )
    return left > 0 ? 1 : 0
  } finally {
    await target.close()
  }
})
