import { zipSync, strToU8 } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'
import { names, reportOf, upload, work } from '../support/transfer.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

const mapping = { mapping: { name: 'name' } }
const gb = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const joined = (...parts: (Uint8Array | string)[]): Uint8Array => Buffer.concat(parts.map((part) => Buffer.from(part as string)))

/** A workbook with inline strings, as ECMA-376 has it; dates are numbers with a date format. */
function workbook(sheets: Readonly<Record<string, readonly (readonly (string | number)[])[]>>): Uint8Array {
  const names = Object.keys(sheets)
  const ns = 'http://schemas.openxmlformats.org'
  const main = `xmlns="${ns}/spreadsheetml/2006/main"`
  const cell = (value: string | number): string =>
    typeof value === 'number' ? `<c s="1"><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${value}</t></is></c>`
  const files: Record<string, Uint8Array> = {
    '[Content_Types].xml': strToU8(`<Types xmlns="${ns}/package/2006/content-types"/>`),
    '_rels/.rels': strToU8(
      `<Relationships xmlns="${ns}/package/2006/relationships"><Relationship Id="r0" Type="${ns}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    'xl/workbook.xml': strToU8(
      `<workbook ${main} xmlns:r="${ns}/officeDocument/2006/relationships"><sheets>${names.map((name, at) => `<sheet name="${name}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`).join('')}</sheets></workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': strToU8(
      `<Relationships xmlns="${ns}/package/2006/relationships">${names.map((_, at) => `<Relationship Id="rId${at + 1}" Type="${ns}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`).join('')}<Relationship Id="rIdS" Type="${ns}/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`,
    ),
    'xl/styles.xml': strToU8(
      `<styleSheet ${main}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ),
  }
  for (const [at, name] of names.entries()) {
    const rows = (sheets[name] ?? []).map(
      (row, nth) =>
        `<row r="${nth + 1}">${row.map((value, column) => cell(value).replace('<c', `<c r="${String.fromCharCode(65 + column)}${nth + 1}"`)).join('')}</row>`,
    )
    files[`xl/worksheets/sheet${at + 1}.xml`] = strToU8(`<worksheet ${main}><sheetData>${rows.join('')}</sheetData></worksheet>`)
  }
  return zipSync(files)
}

