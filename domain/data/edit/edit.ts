import * as z from 'zod'
import { lifecycles } from '../../customer/customer/index.ts'
import * as f from '../../kernel/fields.ts'

/** Whom an edit is for: the members of a segment, or what a list of customers shows with these filters. */
export const whereShape = () =>
  z.strictObject({
    segmentId: z
      .string()
      .regex(/^seg_[0-9A-Za-z]{20}$/, 'an id of a segment, seg_…')
      .optional(),
    ownerId: z.string().max(64).optional(),
    lifecycle: z.enum(lifecycles).optional(),
    name: f.line(60).optional().describe('names that begin so'),
  })
export type Where = z.output<ReturnType<typeof whereShape>>

/** What an edit does to each: one of these. */
export const doesShape = () =>
  z.strictObject({
    set: z.record(z.string(), z.unknown()).optional().describe('fields as PATCH /customers/{id} takes them; null clears'),
    addTags: z.array(f.slug()).min(1).max(30).optional(),
    removeTags: z.array(f.slug()).min(1).max(30).optional(),
    assign: z.strictObject({ ownerId: z.string().max(64).nullable(), teamId: z.string().max(64).optional() }).optional(),
    lifecycle: z.strictObject({ lifecycle: z.enum(lifecycles), reason: f.line(300) }).optional(),
  })
export type Does = z.output<ReturnType<typeof doesShape>>

/**
 * `counting`: whom it is for is being counted; `ready`: it waits for its token; `stopped`: who asked may not do it any more.
 */
export const editStates = ['counting', 'ready', 'running', 'done', 'stopped', 'undoing', 'undone'] as const

const count = () => z.int().min(0).max(1e12)

export const editShape = () => ({
  where: whereShape(),
  does: doesShape(),
  words: z.string(),
  state: z.enum(editStates),
  /** Records it is for, as counted. */
  count: count(),
  /** Of those looked at: as they are to be already, and refused. Those changed are counted with the change. */
  unchanged: count(),
  refused: count(),
  /** Some of the refused, with why. */
  failures: z.array(z.object({ customerId: z.string(), code: z.string(), detail: z.string() })).max(20),
  /** Who asked, and with what rights: those of the time the run was asked for. */
  createdBy: z.string(),
  rights: z.object({
    kind: z.enum(['user', 'client']),
    scope: z.enum(['own', 'team', 'all']),
    team: z.array(z.string()).max(500),
    teamId: z.string().optional(),
  }),
  /** Until when the run can be asked for. */
  expiresAt: f.instant().optional(),
  startedAt: f.instant().optional(),
  finishedAt: f.instant().optional(),
  cursor: z.string().optional(),
  dueAt: f.instant().optional(),
})
export type Edit = z.output<z.ZodObject<ReturnType<typeof editShape>>>

/** What an edit did to one customer: enough to undo it while nothing else has changed them. */
export const lineShape = () => ({
  editId: z.string(),
  customerId: z.string(),
  /** `kept`: not undone, since it changed meanwhile. */
  state: z.enum(['edited', 'undone', 'kept']),
  /** Version of the customer that the edit made. */
  madeVersion: z.int(),
  /** The type of event the edit was. */
  event: z.string(),
  /** The fields it changed, as they were; null for those that were not there. */
  before: z.record(z.string(), z.unknown()),
})
export type Line = z.output<z.ZodObject<ReturnType<typeof lineShape>>>

/** Identities belong to one customer each, so many cannot be given the same. */
export const NOT_FOR_MANY = ['emails', 'phones', 'messaging', 'externalIds', 'name'] as const

/** The kinds of change named in an edit. */
export function kindsOf({ set, addTags, removeTags, assign, lifecycle }: Does): string[] {
  const kinds: [string, unknown][] = [
    ['set', set],
    ['addTags', addTags ?? removeTags],
    ['assign', assign],
    ['lifecycle', lifecycle],
  ]
  return kinds.filter(([, value]) => value !== undefined).map(([kind]) => kind)
}

/** The request that an edit makes of one customer, as the API would be asked; undefined when they are so already. */
export function requestFor(does: Does, record: object): { route: string; body: Record<string, unknown> } | undefined {
  const file: Readonly<Record<string, unknown>> = { ...record }
  const { set, addTags = [], removeTags = [], assign, lifecycle } = does
  if (lifecycle) return file['lifecycle'] === lifecycle.lifecycle ? undefined : { route: 'POST /customers/{id}/lifecycle', body: lifecycle }
  if (assign) {
    const same = (file['ownerId'] ?? null) === assign.ownerId && (assign.teamId === undefined || file['teamId'] === assign.teamId)
    return same ? undefined : { route: 'POST /customers/{id}/assign', body: assign }
  }
  const tags = Array.isArray(file['tags']) ? file['tags'].map(String) : []
  const next = [...new Set([...tags, ...addTags])].filter((tag) => !removeTags.includes(tag))
  const body = set ?? (next.join() === tags.join() ? {} : { tags: next })
  const differs = Object.entries(body).some(([field, value]) => !isThere(field, value, file))
  return differs ? { route: 'PATCH /customers/{id}', body } : undefined
}

/** Whether a field has a value already; of custom fields, those that are given. */
function isThere(field: string, value: unknown, file: Readonly<Record<string, unknown>>): boolean {
  const there = file[field]
  if (field === 'custom' && typeof value === 'object' && value !== null && typeof there === 'object' && there !== null)
    return Object.entries(value).every(([name, one]) => (one === '' ? undefined : one) === (there as Record<string, unknown>)[name])
  return JSON.stringify(value ?? null) === JSON.stringify(there ?? null)
}

/** An edit in words. */
export function sayEdit({ set, addTags, removeTags, assign, lifecycle }: Does): string {
  if (lifecycle) return `make them ${lifecycle.lifecycle}`
  if (assign) return assign.ownerId === null ? 'take them from their account manager' : `give them to ${assign.ownerId}`
  if (set) return `change ${Object.keys(set).join(', ')}`
  const parts = [
    ...(addTags ? [`add the tags ${addTags.join(', ')}`] : []),
    ...(removeTags ? [`remove the tags ${removeTags.join(', ')}`] : []),
  ]
  return parts.join(' and ')
}
