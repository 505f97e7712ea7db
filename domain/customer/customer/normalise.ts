import type { CountryCode } from 'libphonenumber-js/min'
import type { Ctx } from '../../kernel/context.ts'
import { fault, type Issue } from '../../kernel/fault.ts'
import { customSchema, workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import { manyPrimaries, misplacedFields, type Customer, type SomeFields } from './customer.ts'

/**
 * A customer file made uniform: phones in E.164 (a national number is read in the customer's country, else the
 * workspace's), custom fields as the workspace defines them, one primary of a kind, no field that the kind cannot have.
 * @throws Fault `invalid` with every issue at once
 */
export async function normalised<T extends SomeFields>(ctx: Ctx, file: T, kind: Customer['kind']): Promise<T> {
  const workspace = await workspaceOf(ctx)
  const { phones, issues: phoneIssues } = await phonesOf(file, workspace)
  const issues = [
    ...phoneIssues,
    ...customIssues(file, workspace),
    ...misplacedFields({ ...file, kind }).map((path) => ({ path, code: 'not_for_kind', message: `A ${kind} has no ${path}.` })),
    ...manyPrimaries(file).map((path) => ({ path, code: 'many_primaries', message: 'Only one can be primary.' })),
    ...repeated(file),
  ]
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
  return phones ? { ...file, phones } : file
}

/** The numbering plans of all countries are loaded when the first number is read, not at every start. */
async function phonesOf(file: SomeFields, workspace: Workspace): Promise<{ phones?: Customer['phones']; issues: Issue[] }> {
  if (!file.phones || file.phones.length === 0) return { issues: [] }
  const { parsePhoneNumberFromString } = await import('libphonenumber-js/min')
  const country = (file.country ?? workspace.country) as CountryCode
  const issues: Issue[] = []
  const phones = file.phones.map((one, at) => {
    const parsed = parsePhoneNumberFromString(one.number, country)
    if (!parsed?.isPossible())
      issues.push({ path: `phones.${at}.number`, code: 'not_a_phone', message: `Not a phone number in ${country}; write it as +86…` })
    return { ...one, number: parsed?.number ?? one.number }
  })
  return { phones, issues }
}

function customIssues(file: SomeFields, workspace: Workspace): Issue[] {
  if (!file.custom) return []
  const parsed = customSchema(workspace.customFields).safeParse(file.custom)
  if (parsed.success) return []
  const names = workspace.customFields.map((field) => field.name).join(', ') || 'none yet'
  return parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: `custom.${key}`, code: 'unknown_field', message: `The workspace defines: ${names}.` }))
      : [{ path: ['custom', ...issue.path].join('.'), code: issue.code, message: issue.message }],
  )
}

/** An identity given twice in one file. */
function repeated(file: SomeFields): Issue[] {
  const lists: [string, string[]][] = [
    ['emails', (file.emails ?? []).map((one) => one.address)],
    ['phones', (file.phones ?? []).map((one) => one.number)],
    ['externalIds', (file.externalIds ?? []).map((one) => `${one.system} ${one.id}`)],
  ]
  return lists.flatMap(([path, values]) =>
    values.flatMap((value, at) =>
      values.indexOf(value) < at ? [{ path: `${path}.${at}`, code: 'repeated', message: 'Given twice.' }] : [],
    ),
  )
}
