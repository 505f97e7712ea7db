import { daysLater, MS_PER_DAY, type Instant } from '../../kernel/clock.ts'
import { STALE_DAYS, type Stage } from '../pipeline/index.ts'
import type { Deal } from './deal.ts'

/** How a deal goes through its stages to its end: pure steps from one state to the next. */

/** A stay in a stage; the last one has no end while the deal is open. */
export type Stay = Deal['stageLog'][number]

/** Stays kept in the deal; older ones are in the event log. */
export const LONGEST_LOG = 100

type Place = Pick<Deal, 'pipelineId' | 'stage'>
type Opened = Pick<Deal, 'stageLog' | 'staleCheckAt' | 'probabilitySet'>

/** Enters a stage, as a new deal or from another stage. The time in the stage before ends now. */
export function enter(before: Opened, place: Place, stage: Pick<Stage, 'probability' | 'staleDays'> | undefined, now: Instant) {
  const due = daysLater(now, stage?.staleDays ?? STALE_DAYS)
  const planned = before.staleCheckAt
  return {
    state: 'open' as const,
    ...place,
    probability: before.probabilitySet ?? stage?.probability ?? 0,
    stageLog: [...ended(before.stageLog, now), { ...place, enteredAt: now }].slice(-LONGEST_LOG),
    // A timer that rings too early looks again and moves itself; moving it now would cost an index write each time.
    staleCheckAt: planned !== undefined && planned <= due ? planned : due,
  }
}

/** Ends a deal at a moment, won or lost. Its probability is then a fact. */
export function close(before: Pick<Deal, 'stageLog'>, state: 'won' | 'lost', at: Instant) {
  return {
    state,
    closedAt: at,
    probability: state === 'won' ? 1 : 0,
    stageLog: ended(before.stageLog, at),
    staleSince: null,
    staleCheckAt: null,
  }
}

/** Opens a closed deal again in the stage it was closed in. */
export function reopen(before: Opened & Place, stage: Stage | undefined, now: Instant) {
  const place = { pipelineId: before.pipelineId, stage: before.stage }
  return { ...enter(before, place, stage, now), staleSince: null, closedAt: null, wonReason: null, lostReason: null, lostNote: null }
}

/** The log with its last stay ended; a moment before the stay began ends it at once. */
function ended(log: readonly Stay[], at: Instant): Stay[] {
  return log.map((stay) => (stay.leftAt === undefined ? { ...stay, leftAt: at > stay.enteredAt ? at : stay.enteredAt } : stay))
}

/** When an open deal counts as stale if it does not leave its stage. */
export function staleAt(deal: Pick<Deal, 'stageLog'>, stage: Pick<Stage, 'staleDays'> | undefined): Instant | undefined {
  const since = deal.stageLog.at(-1)?.enteredAt
  return since === undefined ? undefined : daysLater(since, stage?.staleDays ?? STALE_DAYS)
}

/** Days spent in each stage of a pipeline until a moment, all stays together. */
export function daysInStages(log: readonly Stay[], pipelineId: string, until: Instant): Map<string, number> {
  const days = new Map<string, number>()
  for (const stay of log.filter((one) => one.pipelineId === pipelineId)) {
    const spent = (Date.parse(stay.leftAt ?? until) - Date.parse(stay.enteredAt)) / MS_PER_DAY
    days.set(stay.stage, (days.get(stay.stage) ?? 0) + Math.max(0, spent))
  }
  return days
}

/** Names of required fields that a deal lacks. */
export function lacking(required: readonly string[], deal: object): string[] {
  return required.filter((name) => {
    const value = name
      .split('.')
      .reduce<unknown>((part, key) => (typeof part === 'object' && part !== null ? Reflect.get(part, key) : undefined), deal)
    return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  })
}
