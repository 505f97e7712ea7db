import { isStanding, type WarningRecord } from '../../../domain/insight/warning/index.ts'
import type { TaskRecord } from '../../../domain/care/task/index.ts'
import type { Cloud } from '../cloud/cloud.ts'
import type { Finding, Snapshot } from './snapshot.ts'

/** I9: what falls due happens once, not early, and is never forgotten. */

const HOUR = 3_600_000

/** Nothing lies in the due index long after its time. */
export function forgotten({ clockwork, world }: Cloud): Finding[] {
  return clockwork
    .overdue(world.now - 3 * HOUR)
    .map(({ job, order }) => ({ invariant: 'I9', words: `the job ${job} has not done ${order}` }))
}

/** What is in the bin waits for no time. */
export function binned(snapshot: Snapshot): Finding[] {
  return snapshot.records.flatMap(({ item, id }): Finding[] =>
    item['deletedAt'] !== undefined && item['dpk'] !== undefined ? [{ invariant: 'I9', words: `${id} is in the bin and still due` }] : [],
  )
}

/** A silence has one warning; a warning has one open visit at most; nothing is raised before its time. */
export function warnings(snapshot: Snapshot): Finding[] {
  const findings: Finding[] = []
  const tasks = snapshot.of('task').map(({ item }) => item as unknown as TaskRecord)
  const files = new Map(snapshot.of('customer').map((one) => [one.pk, one.item]))
  const silences = new Map<string, string>()
  for (const { item, id, pk } of snapshot.of('warning')) {
    const told = item as unknown as WarningRecord
    const silence = `${pk} ${told.silenceDay}`
    const other = silences.get(silence)
    if (other) findings.push({ invariant: 'I9', words: `${other} and ${id} warn of one silence` })
    silences.set(silence, id)
    const visits = tasks.filter(
      (one) => one.state === 'open' && !one.deletedAt && (one.sourceId === id || one.also?.some(({ sourceId }) => sourceId === id)),
    )
    if (visits.length > 1)
      findings.push({ invariant: 'I9', words: `${id} has ${visits.length} open visits: ${visits.map((one) => one.id).join(', ')}` })
    const file = files.get(pk)
    if (isStanding(told) && !item['erasedAt'] && file?.['deletedAt'])
      findings.push({ invariant: 'I9', words: `${id} stands though its customer is in the bin` })
  }
  return findings
}

/** A customer who bought waits for a warning, has been warned of, or has none to come: never is there no timer at all. */
export function timers(snapshot: Snapshot): Finding[] {
  const rhythms = new Map(snapshot.of('rhythm').map((one) => [one.pk, one.item]))
  const files = new Map(snapshot.of('customer').map((one) => [one.pk, one.item]))
  const found = new Set(snapshot.of('warning').map(({ item, pk }) => `${pk} ${String(item['silenceDay'])}`))
  return snapshot.of('history').flatMap(({ item, pk, id }): Finding[] => {
    const timer = rhythms.get(pk)
    if (item['deletedAt'] || item['erasedAt'] || files.get(pk)?.['deletedAt'])
      return timer?.['dueAt'] === undefined || timer['erasedAt'] !== undefined
        ? []
        : [{ invariant: 'I9', words: `the timer of ${id} runs on though its customer is gone` }]
    if (!timer) return [{ invariant: 'I9', words: `${id} has no timer` }]
    const warned = timer['state'] === 'warned'
    if (warned && !found.has(`${pk} ${String(timer['warnedDay'])}`))
      return [
        {
          invariant: 'I9',
          words: `the timer of ${id} rests, but nobody was warned of the silence since day ${String(timer['warnedDay'])}`,
        },
      ]
    const over = warned && Number(timer['warnedDay']) < Number(item['lastDay'])
    return over
      ? [
          {
            invariant: 'I9',
            words: `the timer of ${id} rests on the silence of day ${String(timer['warnedDay'])}, but they bought on day ${String(item['lastDay'])}`,
          },
        ]
      : []
  })
}

/** A visit for a customer who was put in the bin is not left open, unless someone took it up again. */
export function tasks(snapshot: Snapshot): Finding[] {
  const files = new Map(snapshot.of('customer').map((one) => [one.pk, one.item]))
  return snapshot.of('task').flatMap(({ item, id, pk }): Finding[] => {
    const one = item as unknown as TaskRecord
    const file = files.get(snapshot.survivorOf(pk))
    if (
      one.state === 'open' &&
      !one.deletedAt &&
      !item['erasedAt'] &&
      file?.['deletedAt'] &&
      one.createdAt < String(file['deletedAt'] as string)
    )
      return [{ invariant: 'I9', words: `${id} is open though its customer was put in the bin after it` }]
    return []
  })
}
