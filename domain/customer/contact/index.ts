import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './contact.actions.ts'
import { contact, employer } from './contact.store.ts'
import { putBy } from './upsert.ts'

export { add as addContact, contactAdded, contactChanged, contactRemoved, remove as removeContact } from './contact.actions.ts'
export { putBy as putContact } from './upsert.ts'
export { contactRoles } from './contact.ts'
export { contact, contactId, employer, employerId, forgetPrimary, type ContactRecord, type EmployerRecord } from './contact.store.ts'

const faults = ['contact.not_a_company', 'contact.not_a_person', 'contact.unknown_person'] as const

export default module('contact', {
  verbs: ['read', 'write', 'delete'],
  entities: [contact, employer],
  events: [a.contactAdded, a.contactChanged, a.contactRemoved, a.employerChanged],
  routes: [
    route('POST /customers/{id}/contacts', a.add, {
      can: 'contact:write',
      summary: 'Name a person as a company’s contact, or say anew what their part is',
      faults,
      existing: true,
      description: 'A person has one part in a company: named again, it is changed and answered with 200.',
      example: { personId: 'cus_0000000000000000000A', role: 'decision_maker', title: 'Head of purchasing', primary: true },
    }),
    route('GET /customers/{id}/contacts', a.list, { can: 'contact:read', summary: 'A company’s contacts' }),
    route('GET /customers/{id}/employers', a.employers, { can: 'contact:read', summary: 'Where a person works' }),
    route('PUT /contacts/by/{system}/{externalId}', putBy, {
      can: 'contact:write',
      status: 201,
      summary: 'Name or change another system’s contact',
      faults: [
        ...faults,
        'contact.needs_both',
        'contact.stands',
        'contact.identity_taken',
        'contact.version_differs',
        'customer.unknown',
        'customer.not_found',
      ],
      existing: true,
      description: 'Company and person by our ids, or by theirs in another system. 201 when it was named, 200 when it was there.',
      example: { company: { system: 'erp', id: 'C-7' }, person: { system: 'erp', id: 'P-12' }, role: 'buyer' },
    }),
    route('GET /contacts/{id}', a.show, { can: 'contact:read', summary: 'One contact' }),
    route('PATCH /contacts/{id}', a.change, {
      can: 'contact:write',
      summary: 'Change a contact’s part',
      example: { role: 'influencer', title: null },
      faults: ['contact.version_differs'],
    }),
    route('DELETE /contacts/{id}', a.remove, { can: 'contact:delete', summary: 'End a contact', faults: ['contact.version_differs'] }),
  ],
})
