import { existsSync, mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { buildApp } from 'fauxqs'
import type { BucketSpec, QueueSpec } from '../template.ts'
import { createAccess, type CreateMessage, type QueueAccess } from './access.ts'
import { completeObjects } from './objects.ts'
import { region } from '../template/physical.ts'

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>

/** The part of the package's own persistence that is used here; the package exports no type for it. */
interface Persistence {
  readonly db: DatabaseSync
  load(queues: Stores['sqsStore'], topics: Stores['snsStore'], objects: Stores['s3Store']): void
  close(): void
}

/**
 * Queues and objects. The package's `startFauxqs` listens on every network interface, so its app is put together here
 * from the same parts and listens on 127.0.0.1 only.
 */
export interface QueueServer extends QueueAccess {
  readonly url: string
  /** Makes what the template holds; what is there keeps its messages and takes the new settings. */
  prepare(queues: readonly QueueSpec[], buckets: readonly BucketSpec[]): void
  stop(): Promise<void>
}

const part = async <T>(file: string, name: string): Promise<T> => {
  const module = (await import(new URL(file, import.meta.resolve('fauxqs')).href)) as Record<string, T>
  const found = module[name]
  if (found === undefined) throw new Error(`fauxqs has no ${name} in ${file}; it is pinned to the version that has.`)
  return found
}

/** After a restart nobody is handling the messages that were being handled, so they can be read again at once. */
const releaseHeld = (folder: string): void => {
  const file = join(folder, 'fauxqs.db')
  if (!existsSync(file)) return
  const database = new DatabaseSync(file)
  database.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE receipt_handle IS NOT NULL')
  database.close()
}

const openPersistence = async (folder: string): Promise<Persistence> => {
  mkdirSync(folder, { recursive: true })
  releaseHeld(folder)
  const Manager = await part<new (folder: string) => Persistence>('./persistence.js', 'PersistenceManager')
  const persistence = new Manager(folder)
  // Survives the death of the process, which is what can happen here; waiting for the disk would block the API.
  persistence.db.exec('PRAGMA synchronous = OFF')
  return persistence
}

const createStores = async (): Promise<Stores> => {
  const [Queues, Topics, Objects] = [
    await part<new () => Stores['sqsStore']>('./sqs/sqsStore.js', 'SqsStore'),
    await part<new () => Stores['snsStore']>('./sns/snsStore.js', 'SnsStore'),
    await part<new () => Stores['s3Store']>('./s3/s3Store.js', 'S3Store'),
  ]
  return { sqsStore: new Queues(), snsStore: new Topics(), s3Store: new Objects() }
}

export const startQueueServer = async (folder: string): Promise<QueueServer> => {
  const persistence = await openPersistence(folder)
  const stores = await createStores()
  const { createMessage } = stores.sqsStore.constructor as unknown as { readonly createMessage: CreateMessage }
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store)
  Object.assign(stores.sqsStore, { persistence })
  Object.assign(stores.snsStore, { persistence })
  Object.assign(stores.s3Store, { persistence })
  for (const queue of stores.sqsStore.allQueues()) Object.assign(queue, { persistence })
  const app = buildApp({ logger: false, defaultRegion: region, stores })
  const rules = new Map<string, BucketSpec['cors']>()
  completeObjects(app, (bucket) => rules.get(bucket))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    url,
    prepare: (queues, buckets) => {
      for (const queue of queues) {
        const found = stores.sqsStore.getQueueByArn(queue.arn)
        if (found === undefined) stores.sqsStore.createQueue(queue.name, queue.url, queue.arn, { ...queue.attributes })
        else found.setAttributes({ RedrivePolicy: '', ...queue.attributes })
      }
      for (const { name, cors } of buckets) {
        rules.set(name, cors)
        if (!stores.s3Store.hasBucket(name)) stores.s3Store.createBucket(name)
      }
    },
    ...createAccess(stores.sqsStore, createMessage),
    stop: async () => {
      stores.sqsStore.shutdown()
      await app.close()
      persistence.close()
    },
  }
}
