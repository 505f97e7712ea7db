import { every, type Schedule } from '../domain/kernel/event.ts'
import { goOn } from '../domain/data/edit/index.ts'
import { step as scanStep } from '../domain/data/duplicate/index.ts'
import { exportStep, importStep } from '../domain/data/transfer/index.ts'
import { goOnErasing, makeArchive } from '../domain/data/privacy/index.ts'
import { begin as beginInspection } from '../domain/data/upkeep/index.ts'
import { recountStep } from '../domain/insight/statistics/index.ts'
import { inspectOn } from './upkeep.ts'

/** Every job that goes through much in steps, one line each: imports and exports, changes of many, erasures, checks. */
export const hauls: readonly Schedule[] = [
  every('rate(1 minute)', { kind: 'due', name: 'bulk-edits', each: goOn, again: true }, 'Goes on with changes of many customers'),
  every(
    'rate(5 minutes)',
    { kind: 'due', name: 'duplicates', each: scanStep, again: true },
    'Goes on with a scan of all files for duplicates and what they lack',
  ),
  every('rate(1 minute)', { kind: 'due', name: 'imports', each: importStep, again: true }, 'Goes on with imports that are under way'),
  every('rate(1 minute)', { kind: 'due', name: 'exports', each: exportStep, again: true }, 'Goes on with exports that are under way'),
  every(
    'rate(1 minute)',
    { kind: 'due', name: 'erasures', each: goOnErasing, again: true },
    'Empties the records of people who are being erased',
  ),
  every('rate(1 minute)', { kind: 'due', name: 'archives', each: makeArchive }, 'Makes the archives that were asked for'),
  every(
    'rate(5 minutes)',
    { kind: 'due', name: 'recounts', each: recountStep, again: true },
    'Goes on with making the statistics behind the models anew',
  ),
  every(
    'cron(0 4 ? * SUN *)',
    { kind: 'task', name: 'inspection', run: beginInspection },
    'Begins the weekly look at the whole table: keys, sentinels, logs, sums',
  ),
  every(
    'rate(5 minutes)',
    { kind: 'due', name: 'inspections', each: inspectOn, again: true },
    'Goes on with a look at the whole table under way',
  ),
]
