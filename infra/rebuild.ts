import { parseArgs } from 'node:util'
import { recount } from '../domain/insight/statistics/index.ts'
import { rebuildable } from '../events/projections.ts'
import { command, rateIn, say } from './upkeep/command.ts'
import { erasedAgain } from './upkeep/erasures.ts'
import { openTarget, TARGETS, targetOptions } from './upkeep/target.ts'
import { commandCtx, walk } from './upkeep/walk.ts'

/**
 * Makes everything that follows from the records anew: index keys and rows, sentinels, gaps of the log, sums, search, segments,
 * duplicates, statistics: `npm run rebuild`. Safe beside a running deployment, and to run twice. With `--erasures` it first
 * erases again whom the register beside the table names: after a restore.
 */

const USAGE = `npm run rebuild -- ${TARGETS} [--erasures] [--rate UNITS] [--resume FILE]`

await command('rebuild', async () => {
  const { values } = parseArgs({
    options: {
      ...targetOptions,
      erasures: { type: 'boolean', default: false },
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
  const now = () => new Date().toISOString()
  const ctx = () => commandCtx(target, 'rebuild', now(), say)
  try {
    if (values.erasures) await erasedAgain(target, 'rebuild', now, say)
    const { items, found, mended, left } = await walk(target, {
      rate,
      repair: true,
      projections: rebuildable,
      resume: values.resume,
      say,
      now,
    })
    let counted = 0
    for (let done = false; !done; ) {
      const answer = await recount.run(ctx(), {})
      done = answer.done
      counted += answer.counted
    }
    say(
      `${target.name}: ${items} items, ${JSON.stringify(found)} found, ${mended} put right, ${left} left; ${counted} customers counted anew`,
    )
    return left > 0 ? 1 : 0
  } finally {
    await target.close()
  }
})
