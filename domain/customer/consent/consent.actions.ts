import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { newKey } from '../../kernel/id.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { channels, customer } from '../customer/index.ts'
import { bases, permits, policyShape, standingKey, withEntry, ways, type Policy, type Purpose } from './consent.ts'
import * as s from './consent.store.ts'

export const showPolicy = action(
  'consent_policy.show',
  () => ({ input: z.strictObject({}), output: viewOf(s.consentPolicy) }),
  s.readPolicy,
)

/** Sets the whole policy. @throws Fault `conflict` when the words of a version people may have agreed to would change */
export const setPolicy = action(
  'consent_policy.set',
  () => ({ input: z.strictObject(policyShape()), output: viewOf(s.consentPolicy) }),
  async (ctx, input) => {
    const before = await s.readPolicy(ctx)
    await mustMatch(ctx, s.consentPolicy, before, input)
    mustKeepWords(before, input)
    const { record, change } =
      before.version === 0
        ? create(ctx, s.consentPolicy, input, s.policyChanged, { own: s.POLICY_KEY })
        : alter(ctx, s.consentPolicy, before, input, s.policyChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop(s.POLICY_MEMO)
    return record
  },
)

function mustKeepWords(before: Policy, after: Policy): void {
  for (const { name, texts } of after.purposes) {
    const known = before.purposes.find((one) => one.name === name)?.texts ?? []
    const changed = texts.find(({ version, text }) => known.some((one) => one.version === version && one.text !== text))
    if (changed)
      throw fault('conflict', 'consent_policy.text_fixed', `Version ${changed.version} of ${name} stands; give new words a new version.`)
  }
}

const recordInput = () =>
  z.strictObject({
    id: idOf(customer),
    purpose: f.slug(),
    channels: z.array(z.enum(channels)).min(1).max(channels.length).describe('all that were agreed to at once'),
    decision: z.enum(['given', 'withdrawn']),
    at: f.instant().optional().describe('when it was said; now unless given'),
    how: z.enum(ways),
    textVersion: f.slug().optional().describe('the words that were agreed to; needed for a yes where consent is the basis'),
    source: f.line(200).optional().describe('where: a page, a form, a file'),
    evidence: f.prose(2_000).optional().describe('what proves it: an address, a recording, a message'),
  })

/** Records what a person said, with its proof. What was said before something known is kept as history and changes nothing. */
export const record = action(
  'consent.record',
  () => ({ input: recordInput(), output: currentView() }),
  async (ctx, input) => {
    const { id, channels: asked, at = ctx.now, ...said } = input
    if (at > ctx.now) throw invalid('consent.in_future', 'at', 'Nobody has said this yet.')
    const [policy] = await Promise.all([s.policyOf(ctx), find(ctx, customer, id)])
    const purpose = policy.purposes.find((one) => one.name === said.purpose)
    mustBeAskable(policy, purpose, input)
    const before = await s.consentOf(ctx, id)
    const type = said.decision === 'given' ? s.consentGiven : s.consentWithdrawn
    const entries = [...new Set(asked)].map((channel) => {
      const fields = { ...said, channel, at: new Date(at).toISOString(), byId: ctx.actor.id }
      return create(ctx, s.consentEntry, fields, type, { customer: id, own: newKey(Date.parse(at), ctx.random) })
    })
    const standings = entries.reduce((all, { record: one }) => withEntry(all, one, one.id), before?.standings ?? {})
    const current = before
      ? alter(ctx, s.consent, before, { standings }, s.consentMoved)
      : create(ctx, s.consent, { standings }, s.consentMoved, { customer: id, own: '' })
    return commit(ctx, [current.change, ...entries.map(({ change }) => change)], currentOf(policy, standings))
  },
)

function mustBeAskable(
  policy: Policy,
  purpose: Purpose | undefined,
  { channels: asked, decision, textVersion }: z.output<ReturnType<typeof recordInput>>,
): asserts purpose is Purpose {
  if (!purpose) {
    const known = policy.purposes.map(({ name }) => name).join(', ')
    throw invalid('consent.purpose_unknown', 'purpose', `The workspace’s purposes are ${known}.`)
  }
  const foreign = asked.find((channel) => !purpose.channels.includes(channel))
  if (foreign) throw invalid('consent.channel_unused', 'channels', `${purpose.name} uses ${purpose.channels.join(', ')}.`)
  if (textVersion !== undefined && !purpose.texts.some(({ version }) => version === textVersion))
    throw invalid('consent.text_unknown', 'textVersion', `${purpose.name} has no text ${textVersion}.`)
  if (decision === 'given' && purpose.basis === 'consent' && textVersion === undefined)
    throw invalid('consent.text_missing', 'textVersion', 'Name the words that were agreed to.')
}

const currentView = () =>
  z.object({
    items: z.array(
      z.object({
        purpose: z.string(),
        channel: z.enum(channels),
        basis: z.enum(bases),
        allowed: z.boolean().describe('whether a message may be sent'),
        because: z.string(),
        decision: z.enum(['given', 'withdrawn']).optional().describe('what the person last said'),
        at: z.iso.datetime().optional(),
        textVersion: z.string().optional(),
        entryId: z.string().optional(),
      }),
    ),
  })

function currentOf(policy: Policy, standings: Parameters<typeof permits>[1]): z.input<ReturnType<typeof currentView>> {
  const items = policy.purposes.flatMap(({ name, basis, channels: used }) =>
    used.map((channel) => ({
      purpose: name,
      channel,
      basis,
      ...permits(policy, standings, name, channel),
      ...standings[standingKey(name, channel)],
    })),
  )
  return { items }
}

/** For what and how a customer may be contacted now. Two units. */
export const show = action(
  'consent.show',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: currentView() }),
  async (ctx, { id }) => {
    const [policy, said] = await Promise.all([s.policyOf(ctx), s.consentOf(ctx, id), find(ctx, customer, id)])
    return currentOf(policy, said?.standings ?? {})
  },
)

/** All that a customer ever said, newest first, each with its proof. */
export const history = action(
  'consent.history',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput() }), output: pageOf(partialView(s.consentEntry)) }),
  async (ctx, { id, ...input }) => {
    await find(ctx, customer, id)
    return records(ctx, s.consentEntry, collection(s.consentEntry, id), input)
  },
)
