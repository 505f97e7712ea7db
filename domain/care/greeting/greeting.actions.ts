import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { consent, mayContact } from '../../customer/consent/index.ts'
import { customer } from '../../customer/customer/index.ts'
import { visibleHead } from '../../insight/rhythm/index.ts'
import { mustKnowTiers, tier } from '../../insight/tier/index.ts'
import { dayAfter } from '../../platform/calendar/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { festivalDay, festivals, isFestival, nextFestival, occasions } from './festival.ts'
import { channelOf, PURPOSE, wordsOf } from './greet.ts'
import { knownOf, yearsOf } from './greeting.due.ts'
import { nextDay } from './greeting.ts'
import { greeting, greetingPolicy, POLICY_KEY, POLICY_MEMO, policyChanged, policyOf, readPolicy } from './greeting.store.ts'
import { exclusion, policyShape } from './policy.ts'
import { names, tongues } from './words.ts'

export const showPolicy = action('greeting_policy.show', () => ({ input: z.strictObject({}), output: viewOf(greetingPolicy) }), readPolicy)

/** Sets the whole policy, for tiers that there are. It counts for greetings not prepared yet; one that is a month or less ahead may miss a longer lead this once. */
export const setPolicy = action(
  'greeting_policy.set',
  () => ({ input: z.strictObject(policyShape()), output: viewOf(greetingPolicy) }),
  async (ctx, input) => {
    const named = input.occasions.flatMap(({ tiers = [] }, rule) =>
      tiers.map((name, at) => ({ name, path: `occasions.${rule}.tiers.${at}` })),
    )
    const [before] = await Promise.all([readPolicy(ctx), mustKnowTiers(ctx, named)])
    await mustMatch(ctx, greetingPolicy, before, input)
    const { record, change } =
      before.version === 0
        ? create(ctx, greetingPolicy, input, policyChanged, { own: POLICY_KEY })
        : alter(ctx, greetingPolicy, before, input, policyChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop(POLICY_MEMO)
    return record
  },
)

const name = () => z.object(Object.fromEntries(tongues.map((one) => [one, z.string()])))

/** The festivals of a year. */
export const listFestivals = action(
  'greeting.festivals',
  () => ({
    input: z.strictObject({ year: z.coerce.number().int().min(2000).max(2099) }),
    output: z.object({ items: z.array(z.object({ occasion: z.enum(festivals), day: z.iso.date(), name: name() })) }),
  }),
  async (_ctx, { year }) => {
    const items = festivals.flatMap((occasion) => {
      const day = festivalDay(occasion, year)
      return day === undefined ? [] : [{ occasion, day, name: { ...names[occasion] } }]
    })
    return { items: items.sort((a, b) => (a.day < b.day ? -1 : 1)) }
  },
)

const upcoming = () =>
  z.object({
    occasion: z.enum(occasions),
    day: z.iso.date(),
    preparedOn: z.iso.date().describe('when it becomes a task or a message'),
    as: z.enum(['task', 'message']),
    applies: z.boolean(),
    because: z.string().optional().describe('why it does not apply'),
    language: z.enum(tongues),
    channel: z.string().optional(),
    text: z.string(),
  })

/** What a customer will be greeted for by today's policy, with the words, and what not and why. One read of a unit or two. */
export const show = action(
  'greeting.show',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: z.object({ items: z.array(upcoming()) }) }),
  async (ctx, { id }) => {
    const [head, policy, { timeZone, language }] = await Promise.all([visibleHead(ctx, id), policyOf(ctx), workspaceOf(ctx)])
    const { customer: file } = head
    const today = dayIn(ctx.now, timeZone)
    const known = knownOf(head, head.single(greeting)?.settled ?? {})
    const channel = channelOf(file)
    const permit = channel && (await mayContact(ctx, id, PURPOSE, channel, { seen: head.single(consent) }))
    const unsendable = permit ? (permit.allowed ? undefined : permit.because) : 'no channel to send it by'
    const items = policy.occasions.flatMap((rule) => {
      const { occasion } = rule
      const day = isFestival(occasion) ? nextFestival(occasion, today) : nextDay(occasion, known, today, policy.leapDay)
      if (day === undefined) return []
      const given = { occasion, day, ...(!isFestival(occasion) && yearsOf(occasion, known, day)) }
      const { tongue, text } = wordsOf(rule, file, given, language)
      const excluded = exclusion(rule, head.single(tier)?.tier, file.language ?? language)
      const because = excluded ?? (rule.as === 'message' ? unsendable : undefined)
      return [
        {
          occasion,
          day,
          preparedOn: dayAfter(day, -rule.daysAhead),
          as: rule.as,
          applies: because === undefined,
          language: tongue,
          text,
          ...(because !== undefined && { because }),
          ...(channel !== undefined && { channel }),
        },
      ]
    })
    return { items: items.sort((a, b) => (a.day < b.day ? -1 : 1)) }
  },
)
