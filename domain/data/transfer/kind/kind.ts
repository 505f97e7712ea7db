import type { Workspace } from '../../../platform/workspace/index.ts'
import { customerTargets } from './customer.targets.ts'
import { target, type Target } from './target.ts'
import { contactTargets, dealTargets, interactionTargets, purchaseTargets, ticketTargets } from './work.targets.ts'

/** What a file can hold rows of. */
export const importKinds = ['customers', 'contacts', 'purchases', 'deals', 'tickets', 'interactions'] as const
export type ImportKind = (typeof importKinds)[number]

const targets: Readonly<Record<ImportKind, (workspace: Workspace) => Target[]>> = {
  customers: customerTargets,
  contacts: contactTargets,
  purchases: purchaseTargets,
  deals: dealTargets,
  tickets: ticketTargets,
  interactions: interactionTargets,
}

/** What columns of a kind can be, but for ids in other systems, of which there is no end. */
export function targetsOf(kind: ImportKind, workspace: Workspace): Target[] {
  return targets[kind](workspace)
}

/** Columns a file must have, one of each group: ways to name whom a row is about, and what every record of the kind has. */
export const needed: Readonly<Record<ImportKind, readonly (readonly string[])[]>> = {
  customers: [],
  contacts: [
    ['company.id', 'company.email', 'company.phone', 'company.external:…'],
    ['person.id', 'person.email', 'person.phone', 'person.external:…'],
  ],
  purchases: [['customer.id', 'customer.email', 'customer.phone', 'customer.external:…'], ['order'], ['at'], ['amount']],
  deals: [['customer.id', 'customer.email', 'customer.phone', 'customer.external:…'], ['name']],
  tickets: [['customer.id', 'customer.email', 'customer.phone', 'customer.external:…'], ['subject']],
  interactions: [['customer.id', 'customer.email', 'customer.phone', 'customer.external:…'], ['kind']],
}

/** Kinds whose records bear ids of other systems themselves, by their nouns. */
const NAMED: Readonly<Partial<Record<ImportKind, string>>> = {
  customers: 'customer',
  contacts: 'contact',
  deals: 'deal',
  tickets: 'ticket',
}
/** The noun of what a row of a kind finds again by its id in another system; undefined when rows of it are created only. */
export const namedNoun = (kind: ImportKind): string | undefined => NAMED[kind]
const EXTERNAL = /^(?:(customer|company|person)\.)?external:([a-z0-9][a-z0-9_-]{0,39})$/

/** The target of a name; undefined when the kind has none. */
export function targetNamed(kind: ImportKind, workspace: Workspace, name: string): Target | undefined {
  const [whole, of, system] = EXTERNAL.exec(name) ?? []
  if (whole === undefined) return targetsOf(kind, workspace).find((one) => one.name === name)
  if (of === undefined) return NAMED[kind] !== undefined ? target(name, `Id in ${system}`, 'external', 'externalIds.+') : undefined
  if (kind === 'customers') return undefined
  const may = kind === 'contacts' ? of === 'company' || of === 'person' : of === 'customer'
  return may ? target(name, `Id of the ${of} in ${system}`, 'external', `@${of}.external`) : undefined
}
