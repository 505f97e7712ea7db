import type { Operation } from './operations.ts'

/**
 * What a thousand customers cost a month in us-east-1, from the measured units and AWS's public on-demand prices
 * (aws.amazon.com pricing pages, US dollars, read 2026-11; free tiers left out).
 */
export const price = {
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  httpRequest: 1 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** arm64, per GB-second. */
  lambdaGbSecond: 0.0000133334,
  busEvent: 1 / 1e6,
  queueRequest: 0.4 / 1e6,
  storageGbMonth: 0.25,
  logGb: 0.5,
} as const

/** How a thousand customers of a young shop are used in a month; change it to your own. */
const month: readonly { operation: string; times: number }[] = [
  { operation: 'customer.create, two identities and a key', times: 60 },
  { operation: 'purchase.record', times: 1_200 },
  { operation: 'interaction.record', times: 1_500 },
  { operation: 'customer.show', times: 6_000 },
  { operation: 'customer.list, a page of 25', times: 2_000 },
  { operation: 'customer.overview', times: 4_000 },
  { operation: 'customer.change, a plain field', times: 500 },
  { operation: 'ticket.open', times: 200 },
  { operation: 'ticket.reply', times: 500 },
  { operation: 'task.done', times: 300 },
  { operation: 'day.show', times: 1_500 },
]

/** After each write: log item, statistics, timers, on average; events, their queue and the functions that handle them. */
const afterWrite = { writeUnits: 5, readUnits: 2, events: 2, invocations: 3 }
const gbSecondsPerInvocation = 0.5 * 0.03
const bytesPerLogLine = 400
/** Seven due jobs by the minute and hour, 2 read units each when nothing is due. */
const runsPerMonth = 30 * 24 * 60 + 6 * 30 * 24
const storedGb = 0.02

export interface Price {
  what: string
  dollars: number
}

/** The bill by cause. @throws Error when an operation was not measured */
export function monthlyPrice(operations: readonly Operation[]): Price[] {
  const used = month.map(({ operation, times }) => {
    const measured = operations.find(({ name }) => name === operation)
    if (!measured) throw new Error(`${operation} was not measured`)
    return { ...measured, times }
  })
  const sum = (of: (one: (typeof used)[number]) => number): number => used.reduce((total, one) => total + one.times * of(one), 0)
  const requests = sum(() => 1)
  const writes = sum(({ writeUnits }) => (writeUnits > 0 ? 1 : 0))
  const invocations = requests + writes * afterWrite.invocations + runsPerMonth
  return [
    { what: 'table writes', dollars: (sum(({ writeUnits }) => writeUnits) + writes * afterWrite.writeUnits) * price.writeUnit },
    {
      what: 'table reads',
      dollars: (sum(({ readUnits }) => readUnits) + writes * afterWrite.readUnits + runsPerMonth * 2) * price.readUnit,
    },
    { what: 'HTTP requests', dollars: requests * price.httpRequest },
    { what: 'functions', dollars: invocations * (price.lambdaRequest + gbSecondsPerInvocation * price.lambdaGbSecond) },
    {
      what: 'events and queues',
      dollars: writes * afterWrite.events * (price.busEvent + 3 * price.queueRequest) + runsPerMonth * 3 * price.queueRequest,
    },
    { what: 'storage and logs', dollars: storedGb * price.storageGbMonth + ((invocations * bytesPerLogLine) / 1e9) * price.logGb },
  ]
}
