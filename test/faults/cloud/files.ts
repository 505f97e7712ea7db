import type { Files } from '../../../domain/kernel/files.ts'
import type { MemoryFiles } from '../../support/files.ts'
import type { Life } from './lambda.ts'
import type { World } from './world.ts'

/** The bucket as one instance sees it: every call takes time, and the process may end before and after it. */
export function filesFor(files: MemoryFiles, world: World, life: Life): Files {
  const call = async <T>(does: () => Promise<T>): Promise<T> => {
    await world.sleep(life.by.between(5, 40))
    if (!life.goOn()) return new Promise<never>(() => {})
    const answer = await does()
    return life.goOn() ? answer : new Promise<never>(() => {})
  }
  return {
    uploadUrl: (key, how) => files.uploadUrl(key, how),
    downloadUrl: (key, how) => files.downloadUrl(key, how),
    head: (key) => call(() => files.head(key)),
    read: (key, from, to, etag) => call(() => files.read(key, from, to, etag)),
    write: (key, body, type) => call(() => files.write(key, body, type)),
    begin: (key, type) => call(() => files.begin(key, type)),
    part: (key, upload, number, body) => call(() => files.part(key, upload, number, body)),
    complete: (key, upload, tags) => call(() => files.complete(key, upload, tags)),
    abandon: (key, upload) => call(() => files.abandon(key, upload)),
    list: (prefix, after) => call(() => files.list(prefix, after)),
    remove: (key) => call(() => files.remove(key)),
  }
}
