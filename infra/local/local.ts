import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createAuthorizer } from './api/authorizer.ts'
import { createControl } from './api/control.ts'
import { createGateway } from './api/gateway.ts'
import { type Bus, createBus } from './bus/bus.ts'
import { createDeliver, type Deliver } from './bus/target.ts'
import { startConsumers } from './consumers.ts'
import { ensureTable } from './engine/table.ts'
import type { Endpoints } from './function/environment.ts'
import { createFunctions, type Functions } from './function/registry.ts'
import { createCognito } from './identity/cognito.ts'
import { type Directory, openDirectory } from './identity/directory.ts'
import { tokenEndpoint } from './identity/endpoint.ts'
import { createTokens, seedUsers, type Tokens } from './identity/token.ts'
import { untilIdle } from './idle.ts'
import { type Issuer, openIssuer } from './issuer.ts'
import { keepExpiring, keptSecret, type Parts, startParts, watchEngine } from './parts.ts'
import { type Clock, type ScheduleView, startClock } from './schedule/clock.ts'
import { type Operations, secretOperations } from './service.ts'
import { createShutdown, type Shutdown } from './shutdown.ts'
import type { State } from './state.ts'
import { readTemplate, type Specification } from './template.ts'

export interface LocalOptions {
  /** 0 takes any free port. */
  readonly port: number
  /** Everything that must outlive a restart. */
  readonly dataDir: string
  /** The folder of the synthesized cloud assembly. */
  readonly assembly: string
  /** Variables over those the template gives a function, for a test: `{ REQUEST_BUDGETS: … }`. */
  readonly environment?: Readonly<Record<string, string>>
  /** Told what went wrong in a part, one line each. */
  readonly log?: (line: string) => void
}

/** A running stack. */
export interface Local {
  /** For example http://127.0.0.1:4000 */
  readonly url: string
  readonly issuer: string
  readonly dataDir: string
  readonly engine: string
  /** Where the stand-ins listen, for a test that looks behind the API. */
  readonly endpoints: Endpoints
  readonly specification: Specification
  /** The roles `token` knows: one user each, named `usr_ROLE`, and `integration`, a machine client. */
  readonly roles: readonly string[]
  /** A valid access token of a role or a username. */
  token(who: string): Promise<string>
  schedules(): ScheduleView[]
  /** Fires a schedule now. */
  runSchedule(name: string): Promise<void>
  /** Settles only if a part ends by itself, with what to tell the person. */
  readonly broken: Promise<string>
  /** Removes expired items from the table now. */
  expire(): Promise<void>
  /** Resolves once stream, bus and queues hold nothing that can be handled now. @throws after `timeoutMs` */
  idle(timeoutMs?: number): Promise<void>
  stop(): Promise<void>
}

interface Wiring {
  readonly deliver: Deliver
  readonly functions: Functions
  readonly bus: Bus
}

/** The hosted sign-in that the template names, as served here: the same paths under the API's own address. */
const hostedSignIn = /https:\/\/[\w-]+\.auth\.[\w-]+\.amazoncognito\.com/g

const atHome = (environment: Readonly<Record<string, string>>, address: string): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace(hostedSignIn, address)]))

const wire = (specification: Specification, parts: Parts, dataDir: string, log: (line: string) => void, over: LocalOptions): Wiring => {
  const specs = specification.functions.map((spec) => ({
    ...spec,
    environment: { ...atHome(spec.environment, parts.api.url), ...over.environment },
  }))
  const functions = createFunctions(specs, {
    endpoints: parts.endpoints,
    log,
    logFileOf: (name) => join(dataDir, 'log', `${name}.log`),
    sendTo: (arn, body) => parts.queues.send(arn, body),
  })
  const deliver = createDeliver(parts.queues, functions, log)
  return { deliver, functions, bus: createBus(specification.buses, specification.rules, deliver) }
}

const warmApi = (specification: Specification, functions: Functions): Promise<unknown> => {
  const routed = new Set(specification.apis.flatMap((api) => api.routes.map((route) => route.functionArn)))
  return Promise.all([...routed].map((arn) => functions.find(arn).warm()))
}

