import { type Json, list, object, same, text, texts } from '../json.ts'
import { mapped, type Stack } from './assembly.ts'

/** `AWS::NoValue`: the property is as if it were not there. */
export const nothing = Symbol('AWS::NoValue')
export type Value = Json | typeof nothing

/** What CloudFormation's functions need of the one who evaluates them. */
export interface Evaluator {
  readonly region: string
  /** A value whose functions are evaluated; null for `AWS::NoValue`. */
  value(stack: Stack, input: Json | undefined): Json
  evaluate(stack: Stack, input: Json): Value
  refer(stack: Stack, name: string): Value
  attribute(stack: Stack, id: string, name: string): Json
  holds(stack: Stack, condition: string): boolean
  exported(name: string): Json
  output(stackName: string, name: string): Json
}

type Intrinsic = (by: Evaluator, stack: Stack, argument: Json) => Value

/** `${Name}`, `${Resource.Attribute}`, `${!Literal}`. */
const substitute: Intrinsic = (by, stack, argument) => {
  const [source, own] = typeof argument === 'string' ? [argument, {}] : [text(list(argument)[0]), object(list(argument)[1])]
  return source.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`
    if (own[name] !== undefined) return text(by.value(stack, own[name]))
    const dot = name.indexOf('.')
    if (dot >= 0) return text(by.attribute(stack, name.slice(0, dot), name.slice(dot + 1)))
    const found = by.refer(stack, name)
    return found === nothing ? '' : text(found)
  })
}

const getAttribute: Intrinsic = (by, stack, argument) => {
  const [id = '', ...name] = typeof argument === 'string' ? argument.split('.') : texts(by.value(stack, argument))
  return by.attribute(stack, id, name.join('.'))
}

const choose: Intrinsic = (by, stack, argument) => {
  const [condition, yes, no] = list(argument)
  return by.evaluate(stack, (by.holds(stack, text(condition)) ? yes : no) ?? null)
}

const all = (by: Evaluator, stack: Stack, argument: Json): readonly Json[] => list(by.value(stack, argument))

/** CloudFormation's functions, by the key that stands for them in a template. */
export const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (by, stack, argument) => by.refer(stack, text(argument)),
  Condition: (by, stack, argument) => by.holds(stack, text(argument)),
  'Fn::GetAtt': getAttribute,
  'Fn::Join': (by, stack, argument) => texts(by.value(stack, list(argument)[1])).join(text(list(argument)[0])),
  'Fn::Sub': substitute,
  'Fn::Select': (by, stack, argument) => list(by.value(stack, list(argument)[1]))[Number(by.value(stack, list(argument)[0]))] ?? null,
  'Fn::Split': (by, stack, argument) => text(by.value(stack, list(argument)[1])).split(text(list(argument)[0])),
  'Fn::ImportValue': (by, stack, argument) => by.exported(text(by.value(stack, argument))),
  'Fn::GetStackOutput': (by, stack, argument) => {
    const { StackName, OutputName } = object(argument)
    return by.output(text(by.value(stack, StackName)), text(OutputName))
  },
  'Fn::Base64': (by, stack, argument) => Buffer.from(text(by.value(stack, argument))).toString('base64'),
  'Fn::FindInMap': (by, stack, argument) => mapped(stack, texts(by.value(stack, argument))) ?? null,
  'Fn::GetAZs': (by) => ['a', 'b', 'c'].map((zone) => by.region + zone),
  'Fn::ToJsonString': (by, stack, argument) => JSON.stringify(by.value(stack, argument)),
  'Fn::Length': (by, stack, argument) => all(by, stack, argument).length,
  'Fn::If': choose,
  'Fn::Equals': (by, stack, argument) => same(all(by, stack, argument)[0], all(by, stack, argument)[1]),
  'Fn::And': (by, stack, argument) => all(by, stack, argument).every((part) => part === true),
  'Fn::Or': (by, stack, argument) => all(by, stack, argument).includes(true),
  'Fn::Not': (by, stack, argument) => all(by, stack, argument)[0] !== true,
}
