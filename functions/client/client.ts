import { Caller, wait, type Asked, type Input, type Operations } from './caller.ts'
import type { ClientFacts, FollowOptions, Page, Paged } from './types.ts'

/** A list that is read when it is asked for: its first page, or page after page. */
class List implements Paged<unknown> {
  readonly #read: (cursor?: string) => Promise<Page<unknown>>

  constructor(read: (cursor?: string) => Promise<Page<unknown>>) {
    this.#read = read
  }

  // A list is awaited for its first page: that is what `then` is for.
  // oxlint-disable-next-line unicorn/no-thenable
  then<A = Page<unknown>, B = never>(
    done?: ((page: Page<unknown>) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    // oxlint-disable-next-line promise/no-callback-in-promise
    return this.#read().then(done, failed)
  }

  async *pages(): AsyncGenerator<Page<unknown>> {
    for (let cursor: string | undefined; ; ) {
      const page = await this.#read(cursor)
      yield page
      if (page.nextCursor === undefined) return
      cursor = page.nextCursor
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    for await (const { items } of this.pages()) yield* items
  }
}

export type Method = (input?: Input, options?: Asked) => Promise<unknown> | Paged<unknown>

/** The client without its types: operations by noun and verb, any of them by name, and the events as they come. */
export interface AnyClient {
  call(name: string, input?: Input, options?: Asked): Promise<unknown> | Paged<unknown>
  follow(options?: FollowOptions): AsyncGenerator<{ event: unknown; after: string }>
  readonly operations: Operations
}

export function clientOf(operations: Operations, facts: ClientFacts): AnyClient & Record<string, Record<string, Method>> {
  const caller = new Caller(facts, operations)
  const call = (name: string, input: Input = {}, options: Asked = {}): Promise<unknown> | Paged<unknown> => {
    if (!/^\w+\* /.test(operations[name] ?? '')) return caller.send(name, input, options)
    return new List((cursor) => caller.send(name, cursor === undefined ? input : { ...input, cursor }, options) as Promise<Page<unknown>>)
  }
  const nouns: Record<string, Record<string, Method>> = {}
  for (const name of Object.keys(operations)) {
    const [noun = '', verb = ''] = name.split('.')
    nouns[noun] = { ...nouns[noun], [verb]: (input, options) => call(name, input, options) }
  }
  const common: AnyClient = { call, operations, follow: (options) => follow(caller, options) }
  return Object.assign(nouns, common) as AnyClient & typeof nouns
}

/** Events as they come, for ever, each with the place to go on from once it is dealt with. Ends with its signal. */
async function* follow(
  caller: Caller,
  { after = 'end', type, everyMs = 2_000, signal }: FollowOptions = {},
): AsyncGenerator<{ event: unknown; after: string }> {
  for (let place = after; ; ) {
    const input = { after: place, ...(type !== undefined && { type }) }
    const page = (await caller.send('event.feed', input, { signal })) as { items: unknown[]; after: string; more: boolean }
    // The place behind a page counts once the whole of it is dealt with: until then, the one before it.
    for (const [at, event] of page.items.entries()) yield { event, after: at === page.items.length - 1 ? page.after : place }
    place = page.after
    if (!page.more) await wait(everyMs, signal)
  }
}
