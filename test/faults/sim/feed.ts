import type { StreamRecord } from '../../../events/stream.ts'
import { keyNames } from '../../../domain/kernel/table/shape.ts'
import type { Stored } from './refusal.ts'
import { sameMap } from './value.ts'

/** A record of the table's stream, as Lambda is handed it. */
export interface FeedRecord extends StreamRecord {
  eventID: string
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  userIdentity?: { type: string; principalId: string }
  dynamodb: {
    Keys: Stored
    NewImage?: Stored
    OldImage?: Stored
    SequenceNumber: string
    ApproximateCreationDateTime: number
    StreamViewType: 'NEW_AND_OLD_IMAGES'
  }
}

/** Sequence numbers have 21 to 40 digits. */
const sequenceOf = (count: number): string => `1${String(count).padStart(20, '0')}`

/** Tells every change of the table, with both images. A write that leaves an item as it was is not told. */
export class Feed {
  readonly records: FeedRecord[] = []
  #count = 0

  /** @param how.expired removed by the table itself, its time to live being over */
  tell(before: Stored | undefined, after: Stored | undefined, now: number, how: { expired?: boolean } = {}): FeedRecord | undefined {
    const item = after ?? before
    if (!item || (before && after && sameMap(before, after))) return undefined
    this.#count++
    const { pk, sk } = keyNames.base
    const key: Stored = {}
    for (const name of [pk, sk]) if (item[name]) key[name] = item[name]
    const record: FeedRecord = {
      eventID: String(this.#count),
      eventName: !before ? 'INSERT' : after ? 'MODIFY' : 'REMOVE',
      dynamodb: {
        Keys: key,
        ...(after && { NewImage: after }),
        ...(before && { OldImage: before }),
        SequenceNumber: sequenceOf(this.#count),
        ApproximateCreationDateTime: Math.floor(now / 1000),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      ...(how.expired && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
    }
    this.records.push(record)
    return record
  }
}
