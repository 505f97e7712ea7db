import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as e from './export.actions.ts'
import { exporting, exportFinished, exportMade, exportMoved } from './export.store.ts'
import * as a from './import.actions.ts'
import * as course from './import.course.ts'
import * as s from './import.store.ts'

export { exportStep } from './export.step.ts'
export { exporting } from './export.store.ts'
export { step as importStep } from './import.step.ts'
export { earlier, importing } from './import.store.ts'
export { haltImports, madeInFlight, withdrawFiles, type InFlight } from './withdraw.ts'

const settings = { mapping: { 'E-mail': 'email', Name: 'name' }, fixed: { source: 'Fair' }, mode: 'upsert', by: 'email' }
/** What may be wrong with the file itself. */
const fileFaults = [
  'file.binary',
  'file.empty',
  'file.gone',
  'file.no_header',
  'file.no_rows',
  'file.not_a_workbook',
  'file.not_csv',
  'file.old_excel',
  'file.too_large',
  'file.too_many_columns',
  'file.unknown_encoding',
  'file.utf16',
  'sheet.unknown',
] as const
const faults = ['import.not_possible_now', 'import.no_file', 'sheet.choose', 'mapping.needed', ...fileFaults] as const

export default module('transfer', {
  verbs: ['import', 'export'],
  entities: [s.importing, s.earlier, exporting],
  events: [
    s.importMade,
    s.importLooked,
    s.importStarted,
    s.importChecked,
    s.importMoved,
    s.importPaused,
    s.importFinished,
    s.importUndone,
    s.earlierKept,
    exportMade,
    exportMoved,
    exportFinished,
  ],
  routes: [
    route('POST /imports', a.make, {
      can: 'transfer:import',
      summary: 'Begin an import: the answer has a link to upload the file to',
      description: 'PUT the file to `upload.url` with `upload.headers`. CSV in UTF-8 or GB18030, or an Excel workbook of at most 10 MB.',
      example: { name: 'customers.csv', kind: 'customers', bytes: 48_211 },
    }),
    route('GET /imports', a.list, { can: 'transfer:import', summary: 'Imports, the latest first' }),
    route('GET /imports/{id}', a.show, { can: 'transfer:import', summary: 'Where an import stands: rows, progress' }),
    route('POST /imports/{id}/preview', a.preview, {
      can: 'transfer:import',
      summary: 'Columns, first rows and a suggested mapping of the uploaded file',
      example: {},
      faults: ['import.no_file', 'import.not_possible_now', ...fileFaults],
    }),
    route('POST /imports/{id}/check', course.check, {
      can: 'transfer:import',
      summary: 'Try all rows without writing anything',
      example: settings,
      faults,
      status: 202,
    }),
    route('POST /imports/{id}/run', course.run, {
      can: 'transfer:import',
      summary: 'Import all rows in the background',
      example: settings,
      faults,
      status: 202,
      description: 'Each row is written once, whatever happens on the way. Empty cells change nothing; lists are added to.',
    }),
    route('POST /imports/{id}/pause', course.pause, { can: 'transfer:import', summary: 'Halt a run', faults: ['import.not_possible_now'] }),
    route('POST /imports/{id}/resume', course.resume, {
      can: 'transfer:import',
      summary: 'Go on with a halted run',
      faults: ['import.not_possible_now'],
    }),
    route('POST /imports/{id}/cancel', course.cancel, {
      can: 'transfer:import',
      summary: 'End an import for good',
      faults: ['import.not_possible_now'],
    }),
    route('POST /imports/{id}/undo', course.undo, {
      can: 'transfer:import',
      summary: 'Take back what an import did, as far as nobody has worked on it since',
      faults: ['import.not_possible_now', 'import.nothing_to_undo'],
      status: 202,
    }),
    route('GET /imports/{id}/report', a.report, {
      can: 'transfer:import',
      summary: 'A link to the report of refused rows as CSV',
      faults: ['import.erased_since', 'import.no_report', 'import.not_possible_now'],
    }),
    route('POST /exports', e.make, {
      can: 'transfer:export',
      summary: 'Begin an export of a list, a segment, or everything the workspace has',
      description:
        'A list (customers, deals, tickets, tasks, with the filters of its route) or a segment becomes a CSV; the workspace a file of JSON lines for each kind of record, and the CSV of customers. Files are kept 14 days.',
      example: { what: 'customers', columns: ['name', 'emails', 'lifecycle'] },
      faults: ['column.unknown', 'export.one_way', 'export.whole', 'export.customers_only', 'filter.unsupported', 'scope.outside'],
    }),
    route('GET /exports', e.list, { can: 'transfer:export', summary: 'Exports, the latest first' }),
    route('GET /exports/{id}', e.show, {
      can: 'transfer:export',
      summary: 'Where an export stands; when done, a link to each file',
      faults: ['export.erased_since'],
    }),
    route('POST /exports/{id}/cancel', e.cancel, { can: 'transfer:export', summary: 'End an export', faults: ['export.not_possible_now'] }),
  ],
})
