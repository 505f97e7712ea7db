/** A bug that was put into the real code, to see that it is found. Its patch has the same name. */
export interface Planted {
  name: string
  /** The promise that it breaks and by which it must be caught, as shared/reliability.md numbers them. */
  invariant: string
  words: string
}

export const planted: readonly Planted[] = [
  {
    name: '01-dedupe-dropped',
    invariant: 'I2',
    words: 'Idempotency keys are read and then forgotten: a request sent again takes effect again.',
  },
  {
    name: '02-answer-kept-after-the-effect',
    invariant: 'I2',
    words: 'The answer to a keyed request is kept after its effect instead of with it: between the two a process dies.',
  },
  {
    name: '03-key-hash-not-compared',
    invariant: 'I2',
    words: 'A key used for one request answers another: the hash of what was sent is not compared.',
  },
  {
    name: '04-cached-500',
    invariant: 'I2',
    words: 'A failure of the table is kept under the key of its request and answered for two days.',
  },
  {
    name: '05-sentinel-outside-the-transaction',
    invariant: 'I3',
    words: 'A unique value is claimed before the record is written, not with it.',
  },
  {
    name: '06-sentinel-not-released',
    invariant: 'I3',
    words: 'A unique value that a record gives up stays taken.',
  },
  {
    name: '07-version-not-incremented',
    invariant: 'I4',
    words: 'A change leaves the version as it was, so the next one does not see it.',
  },
  {
    name: '08-if-match-ignored',
    invariant: 'I4',
    words: 'If-Match is taken for granted: who changes an old version overwrites the new one.',
  },
  {
    name: '09-write-without-condition',
    invariant: 'I4',
    words: 'Changes are written whatever happened since the record was read.',
  },
  {
    name: '10-another-s-write-taken-for-ours',
    invariant: 'I4',
    words: 'After an unclear outcome any write of the same version counts as ours: a lost update is acknowledged.',
  },
  {
    name: '11-log-goes-on-after-a-failure',
    invariant: 'I5',
    words: 'A log item that could not be written is left out and the batch called done.',
  },
  {
    name: '12-stream-batch-in-parallel',
    invariant: 'I5',
    words: 'The halves of a batch are worked at once, and only the first half’s failure is seen.',
  },
  {
    name: '13-bus-refusal-unseen',
    invariant: 'I10',
    words: 'Entries that the bus did not take are taken for sent when the call itself succeeded.',
  },
  {
    name: '14-failed-reaction-forgotten',
    invariant: 'I9',
    words: 'A message whose reactions failed is not handed over again.',
  },
  {
    name: '15-history-after-the-purchase',
    invariant: 'I7',
    words: 'What purchases come to is written after the purchase, not with it.',
  },
  {
    name: '16-late-purchase-folded-as-the-latest',
    invariant: 'I7',
    words: 'A purchase told late is taken for the latest: the last one moves back.',
  },
  {
    name: '17-status-and-index-order-swapped',
    invariant: 'I8',
    words: 'The index of people’s work holds time before state: lists by state miss what is there.',
  },
  {
    name: '18-deleted-record-still-listed',
    invariant: 'I8',
    words: 'What is in the bin stays in the lists.',
  },
  {
    name: '19-cursor-of-another-list',
    invariant: 'I11',
    words: 'A cursor is good for any list.',
  },
  {
    name: '20-timer-before-the-record',
    invariant: 'I9',
    words: 'The timer is stopped first and the warning written after: who dies between the two warns nobody.',
  },
  {
    name: '21-due-key-not-cleared',
    invariant: 'I9',
    words: 'A record in the bin stays due: its job meets it again and again.',
  },
  {
    name: '22-sweep-of-one-shard',
    invariant: 'I9',
    words: 'Only the first shard of the due index is swept.',
  },
  {
    name: '23-late-reaction-counted-twice',
    invariant: 'I6',
    words: 'A customer counted before is counted again when the change is told again.',
  },
  {
    name: '24-scope-not-checked',
    invariant: 'I11',
    words: 'Whoever may read some customers reads all of them.',
  },
  {
    name: '25-permission-of-the-wrong-verb',
    invariant: 'I16',
    words: 'Who may read everything may write everything.',
  },
  {
    name: '26-disabled-user-let-in',
    invariant: 'I16',
    words: 'An account that was disabled goes on working until its token ends.',
  },
  {
    name: '27-names-in-the-log',
    invariant: 'I11',
    words: 'A failed request is logged with its body.',
  },
  {
    name: '28-personal-field-in-the-event',
    invariant: 'I11',
    words: 'Events tell the old and new values of personal fields.',
  },
  {
    name: '29-erased-record-keeps-a-field',
    invariant: 'I12',
    words: 'Of an erased person the subjects of calls and tickets stay.',
  },
  {
    name: '30-erased-record-moved-again',
    invariant: 'I12',
    words: 'A contact told of after an erasure is done moves the plan of who was erased.',
  },
  {
    name: '31-search-finds-the-binned',
    invariant: 'I8',
    words: 'What is in the bin stays in the search.',
  },
  {
    name: '32-file-of-the-erased-stays',
    invariant: 'I12',
    words: 'Files of before an erasure are told to be gone, and stay.',
  },
  {
    name: '33-points-noted-before-they-are-posted',
    invariant: 'I7',
    words: 'What a purchase earned is noted first and posted after: who dies between the two never posts it.',
  },
]
