import { isDeepStrictEqual } from 'node:util'
import {
  consent,
  consentMoved,
  standingsParted,
  standingsTogether,
  type Consent,
  type ConsentRecord,
} from '../../customer/consent/index.ts'
import type { Head } from '../../insight/rhythm/index.ts'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { MergeRecord } from './merge.store.ts'

/** What a person agreed to and withdrew, over a merge and back: a withdrawal must never be lost by joining two files. One write. */

const standingsIn = (head: Head): Consent['standings'] => head.single(consent)?.standings ?? {}

/** The survivor's word on each matter becomes the last that either file has. The absorbed one's stays as it is. */
export function consentMerged(ctx: Ctx, mine: Head, theirs: Head, survivorId: string): { changes: Change[]; kept: Consent['standings'] } {
  const before = standingsIn(mine)
  const together = standingsTogether(before, standingsIn(theirs))
  return { changes: moved(ctx, mine.single(consent), together, survivorId), kept: before }
}

/** Each file's word is its own again. A merge that kept nothing, of before 0.3.0, took nothing over. */
export function consentParted(
  ctx: Ctx,
  mine: Head,
  theirs: Head,
  { survivorId, absorbedId, consent: before }: Pick<MergeRecord, 'survivorId' | 'absorbedId' | 'consent'>,
): Change[] {
  if (!before) return []
  const parted = standingsParted(standingsIn(mine), before, standingsIn(theirs))
  return [...moved(ctx, mine.single(consent), parted.mine, survivorId), ...moved(ctx, theirs.single(consent), parted.theirs, absorbedId)]
}

function moved(ctx: Ctx, before: ConsentRecord | undefined, standings: Consent['standings'], customerId: string): Change[] {
  if (isDeepStrictEqual(before?.standings ?? {}, standings)) return []
  if (before) return [alter(ctx, consent, before, { standings }, consentMoved).change]
  return [create(ctx, consent, { standings }, consentMoved, { customer: customerId, own: '' }).change]
}
