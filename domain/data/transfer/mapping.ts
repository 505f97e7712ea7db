import * as z from 'zod'
import type { Issue } from '../../kernel/fault.ts'
import type { Workspace } from '../../platform/workspace/index.ts'
import type { Bound } from './kind/draft.ts'
import { namedNoun, needed, targetNamed, targetsOf, type ImportKind } from './kind/kind.ts'
import { isCompanyName } from './kind/customer.targets.ts'
import { presetOf } from './kind/preset.ts'
import { folded } from './kind/target.ts'

const name = () => z.string().min(1).max(80)
const text = () => z.string().max(400)
/** What of a mapping can be counted on: keys are people's headers. */
const few = <T extends z.ZodType>(value: T, most: number) =>
  z.record(z.string().max(250), value).refine((all) => Object.keys(all).length <= most, `at most ${most}`)

/** How rows are read and what is done with them. */
export const settingsShape = () => ({
  mapping: few(name(), 200).describe('columns to fields: { "E-mail": "email" }; of two for one field the first that says something counts'),
  fixed: few(text(), 50).optional().describe('fields to values for rows whose cell is empty: { "source": "Fair" }'),
  words: few(few(text(), 200), 50).optional().describe('by field, their words to ours: { "state": { "Closed Won": "won", "*": "open" } }'),
  mode: z.enum(['create', 'update', 'upsert']).describe('purchases and interactions are created only'),
  by: z
    .string()
    .regex(/^(id|email|phone|external:[a-z0-9][a-z0-9_-]{0,39})$/, 'id, email, phone or external:<system>')
    .optional()
    .describe('by what a row finds its customer, to update or upsert; its contact, deal or ticket by external:<system>'),
  decimal: z.enum(['.', ',']),
  dates: z.enum(['month_first', 'day_first']).describe('how 3/4/2026 is meant'),
})
export type Settings = z.output<z.ZodObject<ReturnType<typeof settingsShape>>>

/** What a header suggests: the fields of a known export, else fields whose names the columns bear, each field once. */
export function suggest(kind: ImportKind, workspace: Workspace, columns: readonly string[]) {
  const preset = presetOf(kind, columns)
  const named = new Map<string, string>()
  if (preset) for (const [header, field] of Object.entries(preset.columns)) named.set(folded(header), field)
  for (const one of targetsOf(kind, workspace)) {
    for (const header of [one.name, one.label, ...one.also]) if (!named.has(folded(header))) named.set(folded(header), one.name)
  }
  const taken = new Set<string>()
  const mapping: Record<string, string> = {}
  const said = new Set(columns.map((column) => named.get(folded(column))))
  const isOfPersons = kind === 'customers' && (said.has('givenName') || said.has('familyName'))
  const first = Object.keys(preset?.columns ?? {}).flatMap((header) => columns.filter((column) => folded(column) === folded(header)))
  for (const column of new Set([...first, ...columns])) {
    const field = named.get(folded(column))
    // Beside a person's own names, a company's name is where they work.
    if (isOfPersons && field === 'name' && isCompanyName(column)) continue
    if (field === undefined || (taken.has(field) && !preset?.columns[column])) continue
    taken.add(field)
    mapping[column] = field
  }
  return { mapping, ...(preset && { preset: preset.name, fixed: { ...preset.fixed }, words: { ...preset.words } }) }
}

