import { folded } from './target.ts'
import type { ImportKind } from './kind.ts'
import { caseOrigins, dealEnds, urgency, type Preset } from './preset-words.ts'
import { salesforceReports } from './salesforce-report.ts'

const lifecycle = {
  subscriber: 'lead',
  lead: 'lead',
  'marketing qualified lead': 'lead',
  'sales qualified lead': 'prospect',
  opportunity: 'prospect',
  customer: 'customer',
  evangelist: 'customer',
  other: '',
}
const hubspotChannels = { email: 'email', chat: 'chat', form: 'web', phone: 'phone' }
/** HubSpot names the companies and contacts that belong to a record so; since 2023 the company that comes first as `(Primary)`. */
const hubspotWhose = (of: string) => ({
  'Associated Company IDs (Primary)': `${of}.external:hubspot-company`,
  'Associated Company IDs': `${of}.external:hubspot-company`,
})

/**
 * Exports of HubSpot (view exports, English headers) and Salesforce (Data Loader and Data Export, API names of the standard
 * objects). Their record ids are kept as external ids, so a later file that names them finds its customer. A file of contacts is
 * imported twice: as customers, then as contacts, which says who belongs to which company.
 */
export const presets: readonly Preset[] = [
  {
    name: 'hubspot.contacts',
    kind: 'customers',
    known: ['Record ID', 'First Name', 'Last Name', 'Email'],
    columns: {
      'Record ID': 'external:hubspot',
      'First Name': 'givenName',
      'Last Name': 'familyName',
      Email: 'email',
      'Phone Number': 'phone',
      'Mobile Phone Number': 'mobile',
      'Street Address': 'street',
      City: 'city',
      'State/Region': 'region',
      'Postal Code': 'postalCode',
      'Country/Region': 'country',
      'Job Title': 'occupation',
      'Lifecycle Stage': 'lifecycle',
      'Date of birth': 'birthday',
    },
    fixed: { kind: 'person' },
    words: { lifecycle },
  },
  {
    name: 'hubspot.companies',
    kind: 'customers',
    known: ['Record ID', 'Company name'],
    columns: {
      'Record ID': 'external:hubspot-company',
      'Company name': 'name',
      'Company Domain Name': 'website',
      'Phone Number': 'phone',
      'Street Address': 'street',
      City: 'city',
      'State/Region': 'region',
      'Postal Code': 'postalCode',
      'Country/Region': 'country',
      Industry: 'industry',
      'Number of Employees': 'employees',
      Description: 'notes',
      'Lifecycle Stage': 'lifecycle',
    },
    fixed: { kind: 'company' },
    words: { lifecycle },
  },
  {
    name: 'hubspot.contacts',
    kind: 'contacts',
    known: ['Record ID', 'First Name', 'Last Name'],
    columns: { 'Record ID': 'person.external:hubspot', ...hubspotWhose('company'), 'Job Title': 'title' },
  },
  {
    name: 'hubspot.deals',
    kind: 'deals',
    known: ['Record ID', 'Deal Name', 'Deal Stage'],
    columns: {
      'Record ID': 'external:hubspot',
      'Deal Name': 'name',
      'Deal Stage': 'state',
      Amount: 'value',
      'Close Date': 'expectedClose',
      'Deal currency code': 'currency',
      ...hubspotWhose('customer'),
      'Associated Contact IDs': 'customer.external:hubspot',
      'Closed Won Reason': 'reason',
      'Closed Lost Reason': 'reason',
      'Next step': 'nextStep',
    },
    words: { state: { ...dealEnds, '*': 'open' } },
  },
  {
    name: 'hubspot.tickets',
    kind: 'tickets',
    known: ['Ticket name', 'Ticket status'],
    columns: {
      'Record ID': 'external:hubspot',
      'Ticket ID': 'external:hubspot',
      'Ticket name': 'subject',
      'Ticket description': 'body',
      'Ticket status': 'state',
      Priority: 'priority',
      Source: 'channel',
      Category: 'category',
      ...hubspotWhose('customer'),
      'Associated Contact IDs': 'customer.external:hubspot',
    },
    fixed: { channel: 'api' },
    words: { state: { closed: 'closed', '*': 'new' }, priority: urgency, channel: { ...hubspotChannels, '*': 'api' } },
  },
  {
    name: 'salesforce.contacts',
    kind: 'customers',
    known: ['Id', 'FirstName', 'LastName', 'AccountId'],
    columns: {
      Id: 'external:salesforce',
      FirstName: 'givenName',
      LastName: 'familyName',
      Email: 'email',
      Phone: 'phone',
      MobilePhone: 'mobile',
      MailingStreet: 'street',
      MailingCity: 'city',
      MailingState: 'region',
      MailingPostalCode: 'postalCode',
      MailingCountry: 'country',
      Title: 'occupation',
      Birthdate: 'birthday',
      LeadSource: 'source',
      Description: 'notes',
    },
    fixed: { kind: 'person' },
  },
  {
    name: 'salesforce.contacts',
    kind: 'contacts',
    known: ['Id', 'LastName', 'AccountId'],
    columns: { Id: 'person.external:salesforce', AccountId: 'company.external:salesforce', Title: 'title' },
  },
  {
    name: 'salesforce.accounts',
    kind: 'customers',
    known: ['Id', 'Name', 'BillingCity'],
    columns: {
      Id: 'external:salesforce',
      Name: 'name',
      Phone: 'phone',
      Website: 'website',
      Industry: 'industry',
      NumberOfEmployees: 'employees',
      BillingStreet: 'street',
      BillingCity: 'city',
      BillingState: 'region',
      BillingPostalCode: 'postalCode',
      BillingCountry: 'country',
      AccountSource: 'source',
      Description: 'notes',
    },
    fixed: { kind: 'company' },
  },
  {
    name: 'salesforce.opportunities',
    kind: 'deals',
    known: ['Id', 'StageName', 'CloseDate', 'AccountId'],
    columns: {
      Id: 'external:salesforce',
      Name: 'name',
      AccountId: 'customer.external:salesforce',
      StageName: 'state',
      Amount: 'value',
      CloseDate: 'expectedClose',
      CurrencyIsoCode: 'currency',
      LeadSource: 'source',
      NextStep: 'nextStep',
    },
    words: { state: { ...dealEnds, '*': 'open' } },
  },
  {
    name: 'salesforce.cases',
    kind: 'tickets',
    known: ['Id', 'CaseNumber', 'Subject'],
    columns: {
      Id: 'external:salesforce',
      Subject: 'subject',
      Description: 'body',
      Status: 'state',
      Priority: 'priority',
      Origin: 'channel',
      Type: 'category',
      AccountId: 'customer.external:salesforce',
      ContactId: 'customer.external:salesforce',
    },
    fixed: { channel: 'api' },
    words: { state: { closed: 'closed', '*': 'new' }, priority: urgency, channel: { ...caseOrigins, '*': 'api' } },
  },
  ...salesforceReports,
]

/** The preset of a header: the one of whose telling headers all are there, and most. */
export function presetOf(kind: ImportKind, columns: readonly string[]): Preset | undefined {
  const there = new Set(columns.map(folded))
  const fitting = presets.filter((one) => one.kind === kind && one.known.every((header) => there.has(folded(header))))
  return fitting.sort((a, b) => b.known.length - a.known.length)[0]
}
