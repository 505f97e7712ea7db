import { invalid } from './refusal.ts'

/**
 * The part of DynamoDB's expression language that the product writes: comparisons, IN, BETWEEN, begins_with, whether an
 * attribute is there, AND, OR, NOT; and of updates SET, REMOVE and ADD. Anything else is refused, never guessed.
 */

export type Path = readonly string[]
export type Operand = { path: Path } | { value: string }
export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type Condition =
  | { is: 'both' | 'either'; left: Condition; right: Condition }
  | { is: 'not'; inner: Condition }
  | { is: 'compared'; by: Comparator; left: Operand; right: Operand }
  | { is: 'between'; what: Operand; from: Operand; to: Operand }
  | { is: 'among'; what: Operand; values: readonly Operand[] }
  | { is: 'there' | 'absent'; path: Path }
  | { is: 'begins'; what: Operand; text: Operand }

export interface Update {
  set: { path: Path; value: string }[]
  remove: Path[]
  add: { path: Path; value: string }[]
}

/** An expression read once, with the aliases it uses. */
export interface Read<T> {
  tree: T
  names: ReadonlySet<string>
  values: ReadonlySet<string>
}

const TOKEN = /\s*(?:([#:]?[A-Za-z_][A-Za-z0-9_]*)|(<>|<=|>=|[()=<>,.]))/y
const COMPARATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

class Reader {
  readonly names = new Set<string>()
  readonly values = new Set<string>()
  readonly #tokens: string[] = []
  #at = 0

  constructor(text: string) {
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const from = TOKEN.lastIndex
      const match = TOKEN.exec(text)
      if (!match) throw invalid(`Invalid expression: Syntax error; token: ${text.slice(from, from + 10)}`)
      this.#tokens.push(match[1] ?? match[2] ?? '')
    }
  }
  get done(): boolean {
    return this.#at >= this.#tokens.length
  }
  peek(): string {
    return this.#tokens[this.#at] ?? ''
  }
  next(): string {
    const token = this.peek()
    this.#at++
    if (token === '') throw invalid('Invalid expression: Syntax error; token: <EOF>')
    return token
  }
  /** Takes a token if it is the one. Words in any case. */
  takes(wanted: string): boolean {
    if (this.peek().toUpperCase() !== wanted) return false
    this.#at++
    return true
  }
  must(wanted: string): void {
    if (!this.takes(wanted)) throw invalid(`Invalid expression: Syntax error; token: ${this.peek()}`)
  }
  path(): Path {
    const path: string[] = []
    do {
      const part = this.next()
      if (!/^#?[A-Za-z_]/.test(part)) throw invalid(`Invalid expression: Syntax error; token: ${part}`)
      if (part.startsWith('#')) this.names.add(part)
      path.push(part)
    } while (this.takes('.'))
    return path
  }
  value(): string {
    const token = this.next()
    if (!token.startsWith(':')) throw invalid(`Invalid expression: Syntax error; token: ${token}`)
    this.values.add(token)
    return token
  }
  operand(): Operand {
    return this.peek().startsWith(':') ? { value: this.value() } : { path: this.path() }
  }
}

function either(from: Reader): Condition {
  let left = both(from)
  while (from.takes('OR')) left = { is: 'either', left, right: both(from) }
  return left
}

function both(from: Reader): Condition {
  let left = single(from)
  while (from.takes('AND')) left = { is: 'both', left, right: single(from) }
  return left
}

function single(from: Reader): Condition {
  if (from.takes('NOT')) return { is: 'not', inner: single(from) }
  if (from.takes('(')) {
    const inner = either(from)
    from.must(')')
    return inner
  }
  if (from.takes('ATTRIBUTE_EXISTS')) return { is: 'there', path: inBrackets(from, () => from.path()) }
  if (from.takes('ATTRIBUTE_NOT_EXISTS')) return { is: 'absent', path: inBrackets(from, () => from.path()) }
  if (from.takes('BEGINS_WITH')) {
    return inBrackets(from, () => {
      const what = from.operand()
      from.must(',')
      return { is: 'begins', what, text: from.operand() }
    })
  }
  return comparison(from)
}

function inBrackets<T>(from: Reader, read: () => T): T {
  from.must('(')
  const inner = read()
  from.must(')')
  return inner
}

function comparison(from: Reader): Condition {
  const what = from.operand()
  if (from.takes('BETWEEN')) {
    const low = from.operand()
    from.must('AND')
    return { is: 'between', what, from: low, to: from.operand() }
  }
  if (from.takes('IN')) {
    const values = inBrackets(from, () => {
      const all = [from.operand()]
      while (from.takes(',')) all.push(from.operand())
      return all
    })
    return { is: 'among', what, values }
  }
  const by = from.next()
  if (!COMPARATORS.has(by)) throw invalid(`Invalid expression: Syntax error; token: ${by}`)
  return { is: 'compared', by: by as Comparator, left: what, right: from.operand() }
}

function clauses(from: Reader): Update {
  const update: Update = { set: [], remove: [], add: [] }
  const seen = new Set<string>()
  while (!from.done) {
    const clause = from.next().toUpperCase()
    if (seen.has(clause)) throw invalid(`Invalid UpdateExpression: The "${clause}" section can only be used once in an update expression;`)
    seen.add(clause)
    do {
      const path = from.path()
      if (clause === 'REMOVE') update.remove.push(path)
      else if (clause === 'ADD') update.add.push({ path, value: from.value() })
      else if (clause === 'SET') {
        from.must('=')
        update.set.push({ path, value: from.value() })
      } else throw invalid(`Invalid UpdateExpression: Syntax error; token: ${clause}`)
    } while (from.takes(','))
  }
  if (seen.size === 0) throw invalid('Invalid UpdateExpression: The expression can not be empty;')
  return update
}

function reading<T>(read: (from: Reader) => T): (text: string) => Read<T> {
  const known = new Map<string, Read<T>>()
  return (text) => {
    let found = known.get(text)
    if (!found) {
      const from = new Reader(text)
      const tree = read(from)
      if (!from.done) throw invalid(`Invalid expression: Syntax error; token: ${from.peek()}`)
      found = { tree, names: from.names, values: from.values }
      known.set(text, found)
    }
    return found
  }
}

/** Reads a condition or key condition; the same text is read once. @throws ValidationException */
export const readCondition = reading(either)
/** Reads an update. @throws ValidationException */
export const readUpdate = reading(clauses)
