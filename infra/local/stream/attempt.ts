import type { Outcome } from '../function/message.ts'
import { type Json, list, object, parse, text } from '../json.ts'
import type { MappingSpec } from '../template.ts'
import type { StreamRecord } from './shard.ts'

/** What one invocation made of a batch: the number of leading records that are done, and whether the rest failed. */
export interface Verdict {
  readonly done: number
  readonly failed: boolean
  readonly reason: string
}

const success = (count: number): Verdict => ({ done: count, failed: false, reason: '' })
const failure = (done: number, reason: string): Verdict => ({ done, failed: true, reason })

/** The failed items a function reports; undefined when its answer is not of that form, which fails the batch. */
const reported = (body: string): string[] | undefined => {
  const answer: Json = parse(body)
  const items = object(answer)['batchItemFailures']
  if (answer === null || answer === '' || items === undefined || items === null) return []
  const ids = list(items).map((item) => text(object(item)['itemIdentifier']))
  return ids.includes('') ? undefined : ids
}

/**
 * Reads a function's answer to a batch of stream records: everything before the first reported failure is done.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export const judge = (records: readonly StreamRecord[], outcome: Outcome, reportsItems: boolean): Verdict => {
  if ('error' in outcome) return failure(0, outcome.error.errorMessage)
  if (!reportsItems) return success(records.length)
  const failures = reported(outcome.body)
  if (failures === undefined) return failure(0, 'the answer names an item without an identifier')
  if (failures.length === 0) return success(records.length)
  const first = records.findIndex(({ sequence }) => failures.includes(sequence))
  return failure(Math.max(0, first), 'the function reported a failed item')
}

/** Milliseconds before the retry; AWS does not publish its own, which grows too. */
export const retryDelayMs = (attempt: number): number => Math.min(100 * 2 ** attempt, 5_000)

/** What a batch that is given up leaves on the on-failure destination: where the records are, not what they hold. */
export const giveUpNote = (
  records: readonly StreamRecord[],
  mapping: MappingSpec,
  streamArn: string,
  attempts: number,
  requestId: string,
): string => {
  const time = (record: StreamRecord | undefined): string =>
    new Date(Number(object(record?.event['dynamodb'])['ApproximateCreationDateTime'] ?? 0) * 1000).toISOString()
  return JSON.stringify({
    requestContext: { requestId, functionArn: mapping.functionArn, condition: 'RetryAttemptsExhausted', approximateInvokeCount: attempts },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      shardId: records[0]?.shard,
      startSequenceNumber: records[0]?.sequence,
      endSequenceNumber: records.at(-1)?.sequence,
      approximateArrivalOfFirstRecord: time(records[0]),
      approximateArrivalOfLastRecord: time(records.at(-1)),
      batchSize: records.length,
      streamArn,
    },
  })
}
