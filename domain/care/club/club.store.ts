import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { keyOf, keysOf, timeOfKey } from '../../kernel/id.ts'
import { facet, list } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Key } from '../../kernel/table/table.ts'
import { clubShape, memberShape, type Club, type Member } from './club.ts'

/** A group of customers. */
export const club = entity({
  noun: 'club',
  prefix: 'clb',
  home: 'workspace',
  fields: () => z.object(clubShape()),
  row: ['name', 'joining', 'tiers'],
  list: { on: ['name'], key: ({ name }) => ({ facet: 'all', order: name.toLowerCase().slice(0, 60) }) },
})
export type ClubRecord = RecordOf<typeof club>

/** A customer in a club: one record of a pair, whatever becomes of it. Browsed by club and state, who came last first. */
export const clubMember = entity({
  noun: 'club_member',
  prefix: 'clm',
  home: 'customer',
  fields: () => z.object(memberShape()),
  row: ['clubId', 'customerId', 'state', 'via', 'since'],
  list: { on: ['clubId', 'state', 'since'], key: ({ clubId, state, since }) => ({ facet: clubFacet(clubId), order: `${state}#${since}` }) },
})
export type MemberRecord = RecordOf<typeof clubMember>

/** The facet that holds one club's members. */
export const clubFacet = (clubId: string): string => `of-${keysOf(clubId).first}`

/** The own key that a customer's membership of a club always has: by when the club was founded. */
export function memberKey(clubId: string): string {
  return keyOf(timeOfKey(keysOf(clubId).first), createHash('sha256').update(`member ${clubId}`).digest())
}
export function memberPlace(clubId: string, customerId: string): Key {
  return placeOf(clubMember, clubMember.id(memberKey(clubId), customerId))
}
export function memberIn(item: Parameters<typeof recordIn>[0] | undefined): MemberRecord | undefined {
  return item && recordIn<'club_member', Member>(item)
}

/** Clubs of a workspace, so that all of them are one small read. */
export const MOST_CLUBS = 50

/** The clubs there are. */
export async function allClubs(ctx: Ctx): Promise<(Partial<Club> & { id: ClubRecord['id'] })[]> {
  return (await list(ctx, club, facet(club, 'all'), { limit: MOST_CLUBS })).items
}

export const CLUBS_MEMO = 'clubs'
/** The same, kept by a warm function for half a minute. */
export function clubsOf(ctx: Ctx): Promise<(Partial<Club> & { id: ClubRecord['id'] })[]> {
  return ctx.memo.get(CLUBS_MEMO, ctx.now, () => allClubs(ctx))
}
