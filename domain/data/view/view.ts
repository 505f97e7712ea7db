import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/** The lists that a view can be of, each with the orders in which it can be read. */
export const orders = {
  customers: ['name'],
  deals: ['day'],
  tickets: ['priority'],
  tasks: ['due'],
} as const
export const kinds = ['customers', 'deals', 'tickets', 'tasks'] as const
export type Kind = (typeof kinds)[number]

/** With whom a view is shared. */
export const audiences = ['me', 'team', 'workspace'] as const

export const viewFileShape = () => ({
  name: f.line(80),
  /** Filters as the list takes them: what it refuses is refused here. */
  filters: z.record(z.string().max(40), z.string().max(200)),
  /** Fields shown, in this order. */
  columns: z
    .array(z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/, 'a field of the list'))
    .min(1)
    .max(20),
  order: z.string().max(40).optional(),
  shared: z.enum(audiences),
})

export const viewShape = () => ({
  kind: z.enum(kinds),
  ...viewFileShape(),
  ownerId: z.string(),
  /** Of a view that is shared with a team. */
  teamId: z.string().optional(),
})
export type View = z.output<z.ZodObject<ReturnType<typeof viewShape>>>

/** Filters that belong to reading a page, not to a view. */
const PAGING = ['limit', 'cursor', 'fields']

/** What is wrong with a view that its list cannot tell. */
export function viewIssues({ kind, filters, columns, order }: Pick<View, 'kind' | 'filters' | 'columns' | 'order'>) {
  const known: readonly string[] = orders[kind]
  const paging = PAGING.filter((name) => name in filters)
  return [
    ...paging.map((name) => ({
      path: `filters.${name}`,
      code: 'filter.unsupported',
      message: 'A view says what is shown, not which page.',
    })),
    ...columns.flatMap((name, at) =>
      columns.indexOf(name) < at ? [{ path: `columns.${at}`, code: 'repeated', message: 'Given twice.' }] : [],
    ),
    ...(order !== undefined && !known.includes(order)
      ? [{ path: 'order', code: 'order.unsupported', message: `${kind} are listed by ${known.join(', ')}.` }]
      : []),
  ]
}
