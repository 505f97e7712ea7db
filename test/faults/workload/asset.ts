import { canary, learnt, type Customer, type Desk } from './desk.ts'
import type { Errand } from './errand.ts'
import { meet } from './sales.ts'

/** What is done with the customer asset as a whole: files are brought in and taken out, people are erased. */

/** Customers out of another system’s file; mostly the same file twice, by someone who is not sure that it went through. */
async function bringFile(desk: Desk): Promise<void> {
  const { by, office } = desk
  const rows = Array.from({ length: by.between(2, 8) }, (_, row) => {
    const mark = canary(++office.made)
    office.filed.push({ mark: office.made, externalId: `F${desk.step}.${row}` })
    return `F${desk.step}.${row},Filed ${mark},${mark}@example.com`
  })
  const text = `No,Name,E-mail\n${rows.join('\n')}\n`
  const settings = { mapping: { No: 'external:file', Name: 'name', 'E-mail': 'email' }, mode: 'upsert', by: 'external:file' }
  for (let times = by.pick([1, 2, 2]); times > 0; times--) {
    const made = await desk.ask(
      'admin',
      'POST /imports',
      {},
      { body: { name: 'rows.csv', kind: 'customers', bytes: Buffer.byteLength(text) } },
    )
    const { id, upload } = (made?.body ?? {}) as { id?: string; upload?: { url: string } }
    if (made?.status !== 201 || id === undefined || !upload) continue
    desk.cloud.files.put(upload.url, text)
    office.imports.push({ id, rows: rows.length, file: desk.step, at: desk.now })
    await desk.ask('admin', 'POST /imports/{id}/run', { id }, { body: settings, ...desk.key(), again: true })
    if (by.chance(0.15)) await desk.ask('admin', 'POST /imports/{id}/pause', { id }, { body: {} })
    if (by.chance(0.15)) await desk.ask('admin', 'POST /imports/{id}/resume', { id }, { body: {} })
  }
}

/** One of those who were in a file, as far as it has been read. */
async function someoneFiled(desk: Desk): Promise<Customer | undefined> {
  const { by, office } = desk
  if (office.filed.length === 0) return undefined
  const { mark, externalId } = by.pick(office.filed.slice(-8))
  const reply = await desk.ask('admin', 'GET /customers/by/{system}/{externalId}', { system: 'file', externalId })
  const known = learnt(reply, mark)
  meet(desk, known)
  return known && office.customers.find(({ id }) => id === known.id)
}

/** A person asks to be forgotten, whatever else is under way with them. */
async function forget(desk: Desk): Promise<void> {
  const of = (desk.by.chance(0.4) && (await someoneFiled(desk))) || desk.customer(() => true)
  if (!of) return
  const path = { id: of.id }
  const seen = await desk.ask('admin', 'POST /customers/{id}/erase', path, { body: {} })
  const token = seen?.body['token']
  if (typeof token !== 'string') return
  const body = { token, reason: 'request' }
  const done = await desk.ask('admin', 'POST /customers/{id}/erase', path, { body, ...desk.key(), again: true })
  desk.cloud.faults.note('privacy: someone is erased while the work goes on')
  const known = done?.status === 200 ? done : await desk.ask('admin', 'GET /customers/{id}', path)
  if (known?.status === 200 && known.body['step'] !== 'confirmed') return
  const { customers } = desk.office
  const at = customers.indexOf(of)
  if (at >= 0) customers.splice(at, 1)
}

/** Somebody takes a list of all customers with them, or all that is known of one. */
async function takeOut(desk: Desk): Promise<void> {
  const of = desk.customer()
  if (!of || desk.by.chance(0.5)) {
    const body = { what: 'customers', columns: ['name', 'emails', 'notes'] }
    const made = await desk.ask('admin', 'POST /exports', {}, { body, ...desk.key(), again: true })
    const id = made?.body['id']
    if (typeof id === 'string' && desk.by.chance(0.2)) await desk.ask('admin', 'POST /exports/{id}/cancel', { id }, { body: {} })
    return
  }
  await desk.ask('admin', 'POST /customers/{id}/archives', { id: of.id }, { ...desk.key(), again: true })
}

/** Two files turn out to be of one customer; now and then it turns out that they were not. */
async function join(desk: Desk): Promise<void> {
  const { by, office } = desk
  const [into, other] = [desk.customer(), desk.customer()]
  const who = by.pick(['admin', 'Mona'])
  if (office.merged.length > 0 && by.chance(0.3)) {
    const merge = by.pick(office.merged)
    const undone = await desk.ask(who, 'POST /merges/{id}/undo', { id: merge.id }, { body: {}, ...desk.key(), again: true })
    if (undone?.status !== 200 || !office.merged.includes(merge)) return
    office.merged.splice(office.merged.indexOf(merge), 1)
    office.customers.push(merge.absorbed)
    return
  }
  if (!into || !other || into === other || into.body['kind'] !== other.body['kind']) return
  const body = { absorb: other.id, choose: {} }
  const made = await desk.ask(who, 'POST /customers/{id}/merge', { id: into.id }, { body, ...desk.key(), again: true })
  const [id, at] = [made?.body['id'], office.customers.indexOf(other)]
  if ((made?.status !== 200 && made?.status !== 201) || typeof id !== 'string' || at < 0) return
  office.customers.splice(at, 1)
  office.merged.push({ id, absorbed: other })
}

export const asset: readonly (readonly [number, Errand])[] = [
  [1, bringFile],
  [2, forget],
  [1, takeOut],
  [3, join],
]
