import type { Instant } from '../../kernel/clock.ts'
import type { Severity, WarningRecord } from '../../insight/warning/index.ts'
import { causesOf, type Priority, type Task } from '../task/index.ts'
import { explain, type Grounds } from './cadence.ts'
import type { Visit } from './plan.ts'
import { wantCauses, type Want } from './want.ts'

/** Visits of a warning are more urgent the more is at stake. */
const urgency: Readonly<Record<Severity, Priority>> = { low: 'normal', medium: 'high', high: 'high', critical: 'urgent' }

/** The visit that a churn warning asks for. */
export function warningVisit(warning: WarningRecord, dueAt: Instant): Visit & { reason: string } {
  return {
    title: 'Win back: this customer has gone quiet',
    cause: 'warning',
    sourceId: warning.id,
    reason: cut(warning.explanation),
    dueAt,
    priority: urgency[warning.severity],
    valueAtStake: warning.valueAtStake,
  }
}

/** The visit that a tier's cadence asks for. */
export function cadenceVisit(
  grounds: Grounds & { tier?: string | undefined },
  dueAt: Instant,
  now: Instant,
  timeZone: string,
): Visit & { reason: string } {
  return {
    title: `Regular contact with a ${grounds.tier ?? ''} customer`,
    cause: 'cadence',
    reason: cut(explain(grounds, now, timeZone)),
    dueAt,
    priority: 'normal',
  }
}

/** The visit that a record asked for. */
export function wantedVisit({ at: _, ...want }: Want, dueAt: Instant): Visit & { reason: string } {
  return { ...want, dueAt }
}

/** What records asked for with a visit, to be asked for again at another time. */
export function wantsOf(visit: Task, at: Instant): Want[] {
  const { title, priority, valueAtStake } = visit
  const own = { cause: visit.cause, sourceId: visit.sourceId, reason: visit.reason ?? title }
  return [own, ...(visit.also ?? [])].flatMap(({ cause, sourceId, reason }): Want[] => {
    const known = wantCauses.find((one) => one === cause)
    if (known === undefined || sourceId === undefined) return []
    return [{ cause: known, sourceId, at, title, reason, priority, ...(valueAtStake && { valueAtStake }) }]
  })
}

/** Longest reason a task takes. Characters. */
const LONGEST_REASON = 500
export const cut = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_REASON)

/** Whether a contact is all that a visit wanted: one for the cadence or a warning, not one that owes the customer an answer. */
export function endsWithContact(visit: Task): boolean {
  return causesOf(visit).every(({ cause }) => cause === 'cadence' || cause === 'warning')
}

/** Whether a visit is for the cadence and nothing else. */
export function isRegularOnly(visit: Task): boolean {
  return causesOf(visit).every(({ cause }) => cause === 'cadence')
}

/** Outcomes of a visit in which the customer was there. */
export const MET: ReadonlySet<string | undefined> = new Set(['reached', 'sold', 'complaint'])
