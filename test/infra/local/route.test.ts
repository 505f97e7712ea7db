import { expect, test } from 'vitest'
import { createRouter } from '../../../infra/local/api/route.ts'

const keys = [
  'GET /v1/deals',
  'GET /v1/deals/{id}',
  'GET /v1/deals/open',
  'POST /v1/deals/{deal}/win',
  'ANY /v1/deals/{any}/{more}',
  'GET /v1/files/{rest+}',
  'ANY /v1/{all+}',
]
const find = createRouter(
  keys.map((key) => ({ key })),
  (route) => route.key,
)

test.each([
  ['GET', '/v1/deals', 'GET /v1/deals', undefined],
  ['GET', '/v1/deals/deal_1', 'GET /v1/deals/{id}', { id: 'deal_1' }],
  ['GET', '/v1/deals/open', 'GET /v1/deals/open', undefined],
  ['POST', '/v1/deals/deal_1/win', 'POST /v1/deals/{deal}/win', { deal: 'deal_1' }],
  ['GET', '/v1/deals/deal_1/win', 'ANY /v1/deals/{any}/{more}', { any: 'deal_1', more: 'win' }],
  ['GET', '/v1/files/a/b%20c', 'GET /v1/files/{rest+}', { rest: 'a/b%20c' }],
  ['PUT', '/v1/files/a', 'ANY /v1/{all+}', { all: 'files/a' }],
])('%s %s goes to %s', (method, path, key, parameters) => {
  expect(find(method, path)).toEqual({ route: { key }, parameters })
})

test.each([
  ['GET', '/'],
  ['GET', '/v2/deals'],
  ['HEAD', '/v1'],
])('%s %s goes nowhere', (method, path) => {
  expect(find(method, path)).toBeUndefined()
})
