import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit, create, Stale } from '../../kernel/commit.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { mustExist } from '../event/index.ts'
import { webhookTested } from './attempt.ts'
import { MOST_WEBHOOKS, mustBeCallable, newSecret, states, webhookShape } from './webhook.ts'
import { dropCircuit, dropSecrets, forgetSubscriptions, keepSecrets, secretsOf, webhook, type WebhookRecord } from './webhook.store.ts'

export const webhookCreated = event('webhook.created', 'A webhook was set up')
export const webhookChanged = event('webhook.changed', 'A webhook’s receiver, events or state changed')
export const webhookRotated = event('webhook.rotated', 'A webhook got a new secret')
export const webhookDeleted = event('webhook.deleted', 'A webhook was removed, its secret with it')

const view = () => viewOf(webhook)
const byId = () => ({ id: idOf(webhook) })
/** With its secret: this once. Every other view is without. */
const viewWithSecret = () => {
  const shown = view()
  if (!(shown instanceof z.ZodObject)) throw new Error('webhook has no object schema')
  const secret = z.string().describe('whsec_…: shown now and never again')
  return shown.extend({ secret }) as unknown as z.ZodType<WebhookRecord & { secret: string }>
}

/** Sets up a webhook, and makes its secret. */
export const open = action(
  'webhook.create',
  () => ({ input: z.strictObject(webhookShape()), output: viewWithSecret() }),
  async (ctx, input) => {
    mustBeCallable(input.url, ctx.loopback === true)
    mustExist(ctx.catalogue(), input.types, 'types')
    const { items } = await listPage(ctx, webhook, facet(webhook, 'all'), { limit: MOST_WEBHOOKS })
    if (items.length >= MOST_WEBHOOKS) throw fault('conflict', 'webhook.too_many', `A workspace has at most ${MOST_WEBHOOKS} webhooks.`)
    const secret = newSecret(ctx.random)
    const fields = { ...input, state: 'on' as const, ownerId: ctx.actor.id, secretSince: ctx.now }
    const { record, change } = create(ctx, webhook, fields, webhookCreated)
    const result = await commit(ctx, [change], { ...record, secret }, [keepSecrets(record.id, { current: secret })])
    forgetSubscriptions(ctx)
    return result
  },
)

export const show = action(
  'webhook.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, webhook, id),
)

export const list = action(
  'webhook.list',
  () => ({ input: z.strictObject(pageInput()), output: pageOf(rowView(webhook)) }),
  (ctx, input) => listPage(ctx, webhook, facet(webhook, 'all'), input),
)

/** Changes a webhook. Switched on again, it begins with a clean slate; what was missed can be replayed. */
export const change = action(
  'webhook.change',
  () => {
    const state = z.enum(states).exclude(['disabled']).optional()
    return { input: z.strictObject({ ...byId(), ...f.patchOf(webhookShape()), state }), output: view() }
  },
  async (ctx, { id, state, ...patch }) => {
    if (Object.keys(patch).length === 0 && state === undefined) throw invalid('patch.empty', '', 'Nothing to change was given.')
    if (patch.url !== undefined) mustBeCallable(patch.url, ctx.loopback === true)
    if (patch.types !== undefined) mustExist(ctx.catalogue(), patch.types, 'types')
    const before = await find(ctx, webhook, id)
    const stated = state === undefined ? {} : { state, reason: null, disabledAt: null }
    await mustMatch(ctx, webhook, before, patch)
    const { record, change: changed } = alter(ctx, webhook, before, { ...patch, ...stated }, webhookChanged)
    await commit(ctx, [changed], record, [dropCircuit(id)])
    forgetSubscriptions(ctx)
    return record
  },
)

export const bin_ = action(
  'webhook.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, webhook, id)
    await mustMatch(ctx, webhook, before, {})
    const { record, change: changed } = alter(ctx, webhook, before, { deletedAt: ctx.now }, webhookDeleted)
    await commit(ctx, [changed], record, [dropSecrets(id), dropCircuit(id)])
    forgetSubscriptions(ctx)
    return record
  },
)

const HOUR_MS = 3_600_000

/** Makes a new secret. For a while messages are signed with both, so that the receiver can change over without missing one. */
export const rotate = action(
  'webhook.rotate',
  () => ({
    input: z.strictObject({
      ...byId(),
      overlapHours: z.int().min(0).max(168).default(24).describe('how long the secret before still counts; 0 when it is known to others'),
    }),
    output: viewWithSecret(),
  }),
  async (ctx, { id, overlapHours }) => {
    const [before, secrets] = await Promise.all([find(ctx, webhook, id), secretsOf(ctx, id)])
    if (!secrets) throw new Stale(id)
    const secret = newSecret(ctx.random)
    const until = later(ctx.now, overlapHours * HOUR_MS)
    const kept = overlapHours > 0 ? { previous: secrets.current, previousUntil: until } : {}
    const dates = { secretSince: ctx.now, previousSecretUntil: overlapHours > 0 ? until : null }
    const { record, change: changed } = alter(ctx, webhook, before, dates, webhookRotated)
    return commit(ctx, [changed], { ...record, secret }, [keepSecrets(id, { current: secret, ...kept }, secrets)])
  },
)

/** Asks for a sign of life: an event goes the way of all events to this webhook alone, whatever it listens to, on or off. */
export const test = action(
  'webhook.test',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, webhook, id)
    const { record, change: changed } = alter(ctx, webhook, before, { testedAt: ctx.now }, webhookTested)
    return commit(ctx, [changed], record)
  },
)
