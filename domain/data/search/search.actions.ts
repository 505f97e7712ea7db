import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { scopeOf, type Scope } from '../../kernel/permission.ts'
import { peopleOf } from '../../kernel/scope.ts'
import { nouns, type Noun } from './document.ts'
import { fields, qualities } from './match.ts'
import { lookupsOf } from './plan.ts'
import type { Access } from './port.ts'
import { questionOf } from './question.ts'
import { lookInTable } from './table-look.ts'

/** Words of one question, at most: each must be answered. */
const MOST_WORDS = 8

const hit = () =>
  z.object({
    id: z.string(),
    noun: z.enum(nouns),
    customerId: z.string().describe('whose it is'),
    title: z.string().describe('name, subject or beginning of the text, cut at 48 bytes'),
    ownerId: z.string().optional().describe('the customer’s account manager'),
    match: z.enum(qualities).describe('the worst of the answers to what was asked: `similar` allows for a mistyped letter'),
    field: z.enum(fields).describe('where that answer was found'),
  })

/**
 * Finds records by any part of a name, by email, phone, company, order number, external id, or words of tickets and notes.
 * One round of at most 12 read units, whatever is asked and however many customers there are.
 */
export const search = action(
  'search.find',
  () => ({
    input: z.strictObject({
      text: f
        .line(100)
        .describe('words in any order, all of which must be found; the end of a phone number; a name in pinyin or its initials'),
      kinds: z.array(z.enum(nouns)).min(1).max(nouns.length).optional().describe('only these; all that you may read, unless given'),
      scope: z.enum(['own', 'team', 'all']).optional().describe('only your own or your team’s, where you may read more'),
      limit: z.int().min(1).max(50).default(20),
    }),
    output: z.object({
      items: z.array(hit()).describe('the best first; of equals the newest'),
      more: z.boolean().describe('there may be more than these: add a letter or a word. There are no further pages'),
    }),
  }),
  async (ctx, { text, kinds, scope, limit }) => {
    const access = accessOf(ctx, kinds, scope)
    mustBeAskable(text)
    const { hits, more } = await lookInTable(ctx, { text, access, limit })
    return { items: hits, more }
  },
)

/** @throws Fault `invalid` for what nothing could be looked up by */
function mustBeAskable(text: string): void {
  const question = questionOf(text)
  if (question.pieces.length > MOST_WORDS) throw invalid('search.too_many_words', 'text', `At most ${MOST_WORDS} words.`)
  const lookups = lookupsOf(question, { customers: true, orders: true, texts: true, groups: [] })
  if (lookups.length === 0)
    throw invalid('search.too_short', 'text', 'Give two letters of a word at least, a Chinese sign, or four digits.')
}

const BREADTH: Readonly<Record<Scope, number>> = { own: 1, team: 2, all: 3 }

const narrower = (one: Scope, other: Scope): Scope => (BREADTH[one] <= BREADTH[other] ? one : other)

/**
 * What the caller may find: of each kind no more than they may read by its own permission.
 * @throws Fault `forbidden` for a kind that was asked for and may not be read at all
 */
function accessOf(ctx: Ctx, kinds: readonly Noun[] | undefined, asked: Scope = 'all'): Map<Noun, Access> {
  const { kinds: known } = ctx.catalogue()
  const access = new Map<Noun, Access>()
  for (const noun of kinds ?? nouns) {
    const read = known.get(noun)?.read
    const held = read && scopeOf(ctx.actor, read)
    if (!held) {
      if (kinds) throw fault('forbidden', 'permission.missing', `You may not read records of the kind ${noun}.`)
      continue
    }
    access.set(noun, given(ctx, narrower(narrower(ctx.scope, held), asked)))
  }
  return access
}

function given(ctx: Ctx, scope: Scope): Access {
  if (scope === 'all') return 'all'
  const { teamId } = ctx.actor
  const groups = teamId === undefined ? [ctx.actor.id] : [teamId, ctx.actor.id]
  return { people: peopleOf({ ...ctx, scope }), groups, ...(scope === 'team' && teamId !== undefined && { teamId }) }
}
