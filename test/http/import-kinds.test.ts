import { beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'
import { reportOf, upload, work } from '../support/transfer.ts'

let crm: Crm
beforeEach(async () => {
  crm = await startCrm()
})

/** Imports a file by what its preview suggests. */
async function bySuggestion(file: string, kind: string, more: object = {}): Promise<{ id: string; preset?: string; done: Reply['body'] }> {
  const id = await upload(crm, file, { kind })
  const { body } = await crm.call('POST', `/imports/${id}/preview`, { body: {} })
  const { preset, ...settings } = body['suggestion']
  return { id, preset, done: await work(crm, id, 'run', { ...settings, ...more }) }
}
const one = async (path: string): Promise<Reply['body']> => (await crm.call('GET', path)).body['items'][0]
const found = async (name: string): Promise<Reply['body']> => one(`/customers?name=${encodeURIComponent(name)}`)
const totals = ({ counts: { created, skipped, failed } }: Reply['body']): number[] => [created, skipped, failed]

describe('rows that belong to a customer', () => {
  beforeEach(async () => {
    await crm.call('POST', '/customers', {
      body: { name: 'Ada', emails: [{ address: 'ada@example.com' }], externalIds: [{ system: 'erp', id: '7' }] },
    })
    await crm.call('POST', '/customers', { body: { name: 'Mill', kind: 'company', phones: [{ number: '+4930123456' }] } })
  })

  test('purchases: amounts in minor units, each order once, undone with what they came to', async () => {
    const file =
      'email,order number,date,total,currency\nada@example.com,A-1,2026-11-01 10:30,"1,129.90",USD\nada@example.com,A-2,11/03/2026,20,USD\nada@example.com,A-1,2026-11-01 10:30,1129.9,USD\nnobody@example.com,A-3,2026-11-01,1,USD\nada@example.com,A-4,2026-11-01,0.001,USD\n'
    const { id, done } = await bySuggestion(file, 'purchases')
    expect(totals(done)).toEqual([2, 1, 2])
    expect(await reportOf(crm, id)).toEqual(['5 email customer.not_found', '6 total amount.too_fine'])
    const { id: ada } = await found('Ada')
    const { body } = await crm.call('GET', `/customers/${ada}/purchases`)
    expect(body['items']).toMatchObject([
      { at: '2026-11-03T00:00:00.000Z', amount: { amount: 2_000, currency: 'USD' }, orderId: { system: 'shop', id: 'A-2' } },
      { at: '2026-11-01T10:30:00.000Z', amount: { amount: 112_990, currency: 'USD' } },
    ])
    expect(totals((await bySuggestion(file, 'purchases')).done)).toEqual([0, 3, 2])
    const undone = await work(crm, id, 'undo')
    expect(undone).toMatchObject({ undone: { removed: 2, restored: 0, left: 0 } })
    expect((await crm.call('GET', `/customers/${ada}/purchases`)).body['items']).toEqual([])
    crm.clock.now = '2026-11-22T10:00:00.000Z'
    await runJob(crm, 'imports')
    const { items } = await crm.table.scan({ limit: 1_000 })
    expect(items.filter(({ sk, pk }) => String(sk).startsWith('purchase#') || String(pk).startsWith('unique#order'))).toEqual([])
  })

  test('contacts of companies, deals won and lost, tickets closed, interactions: with their ends, and undone', async () => {
    const contacts = await bySuggestion(
      'company phone,person email,role,position\n+49 30 123456,ada@example.com,Decision maker,CEO\n',
      'contacts',
    )
    expect(totals(contacts.done)).toEqual([1, 0, 0])
    const deals =
      'erp,name,value,stage,status,close date,reason\n7,Loom,"1.250,50",,won,01.03.2027,Price\n7,Mule,10,,lost,,Too late\n7,Jenny,10,Needs,open,2027-03-01,\n7,Bad,10,nowhere,,,\n'
    const settings = {
      mapping: {
        erp: 'customer.external:erp',
        name: 'name',
        value: 'value',
        stage: 'stage',
        status: 'state',
        'close date': 'expectedClose',
        reason: 'reason',
      },
      decimal: ',',
    }
    const opened = await bySuggestion(deals, 'deals', settings)
    expect(totals(opened.done)).toEqual([3, 0, 1])
    expect(await reportOf(crm, opened.id)).toEqual(['5 stage stage.unknown'])
    const tickets = await bySuggestion(
      'email,subject,description,status,priority\nada@example.com,Broken,It is,closed,High\nada@example.com,New,It was,new,low\n',
      'tickets',
    )
    expect(totals(tickets.done)).toEqual([2, 0, 0])
    const talks = await bySuggestion(
      'email,type,date,notes\nada@example.com,call,2026-10-01 09:00,Hello\nada@example.com,dance,2026-10-01,\n',
      'interactions',
    )
    expect(totals(talks.done)).toEqual([1, 0, 1])
    const { id: ada } = await found('Ada')
    const { body: theirs } = await crm.call('GET', `/customers/${ada}/deals`)
    expect(theirs['items'].map((deal: Reply['body']) => [deal['name'], deal['state'], deal['value'].amount]).sort()).toEqual([
      ['Jenny', 'open', 1_000],
      ['Loom', 'won', 125_050],
      ['Mule', 'lost', 1_000],
    ])
    expect((await crm.call('GET', `/customers/${ada}/tickets`)).body['items'].map(({ state }: { state: string }) => state).sort()).toEqual([
      'closed',
      'new',
    ])
    for (const { id, did } of [
      { id: contacts.id, did: 1 },
      { id: opened.id, did: 3 },
      { id: tickets.id, did: 2 },
      { id: talks.id, did: 1 },
    ]) {
      expect(await work(crm, id, 'undo')).toMatchObject({ undone: { removed: did, restored: 0, left: 0 } })
    }
    for (const list of ['deals', 'tickets', 'interactions', 'employers'])
      expect((await crm.call('GET', `/customers/${ada}/${list}`)).body['items']).toEqual([])
    await settle(crm)
    crm.clock.now = '2026-11-22T10:00:00.000Z'
    await runJob(crm, 'imports')
    const { items } = await crm.table.scan({ limit: 1_000 })
    expect(items.filter(({ sk }) => /^(log#)?(deal|ticket|message|interaction|contact|employer)#/.test(String(sk)))).toEqual([])
  })

  test('need a customer named, and are created only', async () => {
    const id = await upload(crm, 'order,date,total\n1,2026-01-01,1\n', { kind: 'purchases' })
    const { body } = await crm.call('POST', `/imports/${id}/run`, {
      body: { mapping: { order: 'order', date: 'at', total: 'amount' }, mode: 'upsert' },
    })
    expect(body['errors'].map((issue: { path: string; code: string }) => `${issue.path} ${issue.code}`)).toEqual([
      'mapping field.missing',
      'mode mode.unsupported',
    ])
  })
})

describe('contacts, deals and tickets are found again by their id in another system', () => {
  const by = { mode: 'upsert', by: 'external:erp' }
  beforeEach(async () => {
    for (const [kind, id] of [
      ['person', 'P1'],
      ['company', 'C1'],
    ])
      await crm.call('PUT', `/customers/by/erp/${id}`, { body: { kind, name: id } })
  })

  test('deals: what differs is changed, what does not is skipped, what is new is opened; an undo leaves what was there', async () => {
    const mapping = {
      id: 'external:erp',
      who: 'customer.external:erp',
      name: 'name',
      value: 'value',
      cur: 'currency',
      stage: 'stage',
      status: 'state',
    }
    const header = 'id,who,name,value,cur,stage,status\n'
    await bySuggestion(`${header}D1,P1,Bales,10,USD,,open\nD2,P1,Cones,20,USD,,open\nD3,P1,Reels,30,USD,,open\n`, 'deals', { mapping })
    const second = `${header}D1,,Bales,12.50,,,won\nD2,P1,Cones,20,USD,,open\nD3,P1,Reels,,,Needs,\nD4,P1,New,40,USD,,won\nD5,,Whose,1,USD,,\nD1,C1,Bales,,,,\n`
    const { id, done } = await bySuggestion(second, 'deals', { mapping, ...by })
    expect(done['counts'], JSON.stringify(done)).toMatchObject({ created: 1, updated: 2, skipped: 1, failed: 2 })
    expect(await reportOf(crm, id)).toEqual(['6 who customer.not_found', '7 who deal.customer_stands'])
    const deal = async (name: string) => (await crm.call('PUT', `/deals/by/erp/${name}`, { body: {} })).body
    expect(await deal('D1')).toMatchObject({ state: 'won', value: { amount: 1_250, currency: 'USD' } })
    expect(await deal('D3')).toMatchObject({ state: 'open', stage: 'needs', value: { amount: 3_000 } })
    expect(await deal('D4')).toMatchObject({ state: 'won', name: 'New' })
    const again = await bySuggestion(second, 'deals', { mapping, ...by })
    expect(again.done['counts']).toMatchObject({ created: 0, updated: 0, skipped: 4, failed: 2 })
    expect(await work(crm, id, 'undo')).toMatchObject({ undone: { removed: 1, restored: 0, left: 2 } })
    expect(await deal('D1')).toMatchObject({ state: 'won' })
    const only = await bySuggestion('id,value\nD2,25\nD9,1\n', 'deals', {
      mapping: { id: 'external:erp', value: 'value' },
      ...by,
      mode: 'update',
    })
    expect(only.done['counts']).toMatchObject({ created: 0, updated: 1, failed: 1 })
    expect(await reportOf(crm, only.id)).toEqual(['3 id deal.not_found'])
  })

  test('contacts and tickets; a contact there without the name gets it and keeps its role', async () => {
    const person = (await crm.call('GET', '/customers/by/erp/P1')).body['id']
    const company = (await crm.call('GET', '/customers/by/erp/C1')).body['id']
    await crm.call('POST', `/customers/${company}/contacts`, { body: { personId: person, role: 'buyer', title: 'Head' } })
    const parts = { id: 'external:erp', co: 'company.external:erp', who: 'person.external:erp', role: 'role' }
    const first = await bySuggestion('id,co,who,role\nK1,C1,P1,\n', 'contacts', { mapping: parts, ...by })
    expect(first.done['counts'], JSON.stringify(first.done)).toMatchObject({ updated: 1, failed: 0 })
    expect(await one(`/customers/${company}/contacts`)).toMatchObject({ role: 'buyer', title: 'Head', externalIds: [{ id: 'K1' }] })
    const next = await bySuggestion('id,co,who,role\nK1,,,Influencer\n', 'contacts', { mapping: parts, ...by })
    expect(next.done['counts'], JSON.stringify(next.done)).toMatchObject({ updated: 1, failed: 0 })
    const mapping = { id: 'external:erp', who: 'customer.external:erp', subject: 'subject', prio: 'priority', status: 'state' }
    await bySuggestion('id,who,subject,prio,status\nT1,P1,Torn,low,new\n', 'tickets', { mapping })
    const tickets = await bySuggestion('id,who,subject,prio,status\nT1,,Torn,high,closed\nT2,P1,Lost,low,new\n', 'tickets', {
      mapping,
      ...by,
    })
    expect(tickets.done['counts'], JSON.stringify(tickets.done)).toMatchObject({ created: 1, updated: 1, failed: 0 })
    expect((await crm.call('PUT', '/tickets/by/erp/T1', { body: {} })).body).toMatchObject({ priority: 'high', state: 'closed' })
    const wrong = await upload(crm, 'id,who\nT1,P1\n', { kind: 'tickets' })
    const asked = { mapping: { id: 'external:erp', who: 'customer.external:erp' }, mode: 'update', by: 'email' }
    expect((await crm.call('POST', `/imports/${wrong}/run`, { body: asked })).body['errors']).toMatchObject([
      { path: 'by', code: 'needed' },
    ])
  })

  test('a check tells what a run would do', async () => {
    const mapping = { id: 'external:erp', who: 'customer.external:erp', name: 'name' }
    await bySuggestion('id,who,name\nD1,P1,Bales\n', 'deals', { mapping })
    const id = await upload(crm, 'id,who,name\nD1,P1,Renamed\nD2,P1,New\n', { kind: 'deals' })
    expect((await work(crm, id, 'check', { mapping, ...by }))['checked']).toMatchObject({ created: 1, updated: 1, failed: 0 })
    expect((await crm.call('PUT', '/deals/by/erp/D1', { body: {} })).body['name']).toBe('Bales')
  })
})

describe('exports of other CRMs are told by their header', () => {
  test('HubSpot: contacts, companies, deals, tickets', async () => {
    const contacts =
      'Record ID,First Name,Last Name,Email,Phone Number,Lifecycle Stage,Job Title,Country/Region,Create Date\n101,Grace,Hopper,grace@example.com,+12025550123,Sales Qualified Lead,Admiral,United States,2020-01-01\n102,小明,王,,,Other,,China,\n'
    const first = await bySuggestion(contacts, 'customers')
    expect([first.preset, ...totals(first.done)]).toEqual(['hubspot.contacts', 2, 0, 0])
    expect(await found('王小明')).toMatchObject({ kind: 'person', country: 'CN', lifecycle: 'lead' })
    expect((await crm.call('GET', '/customers/by/hubspot/101')).body).toMatchObject({
      name: 'Grace Hopper',
      lifecycle: 'prospect',
      country: 'US',
    })
    const companies = await bySuggestion(
      'Record ID,Company name,Company Domain Name,Number of Employees,City\n500,Yarn Ltd,yarn.example,"1,200",Leeds\n',
      'customers',
    )
    expect([companies.preset, ...totals(companies.done)]).toEqual(['hubspot.companies', 1, 0, 0])
    expect((await crm.call('GET', '/customers/by/hubspot-company/500')).body).toMatchObject({
      kind: 'company',
      website: 'https://yarn.example',
      employees: 1_200,
    })
    const dealsFile =
      'Record ID,Deal Name,Deal Stage,Amount,Close Date,Associated Contact IDs,Associated Company IDs\n1,Bales,Closed Won,500.00,2026-05-01 12:00,101,500\n2,Cones,Appointment Scheduled,,,101;102,\n'
    const deals = await bySuggestion(dealsFile, 'deals')
    expect([deals.preset, ...totals(deals.done)]).toEqual(['hubspot.deals', 2, 0, 0])
    // The same file once more makes nothing: their ids in the other system are known.
    expect((await bySuggestion(dealsFile, 'deals')).done['counts']).toMatchObject({ created: 0, skipped: 2, failed: 0 })
    expect((await crm.call('PUT', '/deals/by/hubspot/2', { body: { name: 'Cones' } })).status).toBe(200)
    const { id } = await found('Yarn')
    expect(await one(`/customers/${id}/deals`)).toMatchObject({ name: 'Bales', state: 'won' })
    const tickets = await bySuggestion(
      'Ticket ID,Ticket name,Ticket description,Ticket status,Priority,Source,Associated Contact IDs\n9,Torn,It tore,Closed,MEDIUM,EMAIL,101\n10,Lost,Where?,Waiting on us,,,101\n',
      'tickets',
    )
    expect([tickets.preset, ...totals(tickets.done)]).toEqual(['hubspot.tickets', 2, 0, 0])
  })

  test('HubSpot: who works where, by the company it calls primary; a person is not named after it', async () => {
    await bySuggestion('Record ID,Company name\n500,Yarn Ltd\n', 'customers')
    const people =
      'Record ID,First Name,Last Name,Email,Company Name,Job Title,Associated Company IDs (Primary),Associated Company (Primary)\n101,Grace,Hopper,grace@example.com,Yarn Ltd,Admiral,500,Yarn Ltd\n'
    const persons = await bySuggestion(people, 'customers')
    expect([persons.preset, ...totals(persons.done)]).toEqual(['hubspot.contacts', 1, 0, 0])
    const { id, name } = (await crm.call('GET', '/customers/by/hubspot/101')).body
    expect(name).toBe('Grace Hopper')
    const parts = await bySuggestion(people, 'contacts')
    expect([parts.preset, ...totals(parts.done)]).toEqual(['hubspot.contacts', 1, 0, 0])
    expect(await one(`/customers/${id}/employers`)).toMatchObject({ name: 'Yarn Ltd', title: 'Admiral' })
    const deals = await bySuggestion(
      'Record ID,Deal Name,Deal Stage,Amount,Currency,Associated Company IDs (Primary)\n1,Bales,Closed Won,500,EUR,500\n',
      'deals',
    )
    expect([deals.preset, ...totals(deals.done)]).toEqual(['hubspot.deals', 1, 0, 0])
  })

  test('Salesforce: reports, by the labels of their fields', async () => {
    const accounts = await bySuggestion(
      'Account ID,Account Name,Billing City,Billing State/Province,Billing Zip/Postal Code,Billing Country,Employees\n001A0000006Vm9r,Cotton AG,Bern,BE,3011,Switzerland,12\n',
      'customers',
    )
    expect([accounts.preset, ...totals(accounts.done)]).toEqual(['salesforce.report.accounts', 1, 0, 0])
    expect(await found('Cotton')).toMatchObject({ kind: 'company' })
    const people =
      'Contact ID,Account ID,Salutation,First Name,Last Name,Title,Account Name,Mailing City,Mailing State/Province,Mailing Zip/Postal Code,Mailing Country,Email\n003D000000QYiC2,001A0000006Vm9r,Ms,Ida,Rhodes,CTO,Cotton AG,Bern,BE,3011,Switzerland,ida@example.com\n'
    const persons = await bySuggestion(people, 'customers')
    expect([persons.preset, ...totals(persons.done)]).toEqual(['salesforce.report.contacts', 1, 0, 0])
    const ida = (await crm.call('GET', '/customers/by/salesforce/003D000000QYiC2IAL')).body
    expect(ida).toMatchObject({ name: 'Ida Rhodes', addresses: [{ city: 'Bern', region: 'BE', postalCode: '3011', country: 'CH' }] })
    expect(totals((await bySuggestion(people, 'contacts')).done)).toEqual([1, 0, 0])
    expect(await one(`/customers/${ida['id']}/employers`)).toMatchObject({ name: 'Cotton AG', title: 'CTO' })
    const deals = await bySuggestion(
      'Opportunity ID,Opportunity Name,Account ID,Stage,Amount,Close Date\n006a,Spindles,001A0000006Vm9r,Closed Lost,20,2026-02-01\n',
      'deals',
    )
    expect([deals.preset, ...totals(deals.done)]).toEqual(['salesforce.report.opportunities', 1, 0, 0])
    const cases = await bySuggestion('Case ID,Case Number,Subject,Status,Account ID\n500a,0001,Torn,Closed,001A0000006Vm9r\n', 'tickets')
    expect([cases.preset, ...totals(cases.done)]).toEqual(['salesforce.report.cases', 1, 0, 0])
    // The same record as a data export names it, by Salesforce's own example of a long id.
    const same = await bySuggestion(
      'Id,Name,StageName,CloseDate,AccountId\n006b,Cones,Prospecting,2027-01-01,001A0000006Vm9rIAC\n',
      'deals',
    )
    expect(totals(same.done)).toEqual([1, 0, 0])
  })

  test('Salesforce: accounts, contacts, opportunities, cases', async () => {
    const accounts = await bySuggestion(
      'Id,Name,BillingCity,BillingCountry,Industry,Phone\n001A,Cotton AG,Bern,Switzerland,Textiles,+41 31 123 45 67\n',
      'customers',
    )
    expect([accounts.preset, ...totals(accounts.done)]).toEqual(['salesforce.accounts', 1, 0, 0])
    const contacts = await bySuggestion(
      'Id,FirstName,LastName,AccountId,Email,Birthdate\n003A,Ida,Rhodes,001A,ida@example.com,1990-05-15\n',
      'customers',
    )
    expect([contacts.preset, ...totals(contacts.done)]).toEqual(['salesforce.contacts', 1, 0, 0])
    const opportunities = await bySuggestion(
      'Id,Name,StageName,CloseDate,Amount,AccountId,NextStep\n006A,Spindles,Closed Lost,2026-02-01,9000,001A,\n006B,Shafts,Prospecting,2027-02-01,100,001A,Call\n',
      'deals',
    )
    expect([opportunities.preset, ...totals(opportunities.done)]).toEqual(['salesforce.opportunities', 2, 0, 0])
    const cases = await bySuggestion(
      'Id,CaseNumber,Subject,Description,Status,Priority,Origin,AccountId\n500A,00001,Late,Very,Closed,High,Phone,001A\n',
      'tickets',
    )
    expect([cases.preset, ...totals(cases.done)]).toEqual(['salesforce.cases', 1, 0, 0])
    const { body } = await crm.call('GET', '/customers/by/salesforce/001A')
    expect(body).toMatchObject({ kind: 'company', country: 'CH', addresses: [{ city: 'Bern', country: 'CH' }] })
    expect((await crm.call('GET', `/customers/${body['id']}/tickets`)).body['items']).toMatchObject([
      { state: 'closed', priority: 'high', channel: 'phone' },
    ])
  })
})

test('custom fields of the workspace are suggested by their label and held to their type', async () => {
  const fields = [
    { name: 'shoeSize', label: 'Shoe size', type: 'number' },
    { name: 'joined', label: '入会日期', type: 'date' },
  ]
  const before = (await crm.call('GET', '/workspace')).body
  const changed = await crm.call('PATCH', '/workspace', { ifMatch: before['version'], body: { customFields: fields } })
  expect(changed.status, JSON.stringify(changed.body)).toBe(200)
  crm.forget()
  const { id, done } = await bySuggestion('姓名,Shoe size,入会日期\n李雷,42.5,2024年3月5日\n韩梅梅,large,\n', 'customers')
  expect(totals(done)).toEqual([1, 0, 1])
  expect(await reportOf(crm, id)).toEqual(['3 Shoe size not_a_number'])
  const { id: customer } = await found('李雷')
  expect((await crm.call('GET', `/customers/${customer}`)).body['custom']).toEqual({ shoeSize: 42.5, joined: '2024-03-05' })
})
