import { readCondition, readUpdate } from './expression.ts'
import { holds, mayAsk, mayUpdate, Terms, updated, type Aliases } from './evaluate.ts'
import { itemReady, keyAttributes, mustFit, placeIn, type Place } from './keys.ts'
import { keyOf } from './base.ts'
import { conditionFailed, invalid, type Stored } from './refusal.ts'
import { mapped, checked } from './value.ts'

/** One write as a request asks for it. */
export interface Asked extends Aliases {
  TableName?: string | undefined
  Item?: Stored | undefined
  Key?: Stored | undefined
  ConditionExpression?: string | undefined
  UpdateExpression?: string | undefined
  ReturnValues?: string | undefined
  ReturnConsumedCapacity?: string | undefined
  ReturnValuesOnConditionCheckFailure?: string | undefined
}

export type WriteKind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck'

/** One write, read and checked, ready for the item it will meet. */
export interface Prepared {
  kind: WriteKind
  place: Place
  /** The item after it. @throws ConditionalCheckFailedException when its condition does not hold, ValidationException */
  apply(before: Stored | undefined): Stored | undefined
}

/** Reads a write. @throws ValidationException for what no item could make right */
export function prepare(kind: WriteKind, asked: Asked): Prepared {
  const condition = asked.ConditionExpression === undefined ? undefined : readCondition(asked.ConditionExpression)
  const update = kind === 'Update' && asked.UpdateExpression !== undefined ? readUpdate(asked.UpdateExpression) : undefined
  if (kind === 'ConditionCheck' && !condition) throw invalid('ConditionCheck needs a ConditionExpression')
  const terms = new Terms(
    asked,
    [condition, update].filter((one) => one !== undefined),
  )
  if (condition) mayAsk(condition.tree, terms)
  if (update) mayUpdate(update.tree, terms, keyAttributes)
  const { place, after } = target(kind, asked, update && ((before) => updated(update.tree, before, terms)))
  return {
    kind,
    place,
    apply(before) {
      if (condition && !holds(condition.tree, before, terms)) {
        throw conditionFailed(asked.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? before : undefined)
      }
      return after(before)
    },
  }
}

type Step = (before: Stored) => Stored

function target(
  kind: WriteKind,
  asked: Asked,
  step: Step | undefined,
): { place: Place; after: (before: Stored | undefined) => Stored | undefined } {
  if (kind === 'Put') {
    const { item, place } = itemReady(asked.Item ?? {})
    return { place, after: () => item }
  }
  const place = placeIn(asked.Key)
  if (kind === 'Delete') return { place, after: () => undefined }
  if (kind === 'ConditionCheck') return { place, after: (before) => before }
  return {
    place,
    after: (before) => {
      const start = before ?? keyOf(place)
      const item = mapped(step ? step(start) : start, (value) => checked(value))
      mustFit(item)
      return item
    },
  }
}
