import { parseArgs } from 'node:util'
import { Refusal } from './insight/refusal.ts'
import { command, rateIn, say } from './upkeep/command.ts'
import { erasedAgain } from './upkeep/erasures.ts'
import { exportTo, importFrom } from './upkeep/house.ts'
import { mustHaveFiles, openTarget, TARGETS, targetOptions } from './upkeep/target.ts'
import { walk } from './upkeep/walk.ts'

/**
 * A whole workspace into files, and from files into an empty table: `npm run backup`. After an import, who was erased since the export
 * is erased again by the bucket's register, and what was imported is held against fsck.
 */

const USAGE = `npm run backup -- export ${TARGETS} --folder DIR [--rate UNITS], or import … --folder DIR [--again] [--rate UNITS]`

await command('backup', async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...targetOptions,
      folder: { type: 'string' },
      again: { type: 'boolean', default: false },
      rate: { type: 'string', default: '500' },
      help: { type: 'boolean', default: false },
    },
  })
  const [does] = positionals
  if (values.help) {
    say(USAGE)
    return 0
  }
  const { folder } = values
  if ((does !== 'export' && does !== 'import') || folder === undefined) throw new Refusal(`export or import, and where? ${USAGE}`)
  const rate = rateIn(values.rate)
  const target = await openTarget(values)
  try {
    mustHaveFiles(target, 'files of customers and the register of who was erased move along')
    const now = () => new Date().toISOString()
    if (does === 'export') {
      const { items, parts, files } = await exportTo(target, folder, now(), { rate, say })
      say(`${target.name}: ${items} items in ${parts.length} parts, ${files.length} files, ${Math.round(target.units())} units`)
      return 0
    }
    const { items, files } = await importFrom(target, folder, { rate, say, again: values.again })
    await erasedAgain(target, 'import', now, say)
    const { found, left } = await walk(target, { rate, repair: false, say, now })
    say(
      `${target.name}: ${items} items and ${files.length} files imported, ${JSON.stringify(found)} found, ${Math.round(target.units())} units`,
    )
    return left > 0 ? 1 : 0
  } finally {
    await target.close()
  }
})
