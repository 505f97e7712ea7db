import * as z from 'zod'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'

/** The functions of the product; each has its own rights. */
export const functionNames = [
  'api',
  'value',
  'asset',
  'transfer',
  'docs',
  'project',
  'publish',
  'react',
  'people',
  'sweep',
  'haul',
  'deliver',
] as const
export type FunctionName = (typeof functionNames)[number]

/** Roles a machine may be given, as scopes of its tokens: `crm/integration`. A machine has no records of its own, so the others say nothing. */
export const machineRoles = ['integration', 'viewer', 'admin'] as const

const units = () => z.int().min(10).max(40_000)
const size = () =>
  z.strictObject({
    memoryMb: z.int().min(128).max(10_240),
    timeoutSeconds: z.int().min(1).max(900),
    /**
     * Copies kept for this function alone, which are then also the most it gets. None by default: an account has 1,000 copies
     * for all its functions, a new one 10, and what is kept for one is taken from the others; Lambda refuses to go below 100 for
     * the rest. Worth it where workers and requests must never take each other's place: `react: { …, reserved: 20 }`.
     */
    reserved: z.int().min(1).max(900).optional(),
  })
const requests = () => z.int().min(10).max(1_000_000)
const webAddress = () => z.url({ protocol: /^(https|http)$/ })

const stageShape = () =>
  z.strictObject({
    /** Name of the stage, the first part of every resource's name. */
    stage: z.string().regex(/^[a-z][a-z0-9]{1,11}$/, 'two to twelve small letters and digits'),
    /** Gets the alarms by mail. Amazon SNS asks it once to confirm. */
    alarmEmail: z.email().optional(),
    /** Where runbooks can be read, for the links in alarms. Without it the links are paths in the repository. */
    runbookBase: z.url().optional(),
    /** How long logs are kept. Days. */
    logDays: z.enum(RetentionDays),
    /** A mail is sent at 80 and 100 % of this many US dollars a month. */
    monthlyBudgetUsd: z.int().min(1).optional(),
    functions: z.record(z.enum(functionNames), size()),
    api: z.strictObject({
      /** Requests a second over all clients, and how many above it at once; beyond them 429. */
      ratePerSecond: z.int().min(1),
      burst: z.int().min(1),
      /**
       * Requests a window for one person, one machine client, one address without a token, and all together; beyond them 429.
       * The window slides. See functions/limit.ts for how exact that is, and what it costs.
       */
      budgets: z.strictObject({
        windowSeconds: z.int().min(1).max(60),
        person: requests(),
        machine: requests(),
        open: requests(),
        workspace: requests(),
      }),
      /** Web pages elsewhere that may call the API from a browser. Empty: none. */
      origins: z.array(webAddress()),
      /** The alarm for slowness: 99 of 100 requests are answered within. Milliseconds. */
      slowMs: z.int().min(50),
    }),
    table: z.strictObject({
      /** On-demand capacity stops here: a guard against a bill, far above real use. Units a second. */
      maxReadUnits: units(),
      maxWriteUnits: units(),
    }),
    signIn: z.strictObject({
      /** Pages of the web console that sign-in may return to. */
      callbackUrls: z.array(webAddress()).min(1),
      logoutUrls: z.array(webAddress()).min(1),
      mfa: z.enum(['optional', 'required']),
      /** Hosted sign-in is at `<prefix>.auth.<region>.amazoncognito.com`; unique in the region. Without it: stage, crm, account. */
      domainPrefix: z
        .string()
        .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
        .optional(),
      /** Roles of the one machine client that is made with the stack. */
      machineRoles: z.array(z.enum(machineRoles)).min(1),
    }),
    events: z.strictObject({
      /** Events on the bus are kept this long for replay; 0 keeps none, since the table's log has them all. */
      archiveDays: z.int().min(0),
      /** Copies of a function that work on its queue at once. */
      reactConcurrency: z.int().min(2).max(1000),
      sweepConcurrency: z.int().min(2).max(1000),
      haulConcurrency: z.int().min(2).max(1000),
      deliverConcurrency: z.int().min(2).max(1000),
    }),
  })

/** Everything that may differ between deployments. */
export type StageConfig = z.output<ReturnType<typeof stageShape>>

