import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { readCondition, type Condition, type Operand } from './expression.ts'
import { Terms, type Aliases } from './evaluate.ts'
import type { Range } from './partitions.ts'
import { invalid } from './refusal.ts'
import { compareTexts } from './value.ts'

/** The partition and range that a key condition names. @throws ValidationException for any other condition */
export function keyRange(
  asked: Aliases & { KeyConditionExpression?: string | undefined },
  names: { pk: string; sk: string },
): { partition: string; range: Range } {
  const read = readCondition(asked.KeyConditionExpression ?? '')
  const terms = new Terms(asked, [read])
  let partition: string | undefined
  let range: Range | undefined
  for (const part of parts(read.tree)) {
    const name = nameIn(part, terms)
    if (name === names.pk && part.is === 'compared' && part.by === '=' && partition === undefined)
      partition = keyText(part.right, terms, name)
    else if (name === names.sk && range === undefined) range = rangeOf(part, terms, name)
    else throw invalid('Query key condition not supported')
  }
  if (partition === undefined) throw invalid(`Query condition missed key schema element: ${names.pk}`)
  return { partition, range: range ?? {} }
}

function parts(condition: Condition): Condition[] {
  return condition.is === 'both' ? [...parts(condition.left), ...parts(condition.right)] : [condition]
}

function nameIn(part: Condition, terms: Terms): string | undefined {
  const operand = part.is === 'compared' ? part.left : part.is === 'between' || part.is === 'begins' ? part.what : undefined
  return operand && 'path' in operand ? terms.path(operand.path).join('.') : undefined
}

function rangeOf(part: Condition, terms: Terms, name: string): Range {
  if (part.is === 'begins') return { begins: keyText(part.text, terms, name) }
  if (part.is === 'between') {
    const [from, to] = [keyText(part.from, terms, name), keyText(part.to, terms, name)]
    if (compareTexts(from, to) > 0)
      throw invalid('Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound')
    return { from: { key: from }, to: { key: to } }
  }
  if (part.is !== 'compared') throw invalid('Query key condition not supported')
  const key = keyText(part.right, terms, name)
  switch (part.by) {
    case '=':
      return { from: { key }, to: { key }, exact: true }
    case '<':
      return { to: { key, without: true } }
    case '<=':
      return { to: { key } }
    case '>':
      return { from: { key, without: true } }
    case '>=':
      return { from: { key } }
    case '<>':
      throw invalid('Unsupported operator on KeyConditionExpression: operator: <>')
  }
}

function keyText(operand: Operand, terms: Terms, name: string): string {
  const value: AttributeValue | undefined = 'value' in operand ? terms.value(operand.value) : undefined
  if (value?.S === undefined)
    throw invalid('One or more parameter values were invalid: Condition parameter type does not match schema type')
  if (value.S === '')
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
    )
  return value.S
}
