import { requests } from './fixture.ts'
import { yardstick } from './plain.ts'

/** Serves the first request of an instance. */
export async function serve(): Promise<void> {
  const [read] = requests
  if (!read) throw new Error('there is no request')
  const { statusCode } = await yardstick()(read.event)
  if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
}
