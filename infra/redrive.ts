import { parseArgs } from 'node:util'
import { SQSClient } from '@aws-sdk/client-sqs'
import { stageNames } from './config.ts'
import { deadQueues, redrive, type Redriven } from './redrive/redrive.ts'

/** `npm run redrive`: puts what was set aside back on the queue it came from, once the cause is mended. */

const usage = `Use: npm run redrive -- --queue ${deadQueues.join('|')} (--stage ${stageNames.join('|')} | --local URL) [--rate N] [--most N] [--dry-run]
  --stage     the deployment, in the account and region that the AWS CLI is set to
  --local     the address a local run printed, http://127.0.0.1:4000
  --rate      messages a second, at most (10)
  --most      messages in all, at most (all there are)
  --dry-run   counts them and shows what the first ones are about; moves none`

interface Wanted {
  queue: string
  stage: string
  endpoint: string | undefined
  rate: number
  most: number
  dryRun: boolean
}

const options = {
  queue: { type: 'string' },
  stage: { type: 'string' },
  local: { type: 'string' },
  rate: { type: 'string', default: '10' },
  most: { type: 'string', default: '1000000' },
  'dry-run': { type: 'boolean', default: false },
} as const

async function wanted(): Promise<Wanted> {
  const { values } = parseArgs({ options })
  const { queue = '', stage, local } = values
  if (queue === 'project' || queue === 'publish')
    throw new Error('Stretches of the stream are not messages to move: see infra/runbooks/stream-dead.md.')
  if (!deadQueues.some((one) => one === queue)) throw new Error(`There is no queue ${queue}.`)
  if ((stage === undefined) === (local === undefined)) throw new Error('Give --stage or --local.')
  if (stage !== undefined && !stageNames.includes(stage)) throw new Error(`There is no stage ${stage}.`)
  const [rate, most] = [Number(values.rate), Number(values.most)]
  if (!(rate > 0 && rate <= 1000) || !Number.isInteger(most) || most < 1) throw new Error('--rate is 1 to 1000, --most a whole number.')
  // The local run is the stage `dev` on this machine.
  return { queue, stage: stage ?? 'dev', endpoint: local && (await queuesOf(local)), rate, most, dryRun: values['dry-run'] }
}

/** Where the queues of a local run listen. */
async function queuesOf(local: string): Promise<string> {
  const answer = await fetch(new URL('/_local/endpoints', local)).catch(() => undefined)
  if (!answer?.ok) throw new Error(`No local run answers at ${local}.`)
  return ((await answer.json()) as { queue: string }).queue
}

async function run(): Promise<Redriven> {
  const { endpoint, ...what } = await wanted()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = endpoint === undefined ? new SQSClient() : new SQSClient({ endpoint, region: 'eu-west-1', credentials })
  return redrive(client, what, (line) => console.log(line))
}

try {
  const { moved, left } = await run()
  console.log(`${moved} moved, ${left} left.`)
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  process.exitCode = 2
}
