import { customer } from '../../customer/customer/index.ts'
import { blockNames, memberKey } from '../../customer/likeness/index.ts'
import { commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type FieldsOf } from '../../kernel/entity.ts'
import { keysOf } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { namedIn } from './elsewhere.ts'
import { tombstone } from './empty.ts'
import { goOn } from './erasing.ts'
import * as s from './privacy.store.ts'

/** Erasures after a restore: the table may be of a time before them, the register beside it is not. */

interface Registered {
  customerId: string
  files: string[]
  reason: s.Erasure['reason']
  byId: string
  confirmedAt: string
}

/** The longest entry of the register. Bytes. */
const MOST_BYTES = 64 * 1024

/**
 * Begins every erasure of the register again that this table does not know as done; the due job carries them out.
 * @returns how many there are in the register, and how many were begun
 */
export async function eraseAgain(ctx: Ctx): Promise<{ registered: number; begun: number }> {
  let [registered, begun] = [0, 0]
  let after: string | undefined
  do {
    const page = await ctx.files.list(s.REGISTER, after)
    for (const key of page.keys) {
      const one = JSON.parse(Buffer.from(await ctx.files.read(key, 0, MOST_BYTES)).toString()) as Registered
      registered += 1
      if (await untilFresh(() => beginAgain(ctx, one))) begun += 1
    }
    after = page.after
  } while (after !== undefined)
  return { registered, begun }
}

async function beginAgain(ctx: Ctx, { customerId, files, reason, byId, confirmedAt }: Registered): Promise<boolean> {
  const [item, there] = await Promise.all([ctx.table.get(placeOf(customer, customerId)), s.erasureAt(ctx, s.erasureIdOf(customerId))])
  // Not yet there at the time of the restore, or erased already.
  if (!item || (item['erasedAt'] !== undefined && there)) return false
  const file = recordIn<'customer', FieldsOf<typeof customer>>(item)
  const changes: Change[] = []
  if (item['erasedAt'] === undefined) changes.push(tombstone(ctx, file).change)
  if (!there) {
    const elsewhere = item['erasedAt'] === undefined ? await namedIn(ctx, file) : []
    const fields: s.Erasure = {
      customerId,
      files,
      reason,
      byId,
      confirmedAt,
      elsewhere,
      state: 'sweeping',
      at: { file: 0 },
      emptied: 0,
      inRound: 0,
      dueAt: ctx.now,
    }
    changes.push(create(ctx, s.erasure, fields, s.erasureBegun, { own: keysOf(customerId).first }).change)
  }
  await commit(ctx, changes)
  // Whose addresses are alike is kept elsewhere by a projection, which may be stopped and will know the file as it was no more.
  await ctx.table.writeEach((await blockNames(ctx, item)).map((name) => ({ delete: memberKey(name, customerId) })))
  return true
}

/**
 * Carries every erasure that is under way to its end at once. Only where nobody else writes, as in a table just restored: it does
 * not wait for those who may be writing still.
 */
export async function finishErasures(ctx: Ctx): Promise<void> {
  let after: Item | undefined
  const [stretch] = facet(s.erasure, 'all')
  if (!stretch) return
  do {
    const page = await ctx.table.query({ ...stretch, limit: 100, ...(after && { after }) })
    for (const item of page.items) await finish(ctx, String((item['row'] as { id: string }).id))
    after = page.last
  } while (after)
}

async function finish(ctx: Ctx, id: string): Promise<void> {
  for (;;) {
    const { dueAt } = (await s.erasureAt(ctx, id)) ?? {}
    if (dueAt === undefined) return
    const now = dueAt > ctx.now ? dueAt : ctx.now
    await goOn.run({ ...ctx, now }, { id, at: dueAt })
  }
}
