import { afterAll, beforeAll, expect, test } from 'vitest'
import { type JsonObject, object } from '../../../infra/local/json.ts'
import { synthesisMs } from './fixture/assembly.ts'
import { type Run, startRun } from './fixture/run.ts'

let run: Run
beforeAll(async () => {
  run = await startRun()
}, synthesisMs)
afterAll(() => run.end())

const bodies = (kind: string) => async () => (await run.messages(kind)).map(object)
const onStreamDead = bodies('StreamDead')
const onDead = bodies('DeadB')

test('a note goes through stream, bus and queue to the reaction', async () => {
  for (let i = 0; i < 20; i += 1) expect(await run.note(`n${i}`)).toBe(201)
  await run.local.idle()
  for (let i = 0; i < 20; i += 1) expect(await run.item(`n${i}`, 'reacted')).toBeDefined()
})

test('a write that changes nothing is not told to anyone', async () => {
  await run.note('same')
  await run.note('same')
  await run.local.idle()
  expect(object((await run.item('same', 'reacted'))?.['n'])).toEqual({ N: '1' })
})

test('a rule passes an event to a function, too', async () => {
  await run.note('loud', 'shout')
  await run.local.idle()
  expect(await run.item('sweep', 'shouted')).toBeDefined()
})

test('a record its function reports as failed is given up after its retries, and its neighbours are handled', async () => {
  await Promise.all([run.note('p1'), run.note('p2', 'poison'), run.note('p3')])
  await run.local.idle()
  const dead = await onStreamDead()
  expect(dead).toHaveLength(1)
  const batch = object(dead[0]?.['DDBStreamBatchInfo'])
  expect(batch).toMatchObject({ batchSize: 1, streamArn: expect.stringContaining('stream') as string })
  expect(batch['startSequenceNumber']).toBe(batch['endSequenceNumber'])
  expect(dead[0]?.['requestContext']).toMatchObject({ condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 })
  for (const id of ['p1', 'p3']) expect(await run.item(id, 'reacted')).toBeDefined()
})

test('a batch that throws is halved until the bad record stands alone', async () => {
  await Promise.all([run.note('t1'), run.note('t2'), run.note('t3', 'poison.throw'), run.note('t4')])
  await run.local.idle()
  expect(await onStreamDead()).toHaveLength(2)
  for (const id of ['t1', 't2', 't4']) expect(await run.item(id, 'reacted')).toBeDefined()
})

test('a message that fails comes back alone; one that always fails ends among the dead letters', async () => {
  await Promise.all([run.note('q1'), run.note('q2', 'note.late'), run.note('q3', 'note.bad')])
  await run.local.idle()
  const count = async (id: string): Promise<JsonObject | undefined> => run.item(id, 'reacted')
  for (const id of ['q1', 'q2']) expect(await count(id)).toBeDefined()
  expect(await count('q3')).toBeUndefined()
  expect((await onDead()).map((event) => object(event['detail'])['id'])).toEqual(['q3'])
})

test('a schedule with a queue as its target puts its input there', async () => {
  const name = run.local.schedules().find(({ expression }) => expression === 'rate(1 hour)')?.name ?? ''
  await run.local.runSchedule(name)
  await run.local.idle()
  expect(await run.item('tick', 'reacted')).toBeDefined()
})
