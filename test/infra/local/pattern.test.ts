import { expect, test } from 'vitest'
import { matches } from '../../../infra/local/bus/pattern.ts'

const event = {
  source: 'crm',
  'detail-type': 'deal.won',
  resources: ['a', 'b'],
  detail: { amount: 120, stage: 'won', tags: ['vip', 'north'], owner: null, name: 'Zoë', lines: [{ sku: 'x' }, { sku: 'y' }] },
}

test.each([
  [{ source: ['crm'], 'detail-type': ['deal.won', 'deal.lost'] }, true],
  [{ source: ['other'] }, false],
  [{ resources: ['b'] }, true],
  [{ 'detail-type': [{ prefix: 'deal.' }] }, true],
  [{ 'detail-type': [{ suffix: '.lost' }] }, false],
  [{ 'detail-type': [{ wildcard: 'd*l.w*n' }] }, true],
  [{ detail: { stage: [{ 'anything-but': ['lost', 'open'] }] } }, true],
  [{ detail: { stage: [{ 'anything-but': 'won' }] } }, false],
  [{ detail: { stage: [{ 'anything-but': { prefix: 'w' } }] } }, false],
  [{ detail: { amount: [{ numeric: ['>', 100, '<=', 120] }] } }, true],
  [{ detail: { amount: [{ numeric: ['<', 100] }] } }, false],
  [{ detail: { amount: ['120'] } }, false],
  [{ detail: { owner: [null] } }, true],
  [{ detail: { missing: [{ exists: false }] } }, true],
  [{ detail: { stage: [{ exists: false }] } }, false],
  [{ detail: { stage: [{ exists: true }] } }, true],
  [{ detail: { tags: ['south', 'north'] } }, true],
  [{ detail: { name: [{ 'equals-ignore-case': 'ZOË' }] } }, true],
  [{ detail: { lines: { sku: ['y'] } } }, true],
  [{ $or: [{ source: ['x'] }, { detail: { amount: [120] } }] }, true],
  [{ source: ['crm'], detail: { stage: ['lost'] } }, false],
])('%j matches: %s', (pattern, expected) => {
  expect(matches(pattern, event)).toBe(expected)
})
