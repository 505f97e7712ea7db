import * as z from 'zod'
import type { Catalogue } from '../../kernel/catalogue.ts'
import { fault } from '../../kernel/fault.ts'

/** A type of event, all of a noun's (`deal.*`), or all there are (`*`). */
export const typePattern = () => z.string().regex(/^([a-z_]+\.([a-z_]+|\*)|\*)$/, 'an event type such as deal.won, deal.* or *')

/** Whether a type is among those wanted. */
export function wanted(patterns: readonly string[], type: string): boolean {
  return patterns.some(
    (pattern) => pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  )
}

/** Holds that each pattern names a type that others can hear of. @throws Fault `invalid` with the types of the same noun, or the nouns */
export function mustExist({ types }: Catalogue, patterns: readonly string[], path: string): void {
  const published = types.filter((one) => one.published).map(({ type }) => type)
  const errors = patterns.flatMap((pattern, at) => {
    if (published.some((type) => wanted([pattern], type))) return []
    const noun = pattern.split('.')[0] ?? ''
    const near = published.filter((type) => type.startsWith(`${noun}.`))
    const nouns = [...new Set(published.map((type) => `${type.split('.')[0]}.*`))]
    const there = near.length > 0 ? near : nouns
    return [{ path: `${path}.${at}`, code: 'event.type_unknown', message: `There is no event ${pattern}; there are ${there.join(', ')}.` }]
  })
  if (errors.length > 0) throw fault('invalid', 'event.type_unknown', 'No such type of event.', { errors })
}
