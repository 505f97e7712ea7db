import { contactRoles } from '../../../customer/contact/index.ts'
import { interactionKinds } from '../../../customer/interaction/index.ts'
import { lostReasons } from '../../../sales/deal/index.ts'
import { priorities, ticketChannels } from '../../../service/ticket/index.ts'
import { target, type Target } from './target.ts'

/** How a row names the customer it is about. @param of a word in front, where a row names two */
function whom(of = 'customer', label = 'Customer', also: readonly string[] = []): Target[] {
  return [
    target(`${of}.id`, `${label}: our id`, 'text', `@${of}.id`, []),
    target(`${of}.email`, `${label}: email`, 'text', `@${of}.email`, [`${of} email`, ...also]),
    target(`${of}.phone`, `${label}: phone`, 'text', `@${of}.phone`, [`${of} phone`]),
  ]
}

export const contactTargets = (): Target[] => [
  ...whom('company', 'Company'),
  ...whom('person', 'Person', ['email', 'email address']),
  target('role', 'Part in buying', 'choice', 'role', ['buying role', '角色'], contactRoles),
  target('title', 'Position', 'text', 'title', ['job title', 'position', '职位']),
  target('primary', 'Whom to call first', 'boolean', 'primary', ['is primary', '主要联系人']),
]

export const purchaseTargets = (): Target[] => [
  ...whom('customer', 'Customer', ['email', 'buyer email']),
  target('order', 'Order number', 'text', 'orderId.id', ['order id', 'order number', 'order', 'invoice', '订单号', '订单编号']),
  target('system', 'Shop', 'slug', 'orderId.system', ['store', 'shop']),
  target('at', 'Bought at', 'instant', 'at', ['date', 'order date', 'purchase date', 'created at', '日期', '购买日期', '下单时间']),
  target('amount', 'Amount', 'money', 'amount.amount', ['total', 'order total', 'price', '金额', '订单金额']),
  target('currency', 'Currency', 'currency', 'amount.currency', ['currency code', '币种']),
  target('baseAmount', 'Amount in the workspace’s currency', 'money', 'baseAmount.amount', []),
  target('cost', 'Cost of goods', 'money', 'cost', ['cogs', '成本']),
  target('discount', 'Discount', 'money', 'discount', ['discount amount', '折扣']),
  target('channel', 'Channel', 'slug', 'channel', ['sales channel', '渠道']),
  target('notes', 'Notes', 'prose', 'notes', ['comment', '备注']),
]

export const dealTargets = (): Target[] => [
  ...whom('customer', 'Customer', ['email', 'account email']),
  target('name', 'Name', 'text', 'name', ['deal name', 'opportunity name', 'deal', '商机名称']),
  target('value', 'Value', 'money', 'value.amount', ['amount', 'deal value', '金额']),
  target('currency', 'Currency', 'currency', 'value.currency', ['currencyisocode', 'deal currency code', '币种']),
  target('stage', 'Stage', 'slug', 'stage', ['deal stage', 'stagename', '阶段']),
  target('state', 'Open, won or lost', 'choice', '@state', ['status'], ['open', 'won', 'lost']),
  target('probability', 'Probability', 'number', 'probability', ['deal probability', '概率']),
  target('expectedClose', 'Closes on', 'day', 'expectedClose', ['close date', 'closedate', 'expected close date', '预计成交日期']),
  target('reason', 'Why it was won or lost', 'prose', '@reason', ['closed won reason', 'closed lost reason', 'reason']),
  target('lostReason', 'Why it was lost, in our words', 'choice', '@lostReason', ['loss reason'], lostReasons),
  target('nextStep', 'Next step', 'text', 'nextStep', ['nextstep', '下一步']),
  target('source', 'Source', 'text', 'source', ['lead source', 'leadsource', '来源']),
  target('ownerId', 'Owner (id)', 'text', 'ownerId', []),
  target('tags', 'Tags', 'slugs', 'tags', ['labels', '标签']),
]

export const ticketTargets = (): Target[] => [
  ...whom('customer', 'Customer', ['email', 'contact email', 'web email']),
  target('subject', 'Subject', 'text', 'subject', ['ticket name', 'title', '主题']),
  target('body', 'What the customer wrote', 'prose', 'body', ['description', 'ticket description', 'content', 'message', '内容']),
  target('state', 'State', 'choice', '@state', ['status', 'ticket status', '状态'], ['new', 'resolved', 'closed']),
  target('resolution', 'How it was solved', 'prose', '@resolution', ['solution', '解决方案']),
  target('priority', 'Priority', 'choice', 'priority', ['优先级'], priorities),
  target('channel', 'Channel', 'choice', 'channel', ['origin', 'source', '渠道'], ticketChannels),
  target('category', 'Category', 'slug', 'category', ['type', 'reason', '类别']),
  target('tags', 'Tags', 'slugs', 'tags', ['labels', '标签']),
]

export const interactionTargets = (): Target[] => [
  ...whom('customer', 'Customer', ['email', 'contact email']),
  target('kind', 'Kind', 'choice', 'kind', ['type', 'activity type', '类型'], interactionKinds),
  target('occurredAt', 'When', 'instant', 'occurredAt', ['date', 'activity date', 'timestamp', '时间', '日期']),
  target('direction', 'In or out', 'choice', 'direction', [], ['in', 'out']),
  target('subject', 'Subject', 'text', 'subject', ['title', '主题']),
  target('body', 'Text', 'prose', 'body', ['description', 'notes', 'comments', '内容', '备注']),
  target('durationMinutes', 'Minutes', 'integer', 'durationMinutes', ['duration', 'duration minutes', '时长']),
  target('channel', 'Channel', 'slug', 'channel', ['渠道']),
  target('outcome', 'Outcome', 'slug', 'outcome', ['result', '结果']),
]
