import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/** `building`: a rule is being looked at for every customer; who was a member before stays one until that is done. */
export const segmentStates = ['building', 'ready'] as const

/**
 * A walk over all customers for a segment. `first`: members are taken in as they are found. `changed`: what a new rule changes is
 * marked, and done at the end. `refresh`: facts that move without an event (scores, fitted models) are looked at again.
 * `close`: the segment is gone and its members leave.
 */
const walkShape = () =>
  z.object({
    mode: z.enum(['first', 'changed', 'refresh', 'close']),
    /** `look`: customer after customer; `settle`: what was marked is done. */
    phase: z.enum(['look', 'settle']),
    startedAt: f.instant(),
    /** Customers looked at. */
    looked: z.int().min(0).max(1e12),
    cursor: z.string().optional(),
  })
export type Walk = z.output<ReturnType<typeof walkShape>>

/** A rule as data. What it may say is checked by `checkRule`, which names what is allowed. */
export const ruleInput = () =>
  z
    .record(z.string(), z.unknown())
    .describe(
      '{"all": […]}, {"any": […]}, {"not": …} or a clause {"field", "op", "value" | "days", "withinDays"?, "sku"?}; a refusal names the fields and operators there are',
    )

export const segmentFileShape = () => ({
  name: f.line(120),
  description: f.line(500).optional(),
})

export const segmentShape = () => ({
  ...segmentFileShape(),
  /** `rule`: members follow from the rule. `static`: put in and taken out by hand or by an import. */
  kind: z.enum(['rule', 'static']),
  rule: ruleInput().optional(),
  /** The rule in words. */
  words: z.string(),
  state: z.enum(segmentStates),
  walk: walkShape().optional(),
  /** When the last walk ended. */
  lookedAt: f.instant().optional(),
  /** Of the models by which customers were valued in the last walk. */
  modelVersion: z.int().optional(),
  /** When the next step of a walk is due, or the next walk. */
  dueAt: f.instant().optional(),
  createdBy: z.string(),
})
export type Segment = z.output<z.ZodObject<ReturnType<typeof segmentShape>>>

/** `in` or `out`; `entering` and `leaving` while a changed rule is being looked at: shown as before until that is done. */
export type Standing = 'in' | 'entering' | 'leaving'

/** The segments of one customer, beside the file: where they stand in each, and when time alone changes something. */
export const clockShape = () => ({
  /** By the segment's own key; a segment that is not named has them not. */
  standings: z.record(z.string(), z.enum(['in', 'entering', 'leaving'])),
  /** Static segments they were put in by hand. */
  byHand: z.array(z.string()).max(100),
  /** Something is marked that the end of a walk has to do. */
  pending: z.boolean(),
  dueAt: f.instant().optional(),
})
export type Clock = z.output<z.ZodObject<ReturnType<typeof clockShape>>>

export const memberShape = () => ({
  segmentId: z.string(),
  customerId: z.string(),
  state: z.enum(['in', 'out']),
  enteredAt: f.instant(),
  /** The last move, told whole with each event. */
  move: z.object({ segmentId: z.string(), kind: z.enum(['entered', 'left']), at: f.instant() }),
})
export type Member = z.output<z.ZodObject<ReturnType<typeof memberShape>>>

/** Where somebody stands after a look. @param marking what changes is only marked, to be done at the end of a walk */
export function nextStanding(now: Standing | undefined, wanted: boolean, marking: boolean): Standing | undefined {
  if (!marking) return wanted ? 'in' : undefined
  const shown = isShown(now)
  if (shown === wanted) return shown ? 'in' : undefined
  return wanted ? 'entering' : 'leaving'
}

/** Whether somebody with this standing is a member as others see it. */
export function isShown(standing: Standing | undefined): boolean {
  return standing === 'in' || standing === 'leaving'
}
