import * as z from 'zod'
import { expect, test } from 'vitest'
import { entities } from '../../domain/index.ts'
import type { Entity } from '../../domain/kernel/entity.ts'

/**
 * Every text a record may hold was decided upon: personal (hidden from events and logs, taken out by an erasure), of a form that
 * names nobody, or named here with the reason. Who adds a field meets this test and decides.
 */

interface Schema {
  type?: string
  format?: string
  pattern?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
}

/** Paths of texts of any form outside personal fields. */
function freeTexts(kind: Entity): string[] {
  const schema = z.toJSONSchema(kind.fields(), { io: 'output', unrepresentable: 'any' }) as Schema
  const personal = new Set<string>(kind.personal)
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => (personal.has(name) ? [] : textsIn(field, name)))
}

function textsIn(schema: Schema, path: string): string[] {
  if (schema.enum || schema.const !== undefined) return []
  if (schema.anyOf) return [...new Set(schema.anyOf.flatMap((one) => textsIn(one, path)))]
  if (schema.type === 'array') return textsIn(schema.items ?? {}, path)
  if (schema.type === 'object') {
    const named = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => textsIn(one, `${path}.${name}`))
    return typeof schema.additionalProperties === 'object' ? [...named, ...textsIn(schema.additionalProperties, `${path}.*`)] : named
  }
  if (schema.type !== undefined && schema.type !== 'string') return []
  return isForm(schema, path) ? [] : [path]
}

/** Forms that hold no name: days and instants, codes, machine names, ids. */
function isForm({ format, pattern = '' }: Schema, path: string): boolean {
  if (format === 'date' || format === 'date-time') return true
  if (/^\^(\[A-Z\]\{[23]\}|\[a-z0-9\]\[a-z0-9_-\]|\[a-z\]\{2,3\}\(|\(?\\d|\(\(?\[01\]|[a-z]+_\[|\(\[a-z_\]|custom\\\.|\[a-z)/.test(pattern))
    return true
  return /(?:^|\.)(?:\w*Ids?|\w*By)$/.test(path)
}

/** Texts that are no person's, by noun; `*` stands for all of a kind. */
const decided: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  workspace: { '*': 'the company’s own settings' },
  role: { '*': 'the company’s own settings' },
  team: { '*': 'the company’s own settings' },
  user: { timeZone: 'a name of the IANA list' },
  customer: {
    industry: 'goes with the file; a branch of trade tells nobody',
    source: 'goes with the file; where customers come from',
    timeZone: 'a name of the IANA list',
    absorbed: 'ids',
    mergedInto: 'an id',
  },
  purchase: { 'orderId.id': 'names an order, in the shop’s books too', 'items.sku': 'a product', 'items.name': 'a product' },
  history: { beside: 'ids', mergedInto: 'an id' },
  consent: { 'standings.*.textVersion': 'a version of the workspace’s text' },
  consent_policy: { '*': 'the company’s own words' },
  pipeline: { '*': 'the company’s own settings' },
  deal: {
    'lines.sku': 'a product',
    'lines.name': 'a product',
    source: 'where deals come from',
    competitors: 'companies',
    stage: 'a stage of the pipeline',
    'stageLog.stage': 'a stage of the pipeline',
  },
  task: { escalatedTo: 'a user’s id' },
  cadence: { tier: 'a tier’s name' },
  revisit_policy: { '*': 'the company’s own settings' },
  wish: { channel: 'one of the channels' },
  festival_run: { '*': 'a tier’s name and a place among ids' },
  greeting_policy: { '*': 'the company’s own words, with {name} unfilled' },
  feed: { roles: 'names of roles' },
  view: { '*': 'a list as somebody wants to see it' },
  model: { '*': 'words about numbers of all customers' },
  score: { '*': 'words about numbers of all customers' },
  warning: { explanation: 'made from numbers' },
  docket: { opened: 'ids' },
  backtest: { '*': 'words about numbers of all customers' },
  backtestrun: { after: 'a place among ids' },
  tierpolicy: { '*': 'the company’s own words' },
  tierrules: { '*': 'the company’s own words' },
  tierwalk: { '*': 'names of tiers, ids' },
  population: { '*': 'months' },
  programme: { '*': 'products' },
  reward: { '*': 'the company’s own words' },
  redemption: { rewardName: 'a reward' },
  measurement: { '*': 'sums over a group, and what the company calls it' },
  club: { '*': 'the company’s own words' },
  occasion: { '*': 'the company’s own words' },
  guest: { queueKey: 'a key' },
  webhook: { '*': 'the company’s own systems' },
  replay: { '*': 'events by time and type' },
  segment: { '*': 'a rule over all customers' },
  segment_clock: { byHand: 'ids' },
  segment_count: { '*': 'a rule over all customers' },
  bulk_edit: { '*': 'a rule over customers, and refusals by code' },
  bulk_edit_line: { event: 'a type of event' },
  duplicate: { 'reasons.field': 'names of fields', 'reasons.words': 'made from numbers' },
  duplicate_scan: { cursor: 'a place among ids' },
  merge: { fields: 'names of fields', 'history.before.*': 'sums and days', 'consent.*.textVersion': 'the name of a text' },
  inspection: { 'after.*': 'a key without a name' },
  erasure: {
    reference: 'of one word, and asked to name nobody',
    files: 'ids',
    elsewhere: 'ids',
    'at.after': 'a key within a partition',
    'at.key': 'a file’s, which holds ids',
  },
  import: { team: 'ids', phase: 'a run’s name', 'failure.code': 'a code', 'failure.message': 'words about a file’s form' },
  export: { '*': 'what was asked for, and the parts of a file' },
}

test.each([...entities.values()].map((kind) => [kind.noun, kind] as const))('every text of a %s is decided upon', (noun, kind) => {
  const known = decided[noun] ?? {}
  expect(freeTexts(kind).filter((path) => !(path in known) && !('*' in known))).toEqual([])
})

test('nothing is decided upon that is not there, or that is personal anyway', () => {
  const there = Object.entries(decided).flatMap(([noun, paths]) => {
    const kind = entities.get(noun)
    const free = kind ? freeTexts(kind) : []
    return Object.keys(paths).flatMap((path) => ((path === '*' ? free.length > 0 : free.includes(path)) ? [] : [`${noun} ${path}`]))
  })
  expect(there).toEqual([])
})

test('what names, reaches or describes a person is personal in every kind', () => {
  const telling = /^(givenName|familyName|emails?|phones?|messaging|addresses|birthday|notes?|body|subject|comment|identities|evidence)$/
  const plain = [...entities.values()].flatMap((kind) => {
    const fields = kind.fields()
    const names = fields instanceof z.ZodObject ? Object.keys(fields.shape) : []
    return names.filter((name) => telling.test(name) && !(kind.personal ?? []).includes(name)).map((name) => `${kind.noun}.${name}`)
  })
  expect(plain).toEqual(['tierpolicy.note'])
})
