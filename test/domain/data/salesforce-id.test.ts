import { expect, test } from 'vitest'
import { longSalesforceId } from '../../../domain/data/transfer/kind/salesforce-id.ts'

/** Pairs that Salesforce and its users have published. */
const known = [
  ['001A0000006Vm9r', 'IAC'],
  ['003A0000005QB3A', 'IAW'],
  ['00D50000000IZ3Z', 'EAW'],
  ['003D000000QYiC2', 'IAL'],
]

test.each(known)('%s of a report is the record that a data export names with %s behind it', (short = '', suffix = '') => {
  expect(longSalesforceId(short)).toBe(short + suffix)
  expect(longSalesforceId(short + suffix)).toBe(short + suffix)
})

test.each(['', '12', 'C-7', '001A0000006Vm9', '001A0000006Vm9-'])('%j is an id of another kind, and stays', (id) => {
  expect(longSalesforceId(id)).toBe(id)
})
