import { birthdayCalendars, channels, familyStatuses, incomeBands, lifecycles } from '../../../customer/customer/index.ts'
import type { Workspace } from '../../../platform/workspace/index.ts'
import { folded, target, type Target, type TargetType } from './target.ts'

/** Headers of a company's name. */
const COMPANY_NAMES = ['company name', 'account name', 'company', '公司名称']
export const isCompanyName = (header: string): boolean => COMPANY_NAMES.some((name) => folded(name) === folded(header))

/** What a column of persons or companies can be. */
export function customerTargets({ customFields }: Workspace): Target[] {
  return [
    target('id', 'Our id of the customer', 'text', 'id', ['customer id', '客户编号']),
    target('kind', 'Person or company', 'choice', 'kind', ['type', '客户类型'], ['person', 'company']),
    target('name', 'Name', 'text', 'name', ['full name', '姓名', '名称', '客户名称', ...COMPANY_NAMES]),
    target('givenName', 'Given name', 'text', 'givenName', ['first name', 'firstname', 'forename', '名']),
    target('familyName', 'Family name', 'text', 'familyName', ['last name', 'lastname', 'surname', '姓']),
    target('email', 'Email', 'text', 'emails.+.address', ['email address', 'e-mail', 'mail', '邮箱', '电子邮件', '电子邮箱']),
    target('email2', 'Second email', 'text', 'emails.+.address', ['other email', 'secondary email', 'additional email addresses']),
    target('phone', 'Phone', 'text', 'phones.+.number', ['phone number', 'telephone', 'tel', 'business phone', '电话', '联系电话']),
    target('mobile', 'Mobile phone', 'text', 'phones.+.number', [
      'mobile phone',
      'mobile phone number',
      'mobile',
      'cell',
      '手机',
      '手机号',
    ]),
    target('country', 'Country', 'country', 'country', ['country region', 'mailing country', 'billing country', '国家']),
    target('street', 'Street', 'text', 'addresses.0.street', ['street address', 'address', 'mailing street', 'billing street', '地址']),
    target('city', 'City', 'text', 'addresses.0.city', ['mailing city', 'billing city', 'town', '城市']),
    target('region', 'State or province', 'text', 'addresses.0.region', [
      'state',
      'province',
      'state region',
      'mailing state',
      'billing state',
      '省份',
    ]),
    target('postalCode', 'Postal code', 'text', 'addresses.0.postalCode', [
      'zip',
      'zip code',
      'postcode',
      'mailing postal code',
      'billing postal code',
      '邮编',
    ]),
    target('birthday', 'Birthday', 'day', 'birthday', ['birthdate', 'date of birth', '生日', '出生日期']),
    target('birthdayCalendar', 'Birthday by', 'choice', 'birthdayCalendar', ['birthday calendar', '生日历法'], birthdayCalendars),
    target('familyStatus', 'Family status', 'choice', 'familyStatus', ['marital status', '婚姻状况'], familyStatuses),
    target('occupation', 'Occupation', 'text', 'occupation', ['job title', 'title', 'profession', '职业', '职位']),
    target('incomeBand', 'Income band', 'choice', 'incomeBand', ['income', '收入'], incomeBands),
    target('industry', 'Industry', 'text', 'industry', ['行业']),
    target('website', 'Website', 'url', 'website', ['website url', 'company domain name', 'web', '网站', '网址']),
    target('employees', 'Employees', 'integer', 'employees', ['number of employees', 'numberofemployees', 'headcount', '员工人数']),
    target('source', 'Source', 'text', 'source', ['lead source', 'original source', 'account source', '来源', '客户来源']),
    target('preferredChannel', 'Preferred channel', 'choice', 'preferredChannel', ['preferred contact method'], channels),
    target('language', 'Language', 'text', 'language', ['preferred language', '语言']),
    target('timeZone', 'Time zone', 'text', 'timeZone', ['timezone', '时区']),
    target('interests', 'Interests', 'list', 'interests', ['hobbies', '兴趣', '爱好']),
    target('tags', 'Tags', 'slugs', 'tags', ['labels', '标签']),
    target('notes', 'Notes', 'prose', 'notes', ['description', 'comments', 'remark', '备注']),
    target('lifecycle', 'Lifecycle', 'choice', 'lifecycle', ['lifecycle stage'], lifecycles),
    target('ownerId', 'Account manager (id)', 'text', 'ownerId', []),
    ...customFields.map(({ name, label, type, choices }) =>
      target(`custom.${name}`, label, CUSTOM_TYPES[type], `custom.${name}`, [name], choices),
    ),
  ]
}

const CUSTOM_TYPES = { text: 'text', number: 'number', boolean: 'boolean', date: 'day', choice: 'choice' } as const satisfies Record<
  string,
  TargetType
>
