import { caseOrigins, dealEnds, urgency, type Preset } from './preset-words.ts'

/**
 * Reports of Salesforce exported as CSV: headers are the fields' labels, and the id is there when the report shows it.
 */
const address = (of: 'Mailing' | 'Billing') => ({
  [`${of} Street`]: 'street',
  [`${of} City`]: 'city',
  [`${of} State/Province`]: 'region',
  [`${of} Zip/Postal Code`]: 'postalCode',
  [`${of} Country`]: 'country',
})

export const salesforceReports: readonly Preset[] = [
  {
    name: 'salesforce.report.contacts',
    kind: 'customers',
    known: ['First Name', 'Last Name', 'Account Name', 'Mailing City'],
    columns: {
      'Contact ID': 'external:salesforce',
      'First Name': 'givenName',
      'Last Name': 'familyName',
      Email: 'email',
      Phone: 'phone',
      Mobile: 'mobile',
      ...address('Mailing'),
      Title: 'occupation',
      Birthdate: 'birthday',
      'Lead Source': 'source',
      Description: 'notes',
    },
    fixed: { kind: 'person' },
  },
  {
    name: 'salesforce.report.contacts',
    kind: 'contacts',
    known: ['Contact ID', 'Account ID', 'Last Name'],
    columns: { 'Contact ID': 'person.external:salesforce', 'Account ID': 'company.external:salesforce', Title: 'title' },
  },
  {
    name: 'salesforce.report.accounts',
    kind: 'customers',
    known: ['Account Name', 'Billing City'],
    columns: {
      'Account ID': 'external:salesforce',
      'Account Name': 'name',
      Phone: 'phone',
      Website: 'website',
      Industry: 'industry',
      Employees: 'employees',
      ...address('Billing'),
      'Account Source': 'source',
      Description: 'notes',
    },
    fixed: { kind: 'company' },
  },
  {
    name: 'salesforce.report.opportunities',
    kind: 'deals',
    known: ['Opportunity Name', 'Stage', 'Account ID'],
    columns: {
      'Opportunity ID': 'external:salesforce',
      'Opportunity Name': 'name',
      'Account ID': 'customer.external:salesforce',
      Stage: 'state',
      Amount: 'value',
      'Amount Currency': 'currency',
      'Close Date': 'expectedClose',
      'Lead Source': 'source',
      'Next Step': 'nextStep',
    },
    words: { state: { ...dealEnds, '*': 'open' } },
  },
  {
    name: 'salesforce.report.cases',
    kind: 'tickets',
    known: ['Case Number', 'Subject', 'Account ID'],
    columns: {
      'Case ID': 'external:salesforce',
      Subject: 'subject',
      Description: 'body',
      Status: 'state',
      Priority: 'priority',
      'Case Origin': 'channel',
      'Case Reason': 'category',
      'Account ID': 'customer.external:salesforce',
    },
    fixed: { channel: 'api' },
    words: { state: { closed: 'closed', '*': 'new' }, priority: urgency, channel: { ...caseOrigins, '*': 'api' } },
  },
]
