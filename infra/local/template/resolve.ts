import { Complaint } from '../complaint.ts'
import { isObject, type Json, type JsonObject, object, text } from '../json.ts'
import { exportsOf, type Resource, resourcesOf, type Stack } from './assembly.ts'
import { type Evaluator, intrinsics, nothing, type Value } from './intrinsic.ts'

/** What the runner puts in the place of a resource's name and attributes. */
export interface Physical {
  ref(resource: Resource): Json
  attribute(resource: Resource, name: string): Json
  readonly region: string
  readonly account: string
}

/** Resolves CloudFormation's functions in any value of any stack of one assembly. */
export interface Resolver {
  resolve(stack: Stack, value: Json | undefined): Json
  /** A resource's properties, resolved; computed once. */
  properties(resource: Resource): JsonObject
  /** Every resource that exists: those whose condition does not hold are left out. */
  readonly resources: readonly Resource[]
}

const pseudo = (stack: Stack, { region, account }: Physical): Record<string, Value> => ({
  'AWS::Region': region,
  'AWS::AccountId': account,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': stack.name,
  'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stack.name}/local`,
  'AWS::NotificationARNs': [],
  'AWS::NoValue': nothing,
})

class TemplateResolver implements Resolver, Evaluator {
  readonly region: string
  readonly resources: readonly Resource[]
  readonly #physical: Physical
  readonly #byId: ReadonlyMap<string, Resource>
  readonly #known = new Map<Resource, JsonObject>()
  readonly #exports = new Map<string, () => Json>()
  readonly #outputs = new Map<string, () => Json>()

  constructor(stacks: readonly Stack[], physical: Physical) {
    this.region = physical.region
    this.#physical = physical
    const everything = stacks.flatMap(resourcesOf)
    this.#byId = new Map(everything.map((resource) => [`${resource.stack.name}/${resource.id}`, resource]))
    for (const stack of stacks) this.#readOutputs(stack)
    this.resources = everything.filter(({ stack, condition }) => condition === undefined || this.holds(stack, condition))
  }

  resolve(stack: Stack, input: Json | undefined): Json {
    return this.value(stack, input)
  }

  properties(resource: Resource): JsonObject {
    const before = this.#known.get(resource)
    if (before !== undefined) return before
    const resolved = object(this.value(resource.stack, resource.properties))
    this.#known.set(resource, resolved)
    return resolved
  }

  value(stack: Stack, input: Json | undefined): Json {
    const found = this.evaluate(stack, input ?? null)
    return found === nothing ? null : found
  }

  evaluate(stack: Stack, input: Json): Value {
    if (Array.isArray(input)) return (input as Json[]).map((item) => this.evaluate(stack, item)).filter((item) => item !== nothing)
    if (!isObject(input)) return input
    const entries = Object.entries(input)
    const [only] = entries
    if (only !== undefined && entries.length === 1) {
      const intrinsic = intrinsics[only[0]]
      if (intrinsic !== undefined) return intrinsic(this, stack, only[1] ?? null)
      if (only[0].startsWith('Fn::')) throw new Complaint(`The local run does not know ${only[0]}, which ${stack.name} uses.`)
    }
    const result: Record<string, Json> = {}
    for (const [key, item] of entries) {
      const resolved = this.evaluate(stack, item ?? null)
      if (resolved !== nothing) result[key] = resolved
    }
    return result
  }

  refer(stack: Stack, name: string): Value {
    const given = pseudo(stack, this.#physical)[name]
    if (given !== undefined) return given
    const parameter = object(stack.template['Parameters'])[name]
    return parameter === undefined ? this.#physical.ref(this.#find(stack, name)) : (object(parameter)['Default'] ?? '')
  }

  attribute(stack: Stack, id: string, name: string): Json {
    return this.#physical.attribute(this.#find(stack, id), name)
  }

  holds(stack: Stack, condition: string): boolean {
    return this.value(stack, object(stack.template['Conditions'])[condition]) === true
  }

  exported(name: string): Json {
    const found = this.#exports.get(name)
    if (found === undefined) throw new Complaint(`No stack exports ${name}.`)
    return found()
  }

  output(stackName: string, name: string): Json {
    const found = this.#outputs.get(`${stackName}/${name}`)
    if (found === undefined) throw new Complaint(`The stack ${stackName} has no output ${name}.`)
    return found()
  }

  #find(stack: Stack, id: string): Resource {
    const resource = this.#byId.get(`${stack.name}/${id}`)
    if (resource === undefined) throw new Complaint(`The template of ${stack.name} names ${id}, which it does not hold.`)
    return resource
  }

  /** Values are read when asked for: an output may stand for a resource that nothing here knows. */
  #readOutputs(stack: Stack): void {
    for (const entry of exportsOf(stack)) {
      const give = (): Json => this.value(stack, entry.value)
      this.#outputs.set(`${stack.name}/${entry.output}`, give)
      if (entry.name !== undefined) this.#exports.set(text(this.value(stack, entry.name)), give)
    }
  }
}

export const createResolver = (stacks: readonly Stack[], physical: Physical): Resolver => new TemplateResolver(stacks, physical)
