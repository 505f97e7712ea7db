import { folded } from './target.ts'
import type { ImportKind } from './kind.ts'

/** How another CRM's export file is told by its header, and what its columns are here. */
export interface Preset {
  readonly name: string
  readonly kind: ImportKind
  /** Headers that together tell the file. */
  readonly known: readonly string[]
  /** Headers to targets. */
  readonly columns: Readonly<Record<string, string>>
  readonly fixed?: Readonly<Record<string, string>>
  /** Words of theirs to words of ours, by target. */
  readonly words?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

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
const caseOrigins = { email: 'email', phone: 'phone', web: 'web', chat: 'chat' }
const urgency = { urgent: 'urgent', critical: 'urgent', high: 'high', medium: 'normal', normal: 'normal', low: 'low' }
const dealEnds = { 'closed won': 'won', closedwon: 'won', won: 'won', 'closed lost': 'lost', closedlost: 'lost', lost: 'lost' }

/**
 * Exports of HubSpot (view exports, English headers) and Salesforce (Data Loader and Data Export, API names of the standard
 * objects). Their record ids are kept as external ids, so a later file that names them finds its customer.
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
      'Associated Company IDs': 'customer.external:hubspot-company',
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
      'Ticket ID': 'external:hubspot',
      'Ticket name': 'subject',
      'Ticket description': 'body',
      'Ticket status': 'state',
      Priority: 'priority',
      Source: 'channel',
      Category: 'category',
      'Associated Company IDs': 'customer.external:hubspot-company',
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
]

/** The preset of a header: the one of whose telling headers all are there, and most. */
export function presetOf(kind: ImportKind, columns: readonly string[]): Preset | undefined {
  const there = new Set(columns.map(folded))
  const fitting = presets.filter((one) => one.kind === kind && one.known.every((header) => there.has(folded(header))))
  return fitting.sort((a, b) => b.known.length - a.known.length)[0]
}
