import { Complaint } from './complaint.ts'
import type { Functions } from './function/registry.ts'
import { startQueueMapping } from './queue/mapping.ts'
import type { QueueServer } from './queue/server.ts'
import type { State } from './state.ts'
import { type Consumer, startStreamMapping } from './stream/mapping.ts'
import type { MappingSpec, Specification } from './template.ts'

export interface ConsumerOptions {
  readonly specification: Specification
  readonly functions: Functions
  readonly server: QueueServer
  readonly tableEndpoint: string
  readonly state: State
  readonly log: (line: string) => void
}

const start = async (mapping: MappingSpec, options: ConsumerOptions): Promise<Consumer> => {
  const { specification, functions, server, state, log } = options
  const answering = new Set(specification.apis.flatMap((api) => api.routes.map((route) => route.functionArn)))
  const requested = () => [...answering].some((arn) => functions.find(arn).busy() > 0)
  const pool = functions.find(mapping.functionArn)
  const queue = specification.queues.find(({ arn }) => arn === mapping.sourceArn)
  if (queue !== undefined) return startQueueMapping({ mapping, queue, server, pool, log, requested })
  const table = specification.tables.find(({ arn }) => mapping.sourceArn.startsWith(`${arn}/stream/`))
  if (table === undefined)
    throw new Complaint(`The event source ${mapping.sourceArn} of ${mapping.id} is neither a table's stream nor a queue of the stack.`)
  return startStreamMapping({
    mapping,
    table,
    endpoint: options.tableEndpoint,
    pool,
    state,
    log,
    requested,
    send: (arn, body) => server.send(arn, body),
  })
}

/** Starts every event-source mapping of the stack. */
export const startConsumers = (options: ConsumerOptions): Promise<Consumer[]> =>
  Promise.all(options.specification.mappings.map((mapping) => start(mapping, options)))
