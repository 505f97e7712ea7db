import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import { channels, type Channel } from '../customer/index.ts'

/**
 * What a person was asked, what they said, and what may be sent to them for it. A purpose is what the workspace contacts people
 * for; each has its own legal basis (GDPR article 6; PIPL article 13 names the same three).
 */

/** `consent`: only who said yes. `legitimate_interest`: unless they said no. `contract`: what they bought cannot be served without. */
export const bases = ['consent', 'legitimate_interest', 'contract'] as const
/** How it was said. */
export const ways = ['form', 'checkbox', 'call', 'paper', 'in_person', 'message', 'double_opt_in', 'import', 'preference_page'] as const

const textShape = () =>
  z.strictObject({
    version: f.slug().describe('what proofs refer to; its text never changes'),
    language: f.language().optional(),
    text: f.prose(2_000).describe('the very words people agree to'),
  })

const purposeShape = () =>
  z.strictObject({
    name: f.slug(),
    label: f.line(120),
    basis: z.enum(bases),
    channels: z.array(z.enum(channels)).min(1).max(channels.length),
    texts: z.array(textShape()).max(20),
  })
export type Purpose = z.output<ReturnType<typeof purposeShape>>

/** What a workspace contacts people for. */
export const policyShape = () => ({
  purposes: z
    .array(purposeShape())
    .max(20)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a purpose is given twice')
    .refine((all) => all.every(({ basis, texts }) => basis !== 'consent' || texts.length > 0), 'a purpose that needs consent needs a text')
    .refine(
      (all) => all.every(({ texts }) => new Set(texts.map(({ version }) => version)).size === texts.length),
      'a version of a text is given twice',
    ),
})
export type Policy = z.output<z.ZodObject<ReturnType<typeof policyShape>>>

/** Until the workspace has its own. */
export const newPolicy: Policy = {
  purposes: [
    { name: 'service', label: 'Orders, tickets and contracts', basis: 'contract', channels: [...channels], texts: [] },
    {
      name: 'greeting',
      label: 'Greetings on personal and public days',
      basis: 'consent',
      channels: [...channels],
      texts: [{ version: '1', language: 'en', text: 'You may send me greetings on my birthday, anniversaries and festivals.' }],
    },
    {
      name: 'marketing',
      label: 'News and offers',
      basis: 'consent',
      channels: [...channels],
      texts: [{ version: '1', language: 'en', text: 'You may send me news and offers. I can withdraw this at any time.' }],
    },
  ],
}

/** What a person last said of a purpose on a channel. */
const standingShape = () =>
  z.object({
    decision: z.enum(['given', 'withdrawn']),
    at: f.instant(),
    textVersion: z.string().optional(),
    entryId: z.string().describe('the proof'),
  })
export type Standing = z.output<ReturnType<typeof standingShape>>

/** Everything a person last said, by purpose and channel. */
export const consentShape = () => ({ standings: z.record(z.string(), standingShape()) })
export type Consent = z.output<z.ZodObject<ReturnType<typeof consentShape>>>

/** One thing said, with its proof. Never changed. */
export const entryShape = () => ({
  purpose: f.slug(),
  channel: z.enum(channels),
  decision: z.enum(['given', 'withdrawn']),
  /** When it was said, which may be before it was recorded. */
  at: f.instant(),
  how: z.enum(ways),
  textVersion: f.slug().optional(),
  source: f.line(200).optional(),
  evidence: f.prose(2_000).optional(),
  byId: z.string(),
})
export type Entry = z.output<z.ZodObject<ReturnType<typeof entryShape>>>

export const standingKey = (purpose: string, channel: Channel): string => `${purpose}:${channel}`

/** What stands after something more was said: the latest; of two at the same moment, the no. */
export function withEntry(before: Consent['standings'], entry: Entry, entryId: string): Consent['standings'] {
  const key = standingKey(entry.purpose, entry.channel)
  const there = before[key]
  const later = !there || entry.at > there.at || (entry.at === there.at && entry.decision === 'withdrawn')
  if (!later) return before
  const { decision, at, textVersion } = entry
  return { ...before, [key]: { decision, at, entryId, ...(textVersion !== undefined && { textVersion }) } }
}

type Standings = Consent['standings']

/** Which of two words on one matter counts: the later; of two at the same moment, the no. */
function lastWord(one: Standing | undefined, other: Standing | undefined): Standing | undefined {
  if (!one || !other) return one ?? other
  const wins = other.at > one.at || (other.at === one.at && other.decision === 'withdrawn')
  return wins ? other : one
}

/** What two files of one person say together: on each matter the last word. */
export function standingsTogether(mine: Standings, theirs: Standings): Standings {
  const entries = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].flatMap((key): [string, Standing][] => {
    const said = lastWord(mine[key], theirs[key])
    return said ? [[key, said]] : []
  })
  return Object.fromEntries(entries)
}

/**
 * What each of two files says once they are parted: what came over goes back, and what was said while they were one holds for the
 * survivor. A no said meanwhile holds for both, since nobody knows which of them said it.
 * @param before the survivor's when they were merged
 */
export function standingsParted(now: Standings, before: Standings, theirs: Standings): { mine: Standings; theirs: Standings } {
  const came = standingsTogether(before, theirs)
  const since = Object.entries(now).filter(([key, { entryId }]) => came[key]?.entryId !== entryId)
  const noes = since.filter(([, { decision }]) => decision === 'withdrawn')
  return { mine: standingsTogether(before, Object.fromEntries(since)), theirs: standingsTogether(theirs, Object.fromEntries(noes)) }
}

/** Whether a person may be contacted, and why or why not. */
export interface Permit {
  allowed: boolean
  because: string
}

/** The one rule of who may be contacted for what: pure, for a person's standings as they are. */
export function permits(policy: Policy, standings: Consent['standings'], name: string, channel: Channel): Permit {
  const purpose = policy.purposes.find((one) => one.name === name)
  if (!purpose) return { allowed: false, because: `the workspace has no purpose ${name}` }
  if (!purpose.channels.includes(channel)) return { allowed: false, because: `${name} is not sent by ${channel}` }
  const said = standings[standingKey(name, channel)]
  switch (purpose.basis) {
    case 'contract':
      return { allowed: true, because: 'needed to serve what was bought' }
    case 'legitimate_interest':
      return said?.decision === 'withdrawn'
        ? { allowed: false, because: `objected on ${said.at.slice(0, 10)}` }
        : { allowed: true, because: 'a legitimate interest, not objected to' }
    case 'consent':
      if (!said) return { allowed: false, because: 'no consent' }
      return said.decision === 'given'
        ? { allowed: true, because: `consent of ${said.at.slice(0, 10)}` }
        : { allowed: false, because: `consent withdrawn on ${said.at.slice(0, 10)}` }
  }
}
