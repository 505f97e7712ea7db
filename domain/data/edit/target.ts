import { createHash } from 'node:crypto'
import customerModule from '../../customer/customer/index.ts'
import { customer } from '../../customer/customer/index.ts'
import { member } from '../segment/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, type Fault } from '../../kernel/fault.ts'
import { invoke } from '../../kernel/invoke.ts'
import { facet, page } from '../../kernel/page.ts'
import type { Actor } from '../../kernel/permission.ts'
import type { Route } from '../../kernel/route.ts'
import type { Item } from '../../kernel/table/table.ts'
import { kindsOf, NOT_FOR_MANY, type Does, type Edit, type Where } from './edit.ts'

/** A route of the customers' module, as it would be asked over HTTP. */
export function routeOf(name: string): Route {
  const route = customerModule.routes.find(({ method, path }) => `${method} ${path}` === name)
  if (!route) throw new Error(`There is no ${name}.`)
  return route
}

/** The route that an edit asks for each customer: its permission is the one the caller needs. */
export function routeFor({ assign, lifecycle }: Does): Route {
  return routeOf(assign ? 'POST /customers/{id}/assign' : lifecycle ? 'POST /customers/{id}/lifecycle' : 'PATCH /customers/{id}')
}

/** Some customer's id, to try an edit's form on. */
const SOMEBODY = customer.id('0'.repeat(20))

/** Holds an edit against what the API takes for one customer. @throws Fault `invalid` with paths into the edit */
export function checkDoes(does: Does): void {
  const invalid = (path: string, code: string, message: string): Fault =>
    fault('invalid', 'input.invalid', 'The input is not valid.', { errors: [{ path, code, message }] })
  const kinds = kindsOf(does)
  if (kinds.length !== 1) throw invalid('does', 'not_one', 'One of set, addTags or removeTags, assign, lifecycle.')
  const { set } = does
  if (!set) return
  if (Object.keys(set).length === 0) throw invalid('does.set', 'empty', 'Nothing to change was given.')
  const identity = NOT_FOR_MANY.find((field) => field in set)
  if (identity) throw invalid(`does.set.${identity}`, 'not_for_many', `${identity} is each customer’s own.`)
  const parsed = routeOf('PATCH /customers/{id}')
    .action.schemas()
    .input.safeParse({ ...set, id: SOMEBODY })
  if (parsed.success) return
  const errors = parsed.error.issues.flatMap(({ path, code, message, ...issue }) => {
    const names = code === 'unrecognized_keys' && 'keys' in issue ? (issue.keys as string[]) : [undefined]
    return names.map((name) => ({
      path: ['does.set', ...path, ...(name === undefined ? [] : [name])].join('.'),
      code: name === undefined ? code : 'unknown_field',
      message,
    }))
  })
  throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors })
}

/** Customers of one page. */
export const PAGE = 100

/**
 * A page of those an edit is for, as the list of customers or of a segment's members shows them: what that list refuses is
 * refused here in its words.
 */
export async function targets(ctx: Ctx, where: Where, cursor: string | undefined): Promise<{ ids: string[]; nextCursor?: string }> {
  const { segmentId, ...filters } = where
  if (segmentId !== undefined) {
    const { items, nextCursor } = await page(ctx, facet(member, segmentId), { limit: PAGE, cursor })
    return { ids: items.map((item) => String((item['row'] as Item)['customerId'])), ...(nextCursor && { nextCursor }) }
  }
  const request = { id: ctx.request.id, action: 'customer.list' }
  const asked = { ...filters, limit: PAGE, ...(cursor !== undefined && { cursor }) }
  const { output } = await invoke(routeOf('GET /customers').action, { ...ctx, request }, asked)
  const { items, nextCursor } = output as { items: { id: string }[]; nextCursor?: string }
  return { ids: items.map(({ id }) => id), ...(nextCursor && { nextCursor }) }
}

/** The context in which an edit goes on: who asked for it, with the rights they had. */
export function asAsked(ctx: Ctx, { createdBy, rights }: Pick<Edit, 'createdBy' | 'rights'>): Ctx {
  const { kind, scope, team, teamId } = rights
  const actor: Actor = { kind, id: createdBy, team, roles: [], ...(teamId !== undefined && { teamId }) }
  return { ...ctx, actor, scope }
}

/** A name for the request that an edit makes of one customer: the same however often it is tried. */
export function requestOf(ctx: Ctx, editId: string, customerId: string, action: string): Ctx {
  const id = createHash('sha256').update(`${ctx.request.id} ${editId} ${customerId}`).digest('base64url')
  const { left } = ctx.request
  return { ...ctx, request: { id, action, ...(left && { left }) } }
}
