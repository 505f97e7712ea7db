import { parseArgs } from 'node:util'
import { Complaint, messageOf } from './complaint.ts'

/** What follows `npm start --`. */
export interface Arguments {
  /** Load a real shop's history after the start. */
  readonly demo: boolean
  readonly port: number
  readonly dataDir: string
  /** Begin with empty data. */
  readonly fresh: boolean
}

const usage = 'Use: npm start -- [--demo] [--port N] [--data DIR] [--fresh]'

const options = {
  demo: { type: 'boolean', default: false },
  port: { type: 'string', default: '4000' },
  data: { type: 'string', default: '.local' },
  fresh: { type: 'boolean', default: false },
} as const

/** @throws Complaint with the usage for anything it does not know */
export const readArguments = (given: readonly string[]): Arguments => {
  try {
    const { values } = parseArgs({ args: [...given], options })
    const port = Number(values.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${values.port} is not a port`)
    return { demo: values.demo, port, dataDir: values.data, fresh: values.fresh }
  } catch (thrown) {
    throw new Complaint(`${messageOf(thrown)}. ${usage}`)
  }
}
