import { randomUUID } from 'node:crypto'
import type { Deliver } from '../bus/target.ts'
import { Complaint } from '../complaint.ts'
import { number, object } from '../json.ts'
import type { State } from '../state.ts'
import type { ScheduleSpec } from '../template.ts'
import { account, region } from '../template/physical.ts'
import { type Next, readExpression } from './expression.ts'

export interface ScheduleView {
  readonly name: string
  readonly expression: string
  readonly timeZone: string
  readonly enabled: boolean
  readonly next: string | null
  readonly last: string | null
}

/** Fires the stack's schedules when they are due, and any of them on demand. */
export interface Clock {
  list(): ScheduleView[]
  /** Fires a schedule now; its next regular time stays. @throws Complaint when there is none of that name. */
  run(name: string): void
  stop(): void
}

interface Entry {
  readonly spec: ScheduleSpec
  readonly next: Next
}

const tickMs = 500

const iso = (epochMs: number | undefined): string | null =>
  epochMs === undefined ? null : new Date(epochMs).toISOString().replace('.000Z', 'Z')

/** What the target receives: the schedule's input with the scheduler's own words filled in, or its default event. */
const bodyOf = ({ arn, target }: ScheduleSpec, due: number): string => {
  const time = iso(Math.floor(due / 1000) * 1000) ?? ''
  if (target.input === undefined) {
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account,
      time,
      region,
      resources: [arn],
      detail: '{}',
    }
    return JSON.stringify(event)
  }
  return target.input
    .replaceAll('<aws.scheduler.scheduled-time>', time)
    .replaceAll('<aws.scheduler.execution-id>', () => randomUUID())
    .replaceAll('<aws.scheduler.attempt-number>', '1')
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
}

/**
 * Times are kept in the data folder: what came due while the run was off fires once after the next start, because
 * somebody's laptop is off at night, and a nightly job would otherwise never run.
 */
export const startClock = (specs: readonly ScheduleSpec[], deliver: Deliver, state: State): Clock => {
  const entries = specs.map((spec): Entry => ({ spec, next: readExpression(spec.expression, spec.timeZone) }))
  const held = ({ spec }: Entry): { readonly last: number | undefined; readonly due: number | undefined } => {
    const kept = object(state.get('schedule', spec.name))
    const current = kept['expression'] === spec.expression && kept['timeZone'] === spec.timeZone
    const moment = (name: string): number | undefined =>
      kept[name] === undefined || kept[name] === null ? undefined : number(kept[name], 0)
    return { last: moment('last'), due: current ? moment('due') : undefined }
  }
  const keep = ({ spec }: Entry, last: number | undefined, due: number | undefined): void =>
    state.set('schedule', spec.name, { expression: spec.expression, timeZone: spec.timeZone, last: last ?? null, due: due ?? null })

  const now = Date.now()
  for (const entry of entries) if (held(entry).due === undefined) keep(entry, held(entry).last, entry.next(now, now))

  const fire = (entry: Entry, due: number): void => deliver(entry.spec.target, bodyOf(entry.spec, due))

  const tick = (): void => {
    const moment = Date.now()
    for (const entry of entries.filter(({ spec }) => spec.enabled)) {
      const { due } = held(entry)
      if (due === undefined || due > moment) continue
      keep(entry, moment, entry.next(moment, due))
      fire(entry, due)
    }
  }
  const timer = setInterval(tick, tickMs)

  return {
    list: () =>
      entries.map((entry) => {
        const { name, expression, timeZone, enabled } = entry.spec
        const { last, due } = held(entry)
        return { name, expression, timeZone, enabled, next: enabled ? iso(due) : null, last: iso(last) }
      }),
    run: (name) => {
      const entry = entries.find(({ spec }) => spec.name === name)
      if (entry === undefined)
        throw new Complaint(`There is no schedule ${name}: ${entries.map(({ spec }) => spec.name).join(', ') || 'none at all'}.`)
      const moment = Date.now()
      keep(entry, moment, held(entry).due)
      fire(entry, moment)
    },
    stop: () => clearInterval(timer),
  }
}
