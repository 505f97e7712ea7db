import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Complaint, EXIT } from './failure.ts'

/** Where the CRM is and how to sign in: from the environment, or as `crm login` kept it. */
export interface Session {
  url: string
  token?: string
  /** A machine client's own: tokens are fetched with them. */
  machine?: { tokenUrl: string; clientId: string; clientSecret: string }
}

export type Environment = Readonly<Record<string, string | undefined>>

function fileOf(environment: Environment): string {
  return join(environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'crm', 'session.json')
}

/** What the environment says, complete or not. */
function given(environment: Environment): Partial<Session> {
  const { CRM_URL, CRM_TOKEN, CRM_TOKEN_URL, CRM_CLIENT_ID, CRM_CLIENT_SECRET } = environment
  const machine = CRM_TOKEN_URL && CRM_CLIENT_ID && CRM_CLIENT_SECRET
  return {
    ...(CRM_URL && { url: CRM_URL }),
    ...(CRM_TOKEN && { token: CRM_TOKEN }),
    ...(machine && { machine: { tokenUrl: CRM_TOKEN_URL, clientId: CRM_CLIENT_ID, clientSecret: CRM_CLIENT_SECRET } }),
  }
}

/** @throws Complaint that says what is missing */
export function sessionOf(environment: Environment): Session {
  const file = fileOf(environment)
  const kept: Partial<Session> = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Session) : {}
  const said = given(environment)
  // What was kept for one address is not sent to another.
  const elsewhere = said.url !== undefined && said.url !== kept.url
  return complete(said.token || said.machine ? { ...(kept.url && { url: kept.url }), ...said } : { ...(elsewhere ? {} : kept), ...said })
}

function complete({ url, token, machine }: Partial<Session>): Session {
  if (!url) throw new Complaint('Say where the CRM is: set CRM_URL, or run `crm login`.')
  if (token || machine) return { url, ...(token && { token }), ...(machine && { machine }) }
  const how = 'set CRM_TOKEN, or CRM_TOKEN_URL, CRM_CLIENT_ID and CRM_CLIENT_SECRET, or run `crm login`'
  throw new Complaint(`Not signed in: ${how}.`, EXIT.notAllowed)
}

/** Keeps what the environment says for the commands after this one, readable by this person alone. @returns the file */
export function login(environment: Environment): string {
  const session = complete(given(environment))
  const file = fileOf(environment)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, JSON.stringify(session, null, 2), { mode: 0o600 })
  chmodSync(file, 0o600)
  return file
}

export function logout(environment: Environment): void {
  rmSync(fileOf(environment), { force: true })
}

/** Gives the session's token, or fetches one by client credentials (RFC 6749, section 4.4) and keeps it until it is refused. */
export function tokenOf({ token, machine }: Session): (how: { fresh: boolean }) => Promise<string> {
  let kept = machine ? undefined : token
  return async ({ fresh }) => {
    if (machine && (fresh || kept === undefined)) kept = await fetched(machine)
    return kept ?? ''
  }
}

async function fetched({ tokenUrl, clientId, clientSecret }: NonNullable<Session['machine']>): Promise<string> {
  const credentials = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  }).catch((error: unknown) => {
    throw new Complaint(`No token from ${tokenUrl}: ${error instanceof Error ? error.message : String(error)}`, EXIT.unreachable)
  })
  const body = (await answer.json().catch(() => ({}))) as { access_token?: unknown; error?: unknown }
  if (typeof body.access_token === 'string') return body.access_token
  throw new Complaint(
    `No token from ${tokenUrl}: ${answer.status} ${typeof body.error === 'string' ? body.error : ''}`.trim(),
    EXIT.notAllowed,
  )
}
