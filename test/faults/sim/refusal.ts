import type { AttributeValue } from '@aws-sdk/client-dynamodb'

export type Stored = Record<string, AttributeValue>

/** Why one write of a transaction did not take place. */
export interface Reason {
  Code: string
  Message?: string
  Item?: Stored
}

/** What DynamoDB refuses with: named as the SDK's errors are, which is how the product tells them apart. */
export class Refusal extends Error {
  readonly CancellationReasons?: Reason[]
  readonly Item?: Stored
  constructor(name: string, message: string, facts: { CancellationReasons?: Reason[]; Item?: Stored } = {}) {
    const { stackTraceLimit } = Error
    // Refusals are many and expected; where they came from is told by nobody.
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
    this.name = name
    Object.assign(this, facts)
  }
}

export const invalid = (message: string): Refusal => new Refusal('ValidationException', message)

/** @param item what stood in the way, when the request asked for it */
export function conditionFailed(item?: Stored): Refusal {
  return new Refusal('ConditionalCheckFailedException', 'The conditional request failed', item && { Item: item })
}

export function cancelled(reasons: Reason[]): Refusal {
  const codes = reasons.map(({ Code }) => Code).join(', ')
  return new Refusal(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    {
      CancellationReasons: reasons,
    },
  )
}
