/** Calls the product's own API, as any client would. */
export interface Caller {
  call<T>(method: string, path: string, body?: unknown): Promise<T>
}

const TRIES = 4

/** A caller with one token; what the API asks to try again is tried again, and what is there already is as good as made. @throws Error with the problem's detail */
export function caller(url: string, token: () => Promise<string>): Caller {
  return {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      for (let tries = 1; ; tries++) {
        const answer = await fetch(`${url}/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        })
        const text = await answer.text()
        if (answer.ok) return (text === '' ? {} : JSON.parse(text)) as T
        const existing = answer.status === 409 ? (JSON.parse(text) as { existingId?: string }).existingId : undefined
        if (existing !== undefined) return { id: existing } as T
        const again = answer.status === 429 || answer.status === 503
        if (!again || tries >= TRIES) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 400)}`)
        const asked = Number(answer.headers.get('retry-after') ?? 0) * 1000
        await new Promise((done) => setTimeout(done, Math.max(asked, 200 * tries)))
      }
    },
  }
}

/** Runs work over items, so many at a time, and tells after each how far it is. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
  progress: (done: number) => void,
): Promise<void> {
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      await work(item)
      progress(++done)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/** A progress bar on one line of a terminal; elsewhere a line at the end. */
export function bar(title: string, total: number): (done: number) => void {
  const began = Date.now()
  let shown = -1
  return (done) => {
    const percent = Math.floor((done / total) * 100)
    const last = done === total
    if (percent === shown && !last) return
    shown = percent
    const seconds = ((Date.now() - began) / 1000).toFixed(1)
    const filled = Math.round(percent / 4)
    const text = `${title.padEnd(12)} [${'#'.repeat(filled)}${'.'.repeat(25 - filled)}] ${done} of ${total}, ${seconds} s`
    if (process.stdout.isTTY) process.stdout.write(`\r${text}${last ? '\n' : ''}`)
    else if (last) console.log(text)
  }
}
