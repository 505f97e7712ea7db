import { isDeepStrictEqual } from 'node:util'
import type { Cloud } from '../cloud/cloud.ts'
import type { FeedRecord } from '../sim/feed.ts'
import { itemOf, type Finding } from './snapshot.ts'

/**
 * I6: telling everything again changes nothing. The first time a reaction may still bring its own bookkeeping up to date,
 * with what has been decided since (a model fitted, a policy changed), which it tells to nobody; the second time it may
 * not even do that.
 */
export async function replayed(cloud: Cloud): Promise<Finding[]> {
  const { records } = cloud.dynamo.base.feed
  const past = records.length
  const first = await again(cloud, past)
  const loud = first.find((record) => !isQuiet(record))
  if (loud) return [{ invariant: 'I6', words: `telling the past again ${said(loud)}` }]
  if (first.length === 0) return []
  const second = await again(cloud, records.length)
  const [any] = second
  return any ? [{ invariant: 'I6', words: `telling the past twice more ${said(any)}` }] : []
}

async function again(cloud: Cloud, past: number): Promise<FeedRecord[]> {
  const { records } = cloud.dynamo.base.feed
  const before = records.length
  cloud.clockwork.stopped = true
  for (const reader of cloud.readers) reader.retell(records.slice(0, past))
  await cloud.settle()
  cloud.clockwork.stopped = false
  return records.slice(before).filter(({ userIdentity }) => userIdentity === undefined)
}

/** Whether a change is bookkeeping: a mark, a count, or a record's change that is told to nobody. */
function isQuiet({ eventName, dynamodb: { NewImage } }: FeedRecord): boolean {
  const stamp = NewImage?.['ev']?.M
  if (!NewImage || !stamp) return String(NewImage?.['sk']?.S).startsWith('log#') || NewImage?.['noun'] === undefined
  return stamp['quiet'] !== undefined && eventName === 'MODIFY'
}

function said({ dynamodb: { Keys, OldImage, NewImage } }: FeedRecord): string {
  const [before, after] = [OldImage ? itemOf(OldImage) : {}, NewImage ? itemOf(NewImage) : {}]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isDeepStrictEqual(before[name], after[name]),
  )
  const changes = names.map((name) => `${name} from ${JSON.stringify(before[name])} to ${JSON.stringify(after[name])}`).join(', ')
  return `changed ${Keys['pk']?.S} ${Keys['sk']?.S}: ${changes}`.slice(0, 900)
}
