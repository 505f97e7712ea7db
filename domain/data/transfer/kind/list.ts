import { customer, listCustomers } from '../../../customer/customer/index.ts'
import { listTasks, task } from '../../../care/task/index.ts'
import type { Action } from '../../../kernel/action.ts'
import type { Entity } from '../../../kernel/entity.ts'
import { minorDigits } from '../../../kernel/money.ts'
import type { Workspace } from '../../../platform/workspace/index.ts'
import { deal, listDeals } from '../../../sales/deal/index.ts'
import { listTickets, ticket } from '../../../service/ticket/index.ts'
import { columnsOf as customerColumns, textOf } from './column.ts'

/** The lists that can be exported, each as its own route reads it: with its filters, for who may read it. */

export const listNames = ['customers', 'deals', 'tickets', 'tasks'] as const
export type ListName = (typeof listNames)[number]

export interface List {
  kind: Entity
  /** What `GET /<name>` does. */
  list: Action
  can: `${string}:read`
  columns(workspace: Workspace): string[]
}

const kindOf = (kind: unknown): Entity => kind as Entity
const actionOf = (list: unknown): Action => list as Action

/** Columns of records that belong to a customer: whose they are comes first, when they were written last. */
const ofCustomers = (columns: string) => (): string[] => [
  'id',
  'customerId',
  CUSTOMER_NAME,
  ...columns.split(' '),
  'createdAt',
  'updatedAt',
]

/** The one column that is not the record's own. */
export const CUSTOMER_NAME = 'customerName'

const lists: Readonly<Record<ListName, List>> = {
  customers: { kind: kindOf(customer), list: actionOf(listCustomers), can: 'customer:read', columns: customerColumns },
  deals: {
    kind: kindOf(deal),
    list: actionOf(listDeals),
    can: 'deal:read',
    columns: ofCustomers(
      'name state pipelineId stage value currency weighted probability expectedClose closedAt ownerId source competitors nextStep wonReason lostReason lostNote tags custom externalIds',
    ),
  },
  tickets: {
    kind: kindOf(ticket),
    list: actionOf(listTickets),
    can: 'ticket:read',
    columns: ofCustomers(
      'subject state priority channel category assigneeId contactId messageCount lastMessageAt firstRespondedAt pendingUntil resolution resolvedAt closedAt reopenedCount tags externalIds',
    ),
  },
  tasks: {
    kind: kindOf(task),
    list: actionOf(listTasks),
    can: 'task:read',
    columns: ofCustomers(
      'title cause reason ownerId dueAt priority valueAtStake valueAtStakeCurrency state closedAt outcome note escalatedAt',
    ),
  },
}

export const listNamed = (name: ListName): List => lists[name]

/** A record's cells. Amounts are written as files have them, `129.90`, their currency in a column of its own. */
export function recordCells(record: Readonly<Record<string, unknown>>, columns: readonly string[]): string[] {
  return columns.map((column) => {
    const value = record[column]
    if (isMoney(value)) return (value.amount / 10 ** minorDigits(value.currency)).toFixed(minorDigits(value.currency))
    const money = column.endsWith('Currency') ? record[column.slice(0, -'Currency'.length)] : undefined
    return isMoney(money) ? money.currency : textOf(value)
  })
}

function isMoney(value: unknown): value is { amount: number; currency: string } {
  return typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value && typeof value.amount === 'number'
}
