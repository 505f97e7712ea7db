import type { ImportKind } from './kind.ts'

/** How another CRM's export file is told by its header, and what its columns are here. */
export interface Preset {
  readonly name: string
  readonly kind: ImportKind
  /** Headers that together tell the file. */
  readonly known: readonly string[]
  /** Headers to targets. */
  readonly columns: Readonly<Record<string, string>>
  readonly fixed?: Readonly<Record<string, string>>
  /** Words of theirs to words of ours, by target. */
  readonly words?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Words of other CRMs to words of ours. */
export const caseOrigins = { email: 'email', phone: 'phone', web: 'web', chat: 'chat' }
export const urgency = { urgent: 'urgent', critical: 'urgent', high: 'high', medium: 'normal', normal: 'normal', low: 'low' }
export const dealEnds = { 'closed won': 'won', closedwon: 'won', won: 'won', 'closed lost': 'lost', closedlost: 'lost', lost: 'lost' }
