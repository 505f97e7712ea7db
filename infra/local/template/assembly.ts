import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Complaint } from '../complaint.ts'
import { type JsonObject, object, parse, text } from '../json.ts'

/** One stack of a synthesized cloud assembly, as its template stands. */
export interface Stack {
  readonly name: string
  readonly template: JsonObject
  /** Folder of each file asset, by its object key: what a function's `Code.S3Key` names. */
  readonly assets: ReadonlyMap<string, string>
}

/** One resource of one stack, its properties not yet resolved. */
export interface Resource {
  readonly stack: Stack
  readonly id: string
  readonly type: string
  readonly properties: JsonObject
  readonly condition: string | undefined
}

const read = (file: string): JsonObject => object(parse(readFileSync(file, 'utf8')))

const assetsOf = (folder: string, file: string): [string, string][] =>
  Object.values(object(read(join(folder, file))['files'])).flatMap((asset) => {
    const path = join(folder, text(object(object(asset)['source'])['path']))
    return Object.values(object(object(asset)['destinations'])).map((place): [string, string] => [text(object(place)['objectKey']), path])
  })

/** Every stack of the assembly in `folder`, nested stages included. @throws Complaint when nothing is synthesized there. */
export const readAssembly = (folder: string): Stack[] => {
  const manifest = join(folder, 'manifest.json')
  if (!existsSync(manifest)) throw new Complaint(`There is no synthesized stack in ${folder}: run npm run synth.`)
  const artifacts = Object.entries(object(read(manifest)['artifacts'])).map(([id, artifact]) => ({ id, ...object(artifact) }))
  const files = (type: string, name: string): string[] =>
    artifacts.filter((artifact) => object(artifact)['type'] === type).map((artifact) => text(object(object(artifact)['properties'])[name]))
  const assets = new Map(files('cdk:asset-manifest', 'file').flatMap((file) => assetsOf(folder, file)))
  const own = artifacts
    .filter((artifact) => object(artifact)['type'] === 'aws:cloudformation:stack')
    .map((artifact): Stack => {
      const properties = object(object(artifact)['properties'])
      const name = text(properties['stackName'] ?? artifact.id)
      return { name, assets, template: read(join(folder, text(properties['templateFile']))) }
    })
  return [...own, ...files('cdk:cloud-assembly', 'directoryName').flatMap((nested) => readAssembly(join(folder, nested)))]
}

export const resourcesOf = (stack: Stack): Resource[] =>
  Object.entries(object(stack.template['Resources'])).map(([id, resource]) => ({
    stack,
    id,
    type: text(object(resource)['Type']),
    properties: object(object(resource)['Properties']),
    condition: object(resource)['Condition'] === undefined ? undefined : text(object(resource)['Condition']),
  }))

/** Every export of every stack: name expression and value expression, each to be resolved in its stack. */
export const exportsOf = (
  stack: Stack,
): { readonly output: string; readonly name: JsonObject[string]; readonly value: JsonObject[string] }[] =>
  Object.entries(object(stack.template['Outputs'])).map(([output, entry]) => ({
    output,
    name: object(object(entry)['Export'])['Name'],
    value: object(entry)['Value'],
  }))

/** The value of a map of a template: Mappings / name / first / second. */
export const mapped = (stack: Stack, path: readonly string[]): JsonObject[string] =>
  path.reduce<JsonObject[string]>((value, key) => object(value)[key], object(stack.template['Mappings']))