/** The operations the stack's functions may call beside table and queues. */
const operationsOf = (specification: Specification, directory: Directory, bus: Bus): Operations => {
  const users = Object.entries(createCognito(specification.pools, directory))
  return {
    ...Object.fromEntries(users.map(([name, operation]) => [`AWSCognitoIdentityProviderService.${name}`, operation])),
    ...secretOperations(specification.secrets, specification.parameters),
    'AWSEvents.PutEvents': (input) => bus.putEvents(input),
  }
}

interface People {
  readonly issuer: Issuer
  readonly directory: Directory
  readonly tokens: Tokens
}

/** The stand-in of the user pools, with a user for each role. */
const openPeople = async (specification: Specification, state: State, origin: string): Promise<People> => {
  const issuer = await openIssuer(state, origin)
  const directory = openDirectory(state)
  seedUsers(specification.pools, directory)
  return { issuer, directory, tokens: createTokens(specification.pools, directory, issuer) }
}

const serveApi = (
  { api, endpoints }: Parts,
  { apis, pools }: Specification,
  functions: Functions,
  { issuer, tokens }: People,
  clock: Clock,
): void => {
  const [http] = apis
  const authorize = createAuthorizer(issuer)
  const gateway = http === undefined ? undefined : createGateway({ api: http, functions, authorize, port: () => api.port })
  api.serve(gateway, createControl({ issuer, tokenEndpoint: tokenEndpoint(pools, tokens), clock, endpoints }))
}

/** A function at work has a moment to finish its batch; what it leaves is done again after the next start. */
const graceMs = 3_000

const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  await Promise.race([work, wait(ms, undefined, { ref: false })])
}

/** Consumers and clock begin before the API takes requests, so that nothing a request causes is missed. */
const run = async (options: LocalOptions, dataDir: string, log: (line: string) => void, shutdown: Shutdown): Promise<Local> => {
  const parts = await startParts(options.port, dataDir, log, shutdown)
  const { state, api, engine, queues, endpoints } = parts
  const specification = readTemplate(options.assembly, { api: api.url, queues: queues.url, secret: keptSecret(state) })
  queues.prepare(specification.queues, specification.buckets)
  for (const table of specification.tables) await ensureTable(engine.endpoint, table)
  keepExpiring(engine, shutdown, log)
  const people = await openPeople(specification, state, api.url)

  const { deliver, functions, bus } = wire(specification, parts, dataDir, log, options)
  parts.serve(operationsOf(specification, people.directory, bus))
  shutdown.add(() => functions.stop())
  const consumers = await startConsumers({ specification, functions, server: queues, tableEndpoint: engine.endpoint, state, log })
  shutdown.add(() => within(graceMs, Promise.all(consumers.map((consumer) => consumer.stop()))))
  const clock = startClock(specification.schedules, deliver, state)
  shutdown.add(() => clock.stop())
  serveApi(parts, specification, functions, people, clock)
  shutdown.add(() => api.stop())
  await warmApi(specification, functions)
  return {
    url: api.url,
    issuer: people.issuer.urlOf(specification.pools[0]?.id ?? ''),
    dataDir,
    engine: engine.name,
    endpoints,
    specification,
    roles: people.tokens.roles,
    broken: watchEngine(engine, dataDir, shutdown),
    token: (who) => people.tokens.mint(who),
    schedules: () => clock.list(),
    runSchedule: async (name) => clock.run(name),
    expire: () => engine.expire?.() ?? Promise.resolve(),
    idle: (timeoutMs = 60_000) => untilIdle(functions, consumers, timeoutMs),
    stop: () => shutdown.run(),
  }
}

/**
 * Runs a synthesized stack on this machine with real parts under it.
 * @throws Complaint for what the caller can solve: port in use, no engine, unreadable data, a form not understood
 * @example
 * const local = await startLocal({ port: 0, dataDir: '/tmp/crm', assembly: 'cdk.out' });
 * await fetch(`${local.url}/v1/customers`, { headers: { authorization: `Bearer ${await local.token('sales')}` } });
 * await local.idle();
 * await local.stop();
 */
export const startLocal = async (options: LocalOptions): Promise<Local> => {
  const log = options.log ?? (() => undefined)
  const dataDir = resolve(options.dataDir)
  const shutdown = createShutdown(log)
  try {
    return await run(options, dataDir, log, shutdown)
  } catch (thrown) {
    await shutdown.run()
    throw thrown
  }
}