/** The columns of a file with what they are. @returns every issue of the mapping at once, when there are any */
export function bindingOf(
  kind: ImportKind,
  workspace: Workspace,
  columns: readonly string[],
  settings: Settings,
): { bound: Bound[]; issues: Issue[] } {
  const issues: Issue[] = []
  const bound: Bound[] = []
  const add = (path: string, column: string, field: string, where: { at: number } | { fixed: string }): void => {
    const target = targetNamed(kind, workspace, field)
    if (!target) return void issues.push({ path, code: 'field.unknown', message: unknownField(kind, workspace, field) })
    const words = settings.words?.[field]
    bound.push({ column, target, ...where, ...(words && { words: lowered(words) }) })
  }
  // A map of the table has no order. Where a row names a company and a person of it, it is the company's.
  const order = ([column, field]: [string, string]): number => columns.indexOf(column) + (field.endsWith('-company') ? 0 : columns.length)
  for (const [column, field] of Object.entries(settings.mapping).sort((a, b) => order(a) - order(b))) {
    const at = columns.indexOf(column)
    if (at < 0)
      issues.push({ path: `mapping.${column}`, code: 'column.unknown', message: `The file has the columns ${columns.join(', ')}.` })
    else add(`mapping.${column}`, column, field, { at })
  }
  for (const [field, fixed] of Object.entries(settings.fixed ?? {})) add(`fixed.${field}`, field, field, { fixed })
  const needs = settings.mode === 'update' ? [] : lacking(kind, bound)
  return { bound, issues: [...issues, ...needs, ...modeIssues(kind, settings, bound)] }
}

const lowered = (words: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(words).flatMap(([from, to]) => [
      [from, to],
      [from.toLowerCase(), to],
    ]),
  )

function unknownField(kind: ImportKind, workspace: Workspace, field: string): string {
  const known = targetsOf(kind, workspace).map((one) => one.name)
  const external =
    kind === 'customers'
      ? 'external:<system>'
      : kind === 'contacts'
        ? 'company.external:<system>, person.external:<system>'
        : 'customer.external:<system>'
  return `There is no field ${field}. ${kind} have ${known.join(', ')}, ${external}.`
}

function lacking(kind: ImportKind, bound: readonly Bound[]): Issue[] {
  const has = (way: string): boolean =>
    bound.some(({ target }) => (way.endsWith('…') ? target.name.startsWith(way.slice(0, -1)) : target.name === way))
  return needed[kind]
    .filter((ways) => !ways.some(has))
    .map((ways) => ({ path: 'mapping', code: 'field.missing', message: `Name a column for ${ways.join(', or ')}.` }))
}

/** Of contacts, deals and tickets, which are found by an id in another system alone. */
function namedIssues(kind: ImportKind, { by }: Pick<Settings, 'mode' | 'by'>, bound: readonly Bound[]): Issue[] {
  if (namedNoun(kind) === undefined) return [{ path: 'mode', code: 'mode.unsupported', message: `Rows of ${kind} are created only.` }]
  if (by?.startsWith('external:') !== true)
    return [{ path: 'by', code: 'needed', message: `${kind} are found by their id in another system: external:<system>.` }]
  const has = bound.some(({ target }) => target.name === by)
  return has ? [] : [{ path: 'by', code: 'field.missing', message: `No column is mapped to ${by}.` }]
}

function modeIssues(kind: ImportKind, { mode, by }: Settings, bound: readonly Bound[]): Issue[] {
  if (kind !== 'customers') return mode === 'create' ? [] : namedIssues(kind, { mode, by }, bound)
  const has = (name: string): boolean => bound.some(({ target }) => target.name === name)
  const issues: Issue[] = []
  if (mode !== 'update' && !has('name') && !has('givenName') && !has('familyName'))
    issues.push({ path: 'mapping', code: 'field.missing', message: 'Name a column for name, or for givenName and familyName.' })
  if (mode === 'create') return issues
  if (by === undefined) return [...issues, { path: 'by', code: 'needed', message: 'Say by what a row finds its customer.' }]
  if (mode === 'upsert' && by === 'id')
    issues.push({ path: 'by', code: 'by.not_possible', message: 'New customers have no id of ours yet: upsert by another identity.' })
  const wanted = by === 'phone' ? ['phone', 'mobile'] : by === 'email' ? ['email', 'email2'] : [by]
  if (!wanted.some(has)) issues.push({ path: 'by', code: 'field.missing', message: `No column is mapped to ${by}.` })
  return issues
}
