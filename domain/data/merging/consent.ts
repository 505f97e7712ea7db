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
export function consentMerged(
  ctx: Ctx,
  mine: Head,
  theirs: Head,
  survivorId: string,
): { changes: Change[]; kept?: MergeRecord['consent'] } {
  const [before, other] = [standingsIn(mine), standingsIn(theirs)]
  if (Object.keys(other).length === 0) return { changes: [] }
  return { changes: moved(ctx, mine.single(consent), standingsTogether(before, other), survivorId), kept: before }
}

export function consentParted(
  ctx: Ctx,
  mine: Head,
  theirs: Head,
  { survivorId, absorbedId, consent: before = {} }: Pick<MergeRecord, 'survivorId' | 'absorbedId' | 'consent'>,
): Change[] {
  const parted = standingsParted(standingsIn(mine), before, standingsIn(theirs))
  return [...moved(ctx, mine.single(consent), parted.mine, survivorId), ...moved(ctx, theirs.single(consent), parted.theirs, absorbedId)]
}

function moved(ctx: Ctx, before: ConsentRecord | undefined, standings: Consent['standings'], customerId: string): Change[] {
  if (isDeepStrictEqual(before?.standings ?? {}, standings)) return []
  if (before) return [alter(ctx, consent, before, { standings }, consentMoved).change]
  return [create(ctx, consent, { standings }, consentMoved, { customer: customerId, own: '' }).change]
}
