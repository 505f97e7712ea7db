import { describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { folded, unfolded, type Answered } from '../../functions/folding.ts'
import { createRouter } from '../../infra/local/api/route.ts'
import { groupOf } from '../support/group.ts'
import { eventFor } from '../support/http-event.ts'
import fc from '../support/property.ts'

/** What a function hears of a request that came by the most specific of the deployed routes, as API Gateway chooses it. */
function heard(deployed: readonly Answered<string>[], declared: readonly Answered<string>[], method: string, path: string) {
  const find = createRouter(deployed, (one) => `${one.method} ${one.path}`)
  const { route, parameters } = find(method, path) ?? expect.fail(`${method} ${path} leads nowhere`)
  const known = new Set(declared.filter(({ by }) => by === route.by).map((one) => `${one.method} ${one.path}`))
  const event = { ...eventFor([], method, '', {}), routeKey: `${route.method} ${route.path}`, rawPath: path }
  return { by: route.by, ...unfolded({ ...event, ...(parameters && { pathParameters: { ...parameters } }) }, (key) => known.has(key)) }
}

const filled = (path: string): string => path.replaceAll(/\{(\w+)\}/g, 'x_$1')
const parametersOf = (path: string) => Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, `x_${name}`]))

describe('routes that are deployed as fewer', () => {
  const declared = routes.map((one) => ({ method: one.method, path: `/v1${one.path}`, by: groupOf(one) }))
  const deployed = folded(declared, 'api', '/v1')

  test('leave room below the 300 that API Gateway takes, for as many areas again', () => {
    expect(deployed.length).toBeLessThan(180)
    expect(new Set(deployed.map(({ method, path }) => `${method} ${path}`)).size).toBe(deployed.length)
  })

  test.each(declared)('$method $path reaches its function under its own name, with its parameters', ({ method, path, by }) => {
    const { routeKey, pathParameters } = heard(deployed, declared, method, filled(path))
    expect({ by: heard(deployed, declared, method, filled(path)).by, routeKey, pathParameters: { ...pathParameters } }).toEqual({
      by,
      routeKey: `${method} ${path}`,
      pathParameters: parametersOf(path),
    })
  })

  test('an id of another system may hold a slash, so what has one is told apart by API Gateway', () => {
    expect(deployed.map(({ method, path }) => `${method} ${path}`)).toContain('PUT /v1/deals/by/{system}/{externalId}')
  })

  test('what an id stands beside is told apart too: a whole path goes before a folded one', () => {
    const [by, other] = ['value', 'asset']
    const some = ['/v1/a/d/b', '/v1/a/d/c'].map((path) => ({ method: 'GET' as const, path, by }))
    const declared = [...some, { method: 'GET' as const, path: '/v1/a/{id}/b', by: other }]
    expect(heard(folded(declared, 'api', '/v1'), declared, 'GET', '/v1/a/d/b')).toMatchObject({ by, routeKey: 'GET /v1/a/d/b' })
  })

  test('a path that nobody declared is told so by the product, and never as another one', () => {
    for (const path of ['/v1/nothing', '/v1/deals/dea_1/nothing', '/v1/deals/dea_1/win/more', '/v1/deals//win', '/v1/clubs/a/b/c'])
      expect(heard(deployed, declared, 'POST', path).routeKey).toMatch(/\{proxy\+\}$/)
  })
})

test('whichever functions answer whichever routes, folding changes nothing but their number', () => {
  const segment = fc.constantFrom('a', 'b')
  const path = fc
    .tuple(segment, fc.constantFrom('{id}', 'd', ''), fc.array(segment, { maxLength: 2 }))
    .map(([first, second, rest]) => ['/v1', first, ...(second === '' ? [] : [second, ...rest])].join('/'))
  const route = fc.record({ method: fc.constantFrom('GET' as const, 'POST' as const), path, by: fc.constantFrom('api', 'value') })
  const some = fc.uniqueArray(route, { selector: (one) => `${one.method} ${one.path}`, minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(some, (declared) => {
      const deployed = folded(declared, 'api', '/v1')
      expect(deployed.length).toBeLessThanOrEqual(declared.length + 2)
      for (const { method, path, by } of declared) {
        const came = heard(deployed, declared, method, filled(path))
        expect([came.by, came.routeKey]).toEqual([by, `${method} ${path}`])
      }
    }),
    { numRuns: 500 },
  )
})
