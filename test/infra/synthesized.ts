import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundles } from '../../infra/bundle.ts'
import { crmApp } from '../../infra/crm-stack.ts'

export interface Resource {
  id: string
  type: string
  properties: Record<string, unknown>
  deletionPolicy?: string
}

/** A stack as CloudFormation gets it. */
export interface Stack {
  name: string
  resources: readonly Resource[]
  of(type: string): Resource[]
  /** Properties of the first resource of a type. @throws Error when there is none */
  one<P>(type: string): P
}

export interface Synthesized {
  state: Stack
  crm: Stack
  bundles: Bundles
  outdir: string
  template(name: string): object
  remove(): void
}

/** Both stacks of a stage, outside the project's folder, so that a bundle finds nothing but what lies beside it. */
export function synthesized(stage: string): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'crm-synth-'))
  const { app, state, crm, bundles } = crmApp({ stage, outdir })
  const assembly = app.synth()
  const template = (name: string): object => assembly.getStackByName(name).template as object
  return {
    state: stackOf(state.stackName, template),
    crm: stackOf(crm.stackName, template),
    bundles,
    outdir,
    template,
    remove: () => rmSync(outdir, { recursive: true }),
  }
}

function stackOf(name: string, template: (name: string) => object): Stack {
  const { Resources } = template(name) as {
    Resources: Record<string, { Type: string; Properties?: Record<string, unknown>; DeletionPolicy?: string }>
  }
  const resources = Object.entries(Resources).map(([id, { Type, Properties = {}, DeletionPolicy }]) => ({
    id,
    type: Type,
    properties: Properties,
    ...(DeletionPolicy && { deletionPolicy: DeletionPolicy }),
  }))
  const of = (type: string): Resource[] => resources.filter((one) => one.type === type)
  return { name, resources, of, one: <P>(type: string) => found(of(type)[0], type).properties as P }
}

function found(resource: Resource | undefined, what: string): Resource {
  if (!resource) throw new Error(`The stack has no ${what}.`)
  return resource
}

export interface Statement {
  Effect: string
  Action: string | string[]
  Resource: unknown
}

/** The statements a function's own role has, by the function's name without its stage. */
export function rightsOf(stack: Stack, name: string): Statement[] {
  const lambda = stack.of('AWS::Lambda::Function').find(({ properties }) => String(properties['FunctionName']).endsWith(`-crm-${name}`))
  const role = (found(lambda, name).properties['Role'] as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]
  return stack
    .of('AWS::IAM::Policy')
    .filter(({ properties }) => (properties['Roles'] as { Ref: string }[]).some(({ Ref }) => Ref === role))
    .flatMap(({ properties }) => (properties['PolicyDocument'] as { Statement: Statement[] }).Statement)
}

/** Every action of some statements, in order. */
export function actionsIn(statements: readonly Statement[]): string[] {
  return [...new Set(statements.flatMap(({ Action }) => Action))].sort()
}
