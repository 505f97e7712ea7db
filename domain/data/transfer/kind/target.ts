/** What a column can be told to be. Plain data: suggested from headers, shown to people, read by the conversion of cells. */
export interface Target {
  /** As a mapping names it: `email`, `customer.email`, `custom.segment`. */
  readonly name: string
  /** For people. */
  readonly label: string
  readonly type: TargetType
  /**
   * Where the value goes in the action's input, in dots. `+` adds to a list. The first part of the path is what a refusal
   * names, and so leads back to the column.
   */
  readonly path: string
  /** Headers under which other programs write it, in any case and with any punctuation. */
  readonly also: readonly string[]
  /** Of a choice: what may stand in the cell. */
  readonly choices?: readonly string[]
}

export type TargetType =
  | 'text'
  | 'prose'
  | 'number'
  | 'integer'
  | 'money'
  | 'boolean'
  | 'day'
  | 'instant'
  | 'choice'
  | 'slug'
  | 'slugs'
  | 'list'
  | 'country'
  | 'currency'
  | 'url'
  /** An id in another system; the name of the system follows the target's name: `external:hubspot`. */
  | 'external'

/** Shorthand for declaring one. */
export function target(
  name: string,
  label: string,
  type: TargetType,
  path = name,
  also: readonly string[] = [],
  choices?: readonly string[],
): Target {
  return { name, label, type, path, also, ...(choices && { choices }) }
}

/** Headers as they are compared: letters and digits of any script, nothing else. */
export function folded(header: string): string {
  return header
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}