const sizes: StageConfig['functions'] = {
  api: { memoryMb: 1024, timeoutSeconds: 20 },
  value: { memoryMb: 1024, timeoutSeconds: 20 },
  asset: { memoryMb: 1024, timeoutSeconds: 20 },
  transfer: { memoryMb: 1024, timeoutSeconds: 20 },
  docs: { memoryMb: 256, timeoutSeconds: 5 },
  project: { memoryMb: 512, timeoutSeconds: 60 },
  publish: { memoryMb: 256, timeoutSeconds: 30 },
  react: { memoryMb: 512, timeoutSeconds: 60 },
  people: { memoryMb: 256, timeoutSeconds: 30 },
  sweep: { memoryMb: 512, timeoutSeconds: 120 },
  haul: { memoryMb: 1024, timeoutSeconds: 120 },
  deliver: { memoryMb: 256, timeoutSeconds: 60 },
}

/**
 * 30 a second for a person, whose browser asks for a handful a page; 100 for a shop; 600 in all, below what the gateway lets
 * through. The window is short, since a whole window's requests may come at once, and the others wait for as long as they take.
 */
const budgets: StageConfig['api']['budgets'] = { windowSeconds: 2, person: 60, machine: 200, open: 20, workspace: 1_200 }
/** Where test data is loaded, and `npm start --demo` loads a shop. */
const wideBudgets: StageConfig['api']['budgets'] = { windowSeconds: 10, person: 2_000, machine: 10_000, open: 500, workspace: 20_000 }

const localConsole = 'http://localhost:5173/'

const stages: readonly StageConfig[] = [
  {
    stage: 'dev',
    logDays: RetentionDays.TWO_WEEKS,
    functions: sizes,
    api: { ratePerSecond: 50, burst: 100, budgets: wideBudgets, origins: ['http://localhost:5173'], slowMs: 2_000 },
    table: { maxReadUnits: 500, maxWriteUnits: 500 },
    signIn: { callbackUrls: [localConsole], logoutUrls: [localConsole], mfa: 'optional', machineRoles: ['integration'] },
    events: { archiveDays: 0, reactConcurrency: 2, sweepConcurrency: 2, haulConcurrency: 2, deliverConcurrency: 2 },
  },
  {
    stage: 'staging',
    logDays: RetentionDays.ONE_MONTH,
    functions: sizes,
    api: { ratePerSecond: 200, burst: 400, budgets, origins: ['http://localhost:5173'], slowMs: 1_000 },
    table: { maxReadUnits: 2_000, maxWriteUnits: 2_000 },
    signIn: { callbackUrls: [localConsole], logoutUrls: [localConsole], mfa: 'optional', machineRoles: ['integration'] },
    events: { archiveDays: 0, reactConcurrency: 5, sweepConcurrency: 5, haulConcurrency: 2, deliverConcurrency: 5 },
  },
  {
    stage: 'prod',
    logDays: RetentionDays.THREE_MONTHS,
    functions: sizes,
    api: { ratePerSecond: 1_000, burst: 2_000, budgets, origins: [], slowMs: 1_000 },
    table: { maxReadUnits: 10_000, maxWriteUnits: 10_000 },
    signIn: { callbackUrls: [localConsole], logoutUrls: [localConsole], mfa: 'optional', machineRoles: ['integration'] },
    events: { archiveDays: 0, reactConcurrency: 10, sweepConcurrency: 10, haulConcurrency: 2, deliverConcurrency: 10 },
  },
]

export const stageNames: readonly string[] = stages.map(({ stage }) => stage)

/** The checked configuration of a stage. @throws Error that names the stages there are, or every wrong value */
export function configOf(stage: string): StageConfig {
  const found = stages.find((one) => one.stage === stage)
  if (!found) throw new Error(`There is no stage ${stage}: choose ${stageNames.join(', ')}, or add one in infra/config.ts.`)
  return checked(found)
}

/** A configuration made elsewhere, held against the same rules. */
export function checked(config: unknown): StageConfig {
  const parsed = stageShape().safeParse(config)
  if (!parsed.success) throw new Error(`The configuration in infra/config.ts is not valid.\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}
