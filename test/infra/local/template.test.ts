import { expect, test } from 'vitest'
import { Complaint } from '../../../infra/local/complaint.ts'
import type { Json, JsonObject } from '../../../infra/local/json.ts'
import type { Stack } from '../../../infra/local/template/assembly.ts'
import { createResolver, type Resolver } from '../../../infra/local/template/resolve.ts'

const stack = (name: string, template: JsonObject): Stack => ({ name, assets: new Map(), template })

const state = stack('state', {
  Resources: { Table: { Type: 'T' } },
  Outputs: { Out: { Value: { 'Fn::GetAtt': ['Table', 'Arn'] }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Table' } } } },
})
const app = stack('app', {
  Parameters: { Size: { Default: '5' } },
  Mappings: { Map: { a: { b: 'mapped' } } },
  Conditions: { Yes: { 'Fn::Equals': [{ Ref: 'Size' }, '5'] }, No: { 'Fn::Not': [{ Condition: 'Yes' }] } },
  Resources: { Fn: { Type: 'F' }, Off: { Type: 'F', Condition: 'No' } },
})

const physical = {
  region: 'us-east-1',
  account: '000000000000',
  ref: ({ id }: { id: string }): Json => `ref-${id}`,
  attribute: ({ id }: { id: string }, name: string): Json => `${id}.${name}!`,
}
const resolver: Resolver = createResolver([state, app], physical)

test.each<[string, JsonObject, Json]>([
  ['Ref', { Ref: 'Fn' }, 'ref-Fn'],
  ['Ref of a parameter', { Ref: 'Size' }, '5'],
  ['a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
  ['GetAtt as a text', { 'Fn::GetAtt': 'Fn.Arn' }, 'Fn.Arn!'],
  ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Fn' }]] }, 'a-ref-Fn'],
  ['Sub', { 'Fn::Sub': ['${x}/${Fn}/${Fn.Arn}/${!kept}/${AWS::Partition}', { x: { Ref: 'Size' } }] }, '5/ref-Fn/Fn.Arn!/${kept}/aws'],
  ['Select of Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
  ['ImportValue', { 'Fn::ImportValue': 'state:Table' }, 'Table.Arn!'],
  ['If', { 'Fn::If': ['No', 1, 2] }, 2],
  ['NoValue', { a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
  ['FindInMap', { 'Fn::FindInMap': ['Map', 'a', 'b'] }, 'mapped'],
  ['Base64', { 'Fn::Base64': 'x' }, 'eA=='],
])('%s is resolved', (_, value, expected) => expect(resolver.resolve(app, value)).toEqual(expected))

test('a resource whose condition does not hold is not there', () => {
  expect(resolver.resources.map(({ id }) => id)).toEqual(['Table', 'Fn'])
})

test.each<[string, JsonObject]>([
  ['an unknown function', { 'Fn::Cidr': [] }],
  ['an unknown resource', { Ref: 'Nobody' }],
  ['an unknown export', { 'Fn::ImportValue': 'nobody' }],
])('%s is told by name', (_, value) => expect(() => resolver.resolve(app, value)).toThrow(Complaint))
