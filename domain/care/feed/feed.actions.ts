import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault } from '../../kernel/fault.ts'
import { keysOf } from '../../kernel/id.ts'
import { mustMatch } from '../../kernel/record.ts'
import { user } from '../../platform/user/index.ts'
import { entriesOf } from './entries.ts'
import { feed, feedBy, feedMade, feedOf, feedRevoked, hashOf, newSecret, type Feed } from './feed.store.ts'
import { calendarText } from './ics.ts'
import { readerOf } from './reader.ts'

const view = () =>
  z.object({
    id: z.string(),
    version: z.int(),
    madeAt: z.iso.datetime().describe('when the address was made'),
    address: z.string().optional().describe('path of the calendar: to be kept as a password is; given once, when it is made'),
  })

const viewOf = ({ id, version, updatedAt }: Feed) => ({ id, version, madeAt: updatedAt })

/**
 * Makes the caller's calendar address, or a new one in place of the old, which ends at once. Only its hash is kept, with the
 * answer under an idempotency key too: that answer, given again, is without the address.
 */
export const make = action(
  'calendar.make',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => {
    mustBePerson(ctx)
    const { id: userId, roles } = ctx.actor
    const before = await feedOf(ctx, userId)
    const secret = newSecret(ctx)
    const fields = { userId, hash: hashOf(secret), roles: roles.map(({ name }) => name) }
    const { record, change } = before
      ? alter(ctx, feed, before, { ...fields, deletedAt: null }, feedMade)
      : create(ctx, feed, fields, feedMade, { own: keysOf(userId).first })
    await commit(ctx, [change], viewOf(record))
    return { ...viewOf(record), address: `/v1/calendar/${secret}.ics` }
  },
)

export const show = action(
  'calendar.show',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => viewOf(await mine(ctx)),
)

/** Revokes the caller's calendar address. */
export const revoke = action(
  'calendar.revoke',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => {
    const before = await mine(ctx)
    await mustMatch(ctx, feed, before, {})
    const { record, change } = alter(ctx, feed, before, { deletedAt: ctx.now }, feedRevoked)
    await commit(ctx, [change])
    return viewOf(record)
  },
)

async function mine(ctx: Ctx): Promise<Feed> {
  mustBePerson(ctx)
  const found = await feedOf(ctx, ctx.actor.id)
  if (!found || found.deletedAt) throw fault('missing', 'feed.not_found', 'You have no calendar address. POST /me/calendar makes one.')
  return found
}

function mustBePerson(ctx: Ctx): void {
  if (ctx.actor.kind !== 'user' || !user.is(ctx.actor.id))
    throw fault('forbidden', 'feed.people_only', 'Only a person whom the workspace took on has a calendar.')
}

/** The name of a calendar file: the secret, with or without its ending. */
const NAME = /^([A-Za-z0-9_-]{43})(?:\.ics)?$/

/** The calendar at a secret address: the open work of the person whose it is, as they may read it themselves, and no more. */
export const serve = action(
  'calendar.serve',
  () => ({ input: z.strictObject({ file: z.string().max(200) }), output: z.string() }),
  async (ctx, { file }) => {
    const secret = NAME.exec(file)?.[1]
    const found = secret === undefined ? undefined : await feedBy(ctx, secret)
    const reader = found && (await readerOf(ctx, found))
    // Never the address itself: what is refused is logged by people.
    if (!reader) throw fault('missing', 'calendar.not_found', 'There is no such calendar.')
    const hour = `${ctx.now.slice(0, 13)}:00:00.000Z`
    return calendarText('CRM', hour, await entriesOf({ ...ctx, ...reader }))
  },
)
