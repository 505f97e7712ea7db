import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { newKey } from '../domain/kernel/id.ts'
import { configOf } from './config.ts'

const root = resolve(import.meta.dirname, '..')
const outputsFile = join(root, 'cdk.out', 'outputs.json')

/** What the CLI is called with. Without a terminal nobody can answer its question about new rights, so then it asks none. */
export function deployArguments(stage: string, more: readonly string[], asks: boolean): string[] {
  return [
    join(root, 'node_modules/aws-cdk/bin/cdk'),
    'deploy',
    '--all',
    '--context',
    `stage=${stage}`,
    '--outputs-file',
    outputsFile,
    '--require-approval',
    asks ? 'broadening' : 'never',
    ...more,
  ]
}

/** How the first person gets in. The user name is the person's id in the CRM. */
export function firstAdmin(outputs: Readonly<Record<string, string>>, userId: string): string {
  const pool = `--user-pool-id ${outputs['UserPoolId'] ?? '<UserPoolId>'}`
  return [
    `aws cognito-idp admin-create-user ${pool} --username ${userId} --user-attributes Name=email,Value=you@example.com Name=email_verified,Value=true`,
    `aws cognito-idp admin-add-user-to-group ${pool} --username ${userId} --group-name admin`,
  ].join('\n')
}

/** Outputs of both stacks by name. */
export function outputsIn(text: string): Record<string, string> {
  const stacks = JSON.parse(text) as Record<string, Record<string, string>>
  const all = Object.assign({}, ...Object.values(stacks)) as Record<string, string>
  return Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('ExportsOutput')))
}

function deploy(): number {
  const { values, tokens } = parseArgs({ options: { stage: { type: 'string' } }, strict: false, tokens: true })
  if (typeof values.stage !== 'string') {
    console.error('Which stage? For example: npm run deploy -- --stage prod')
    return 2
  }
  configOf(values.stage)
  const more = tokens.flatMap((token) =>
    token.kind === 'option' && token.name !== 'stage' ? [token.rawName, ...(token.value === undefined ? [] : [token.value])] : [],
  )
  // The CLI runs `node infra/app.ts` of cdk.json: it must be this Node, which reads TypeScript.
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const { status } = spawnSync(process.execPath, deployArguments(values.stage, more, Boolean(process.stdin.isTTY)), {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path, CDK_DISABLE_CLI_TELEMETRY: 'true' },
  })
  if (status !== 0) {
    console.error('\nNot deployed. The account needs credentials (`aws sts get-caller-identity` shows whose) and, once for each region,')
    console.error('`npx cdk bootstrap aws://<account>/<region>`.')
    return status ?? 1
  }
  if (existsSync(outputsFile)) tell(outputsIn(readFileSync(outputsFile, 'utf8')))
  return 0
}

function tell(outputs: Record<string, string>): void {
  console.log('\nDeployed.')
  for (const [name, value] of Object.entries(outputs)) console.log(`  ${name.padEnd(16)} ${value}`)
  console.log(`\nThe first administrator, once:\n${firstAdmin(outputs, `usr_${newKey(Date.now(), (size) => randomBytes(size))}`)}`)
  console.log('\nThe secret of the machine client, once:')
  console.log(
    `aws cognito-idp describe-user-pool-client --user-pool-id ${outputs['UserPoolId']} --client-id ${outputs['MachineClientId']} --query UserPoolClient.ClientSecret --output text`,
  )
}

if (import.meta.main) {
  try {
    process.exitCode = deploy()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
}
