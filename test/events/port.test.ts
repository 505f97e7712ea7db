import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** What the services were sent, and what they answer next. */
const got: { target: string; body: Record<string, unknown> }[] = []
let answer: object = {}
const server = createServer((request, response) => {
  void textOf(request).then((text) => {
    got.push({ target: String(request.headers['x-amz-target']), body: JSON.parse(text) as Record<string, unknown> })
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    response.end(JSON.stringify(answer))
  })
})

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const facts = {
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    BUS_NAME: 'crm-bus',
    SWEEP_QUEUE_URL: `${url}/0/sweep`,
  }
  for (const [name, value] of Object.entries({ ...facts, AWS_ENDPOINT_URL_EVENTBRIDGE: url, AWS_ENDPOINT_URL_SQS: url }))
    vi.stubEnv(name, value)
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.close()
})

test('the bus is the one the environment names, and says which entries it did not take', async () => {
  const { lambdaBus } = await import('../../events/bus.ts')
  answer = { FailedEntryCount: 1, Entries: [{ EventId: '1' }, { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }] }
  const entry = { Source: 'crm', DetailType: 'deal.won', Detail: '{}', Time: new Date(1_000) }
  expect(await lambdaBus().put([entry, entry])).toEqual([undefined, 'ThrottlingException'])
  expect(got).toMatchObject([{ target: 'AWSEvents.PutEvents', body: { Entries: [{ ...entry, Time: 1, EventBusName: 'crm-bus' }, {}] } }])
})

test('a sweep hands over through the queue the environment names', async () => {
  const { lambdaQueue } = await import('../../events/queue.ts')
  got.length = 0
  const message = { job: 'visits', after: { 2: 'x' } }
  answer = { MessageId: '1', MD5OfMessageBody: createHash('md5').update(JSON.stringify(message)).digest('hex') }
  await lambdaQueue().send(message)
  expect(got[0]?.target).toBe('AmazonSQS.SendMessage')
  expect(JSON.parse(String(got[0]?.body['MessageBody']))).toEqual(message)
})

test('importing an entry makes no client and reads no environment', async () => {
  vi.stubEnv('TABLE_NAME', '')
  const entries = await Promise.all([
    import('../../events/project.ts'),
    import('../../events/publish.ts'),
    import('../../events/react.ts'),
    import('../../events/sweep.ts'),
    import('../../functions/api.ts'),
  ])
  for (const { handler } of entries) expect(handler).toBeTypeOf('function')
})