describe('a file is read as people write it', () => {
  test.each([
    ['with a byte order mark', '\uFEFFname\r\nBom Person\r\n', 'Bom Person'],
    ['with quoted line ends, quotes and delimiters', 'name,x\n"Quoted, ""Q"" Person",1\n', 'Quoted, "Q" Person'],
    ['with semicolons', 'name;x\nSemi Person;1\n', 'Semi Person'],
    ['with tabs', 'name\tx\nTab Person\t1\n', 'Tab Person'],
    ['with the line ends of old Macs', 'name\rMac Person\r', 'Mac Person'],
    ['with no line end at its end', 'name\nEnd Person', 'End Person'],
    ['with blank lines', '\n\nname\n\nBlank Person\n\n\n', 'Blank Person'],
    ['with Excel’s hint in front', 'sep=;\r\nname;x\r\nHinted, Person;1\r\n', 'Hinted, Person'],
    ['in Chinese, in UTF-8', 'name\n张伟\n', '张伟'],
  ])('%s', async (_, text, name) => {
    const done = await work(crm, await upload(crm, text), 'run', mapping)
    expect(done).toMatchObject({ state: 'done', counts: { rows: 1, created: 1 } })
    expect(await names(crm)).toContain(name)
  })

  test('in GB18030, found out by its bytes, four-byte characters included', async () => {
    // 姓名 / 王芳 / 㐂 (four bytes), by the code tables of GB 18030-2022.
    const id = await upload(crm, joined(gb('d0d5 c3fb'), '\n', gb('cdf5 b7bc'), '\n', gb('8139ee39 cdf5'), '\n'))
    const preview = await crm.call('POST', `/imports/${id}/preview`, { body: {} })
    expect(preview.body).toMatchObject({ columns: ['姓名'], encoding: 'gb18030', suggestion: { mapping: { 姓名: 'name' } } })
    await work(crm, id, 'run', { mapping: { 姓名: 'name' } })
    expect(await names(crm)).toEqual(
      expect.arrayContaining(['王芳', '㐀王'.replace('㐀', new TextDecoder('gb18030').decode(gb('8139ee39')))]),
    )
  })

  test('from a workbook: one sheet, its dates as days', async () => {
    const id = await upload(
      crm,
      workbook({
        People: [
          ['name', 'born'],
          ['Sheet Person', 32_874],
          ['=2+2', 32_875],
        ],
      }),
      { name: 'people.xlsx' },
    )
    expect(await work(crm, id, 'run', { mapping: { name: 'name', born: 'birthday' } })).toMatchObject({ counts: { created: 2 } })
    const { body } = await crm.call('GET', '/customers?name=sheet')
    expect((await crm.call('GET', `/customers/${body['items'][0].id}`)).body['birthday']).toBe('1990-01-01')
    expect(await names(crm)).toContain('=2+2')
  })

  test('from a workbook: a time of day is the workspace’s, as it is in a CSV', async () => {
    const shanghai = await startCrm()
    await shanghai.call('PATCH', '/workspace', { body: { timeZone: 'Asia/Shanghai', currency: 'CNY' }, ifMatch: 0 })
    await shanghai.call('POST', '/customers', { body: { name: 'Ada', emails: [{ address: 'ada@example.com' }] } })
    // 2026-11-20 10:30:15, as Excel has it: days since 1899-12-30, not to the last digit.
    const sold = 46_346 + (10 * 3600 + 30 * 60 + 15) / 86_400
    const bytes = workbook({
      Sales: [
        ['email', 'order', 'at', 'amount'],
        ['ada@example.com', 'A-1', sold, '12'],
      ],
    })
    const id = await upload(shanghai, bytes, { kind: 'purchases', name: 'sales.xlsx' })
    const done = await work(shanghai, id, 'run', { mapping: { email: 'customer.email', order: 'order', at: 'at', amount: 'amount' } })
    expect(done, JSON.stringify(done)).toMatchObject({ counts: { created: 1 } })
    const { body } = await shanghai.call('GET', '/customers')
    const bought = (await shanghai.call('GET', `/customers/${body['items'][0].id}/purchases`)).body['items'][0]
    expect(bought.at).toBe('2026-11-20T02:30:15.000Z')
  })

  test('from a workbook of several sheets the one that is named', async () => {
    const id = await upload(crm, workbook({ First: [['name'], ['One']], Second: [['name'], ['Two']] }), { name: 'two.xlsx' })
    expect((await crm.call('POST', `/imports/${id}/preview`, { body: {} })).body).toMatchObject({
      sheet: 'First',
      sheets: ['First', 'Second'],
    })
    const asked = await crm.call('POST', `/imports/${id}/run`, { body: mapping })
    expect(asked.body).toMatchObject({ code: 'sheet.choose', detail: 'Choose a sheet: First, Second.' })
    expect((await crm.call('POST', `/imports/${id}/run`, { body: { ...mapping, sheet: 'Third' } })).body['code']).toBe('sheet.unknown')
    await work(crm, id, 'run', { ...mapping, sheet: 'Second' })
    expect(await names(crm)).toContain('Two')
    expect(await names(crm)).not.toContain('One')
  })
})

describe('a file that cannot be imported says what it is', () => {
  test.each([
    ['nothing but blanks', ' \n\n ', 'file.empty'],
    ['a header alone', 'name,email\n', 'file.no_rows'],
    ['a picture', joined(gb('89504e470d0a1a0a0000000d'), 'IHDR'), 'file.binary'],
    ['a web page', '<html><body>name</body></html>', 'file.not_csv'],
    ['JSON', '[{"name":"Ada"}]', 'file.not_csv'],
    ['an old workbook', gb('d0cf11e0a1b11ae1'), 'file.old_excel'],
    ['UTF-16', joined(gb('fffe'), Buffer.from('name\nAda\n', 'utf16le')), 'file.utf16'],
    ['Western text of one byte a letter', Buffer.from('name,city\nMüller,Köln\nStraße,Bonn\n', 'latin1'), 'file.unknown_encoding'],
    ['neither UTF-8 nor GB18030', joined('name\n', gb('ff ff ff'), '\n'), 'file.unknown_encoding'],
    ['a zip that is no workbook', zipSync({ 'a.txt': strToU8('hello') }), 'file.not_a_workbook'],
    ['a broken zip', joined(gb('504b0304'), 'garbage'), 'file.not_a_workbook'],
    ['201 columns', `${Array.from({ length: 201 }, (_, n) => `c${n}`).join(',')}\n1\n`, 'file.too_many_columns'],
    ['an open quote in its header', '"name\nAda\nGrace', 'file.no_header'],
  ])('%s', async (_, body, code) => {
    const id = await upload(crm, body)
    const before = crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)
    const preview = await crm.call('POST', `/imports/${id}/preview`, { body: {} })
    expect([preview.status, preview.body['code']]).toEqual([400, code])
    expect((await crm.call('POST', `/imports/${id}/run`, { body: mapping })).body['code']).toBe(code)
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(before)
  })

  test('before its file is there', async () => {
    const made = await crm.call('POST', '/imports', { body: { name: 'a.csv', kind: 'customers', bytes: 10 } })
    expect((await crm.call('POST', `/imports/${made.body['id']}/preview`, { body: {} })).body['code']).toBe('import.no_file')
    expect((await crm.call('POST', '/imports', { body: { name: 'a.csv', kind: 'customers', bytes: 0 } })).status).toBe(400)
  })
})

