import type { Issue } from '../../../kernel/fault.ts'
import type { Target } from './target.ts'
import { valueOf, type Writing } from './value.ts'

/** A column and what it is. */
export interface Bound {
  column: string
  /** Its place in the row; undefined for a value that is the same in every row. */
  at?: number
  fixed?: string
  target: Target
  /** Other words for values of the target: `{ 'Closed Won': 'won', '*': 'open' }`; `*` for all others, '' says nothing. */
  words?: Readonly<Record<string, string>>
}

/** The input of an action, made from a row; what is wrong with cells; and which column each path came from. */
export interface Draft {
  input: Record<string, unknown>
  issues: Issue[]
  columns: Map<string, string>
}

/** Makes an action's input from the cells of a row. Empty cells say nothing. */
export function draftOf(cells: readonly string[], bound: readonly Bound[], writing: Writing): Draft {
  const draft: Draft = { input: {}, issues: [], columns: new Map() }
  for (const one of bound) {
    const said = (one.at === undefined ? one.fixed : unguarded(cells[one.at]))?.trim() ?? ''
    if (said === '') {
      // Whom a row is about it must say: a refusal for want of it names the column.
      if (one.target.path.startsWith('@') && !draft.columns.has(one.target.path)) draft.columns.set(one.target.path, one.column)
      continue
    }
    const text = one.words?.[said] ?? one.words?.[said.toLowerCase()] ?? one.words?.['*'] ?? said
    if (text === '') continue
    const read = valueOf(one.target, text, writing)
    if ('problem' in read) draft.issues.push({ path: one.column, code: read.problem, message: read.message })
    else put(draft, one, read.value)
  }
  return draft
}

/** A cell as it was before an export put `'` in front of what a spreadsheet would run. */
const unguarded = (cell: string | undefined): string | undefined => cell?.replace(/^'(?=[=+\-@\t\r])/, '')

function put(draft: Draft, { column, target }: Bound, value: unknown): void {
  const [first = '', ...rest] = target.path.split('.')
  const whole = target.type === 'external' ? { system: target.name.slice(target.name.indexOf(':') + 1), id: value } : value
  const path = [first]
  let place: Record<string, unknown> = draft.input
  let key = first
  for (const part of rest) {
    const list = part === '+' || /^\d+$/.test(part)
    const inside = (place[key] ??= list ? [] : {}) as Record<string, unknown>
    place = inside
    key = part === '+' ? String(Array.isArray(inside) ? inside.length : 0) : part
    path.push(key)
  }
  // Of two columns for one field the first that says something counts; a value for all rows comes last.
  if (place[key] !== undefined) return
  place[key] = whole
  draft.columns.set(path.join('.'), column)
}

/** The column that a refusal's path leads to: the one it names, or the only one under it; empty when it is of no column. */
export function columnOf({ columns }: Pick<Draft, 'columns'>, path: string): string {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const column = columns.get(at)
    if (column !== undefined) return column
  }
  return [...columns].find(([known]) => known.startsWith(`${path}.`) && path !== '')?.[1] ?? ''
}