describe('a row that cannot be read is one bad row', () => {
  test('an open quote, a misplaced one, a cell of 10 MB, bytes that are no text, too few and too many cells', async () => {
    const rows = [
      'Fine One,1',
      '"Not closed,1',
      'Fine Two,2',
      '"Closed"early,3',
      `${'x'.repeat(10 * 1024 * 1024)},4`,
      'Fine Three',
      'Fine Four,5,6,7',
    ]
    const id = await upload(crm, joined('name,n\n', 'Ünïcode,0\n', rows.join('\n'), '\n', gb('4d 81 ff'), ',8\n'))
    const done = await work(crm, id, 'run', mapping)
    expect(done).toMatchObject({ state: 'done', counts: { rows: 9, created: 5, failed: 4 } })
    expect(await reportOf(crm, id)).toEqual(['4  row.quote_not_closed', '6  row.quote_misplaced', '7  row.too_long', '10  row.not_text'])
    expect(await names(crm)).toEqual(expect.arrayContaining(['Fine One', 'Fine Two', 'Fine Three', 'Fine Four', 'Ünïcode']))
  })

  test('a cell of 10 MB within quotes as well, and what follows it is read', async () => {
    const id = await upload(crm, `name,n\n"${'y'.repeat(10 * 1024 * 1024)}",1\nAfter It,2\n`)
    expect(await work(crm, id, 'run', mapping)).toMatchObject({ counts: { rows: 2, created: 1, failed: 1 } })
    expect(await reportOf(crm, id)).toEqual(['2  row.too_long'])
  })
})

describe('a cell of 10 MB in many lines', () => {
  const lines = Array.from({ length: 200_000 }, (_, n) => `Nobody ${n},said ""this"" to no one, never`).join('\r\n')

  test.each(['\n', '\r\n'])('is one bad row, and none of its lines is a row', async (end) => {
    const id = await upload(
      crm,
      ['name,notes,n', `Long One,"${lines}",1`, 'After It,fine,2', `"${lines}",x,3`, 'The Last,"two\nlines",4', ''].join(end),
    )
    expect(await work(crm, id, 'run', mapping)).toMatchObject({ counts: { rows: 4, created: 2, failed: 2 } })
    expect(await reportOf(crm, id)).toEqual(['2  row.too_long', '4  row.too_long'])
    expect(await names(crm)).toEqual(expect.arrayContaining(['After It', 'The Last']))
  })

  test('is told from a quote that is never closed: of that one line is lost', async () => {
    const rows = Array.from({ length: 12_000 }, (_, n) => `Row ${n},"with, a comma and more than a few letters",${n}`)
    const id = await upload(crm, `name,notes,n\n"Not closed,x,1\n${rows.join('\n')}\n`)
    const done = await work(crm, id, 'check', mapping)
    expect(done['checked']).toMatchObject({ rows: 12_001, created: 12_000, failed: 1 })
    expect(await reportOf(crm, id)).toEqual(['2  row.quote_not_closed'])
  })
})

describe('a mapping is held against the file', () => {
  test('every issue at once', async () => {
    const id = await upload(crm, 'name,mail\nAda,ada@example.com\n')
    const said = { mapping: { nome: 'name', mail: 'emial' }, fixed: { colour: 'red' }, mode: 'upsert' }
    const { status, body } = await crm.call('POST', `/imports/${id}/run`, { body: said })
    expect(status).toBe(400)
    expect(body['errors'].map((one: { path: string; code: string }) => `${one.path} ${one.code}`)).toEqual([
      'mapping.nome column.unknown',
      'mapping.mail field.unknown',
      'fixed.colour field.unknown',
      'mapping field.missing',
      'by needed',
    ])
    expect((await crm.call('POST', `/imports/${id}/run`, { body: {} })).body['code']).toBe('mapping.needed')
  })

  test('columns of one name are told apart', async () => {
    const id = await upload(crm, 'name,mail,mail,\nAda,a1@example.com,a2@example.com,x\n')
    const { body } = await crm.call('POST', `/imports/${id}/preview`, { body: {} })
    expect(body['columns']).toEqual(['name', 'mail', 'mail (2)', 'Column 4'])
    await work(crm, id, 'run', { mapping: { name: 'name', mail: 'email', 'mail (2)': 'email2' } })
    const found = (await crm.call('GET', '/customers?name=ada')).body['items'][0]
    expect(found.emails.map((one: { address: string }) => one.address)).toEqual(['a1@example.com', 'a2@example.com'])
  })
})
