import { App, Stack, Tags, Validations, type StackProps } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { join } from 'node:path'
import { Api } from './api.ts'
import { Automation } from './automation.ts'
import { bundle, type Bundles } from './bundle.ts'
import { checked, configOf, type StageConfig } from './config.ts'
import { CrmFunction } from './crm-function.ts'
import { budgetsOf, files, records } from './need.ts'
import { writeDocs } from './docs-page.ts'
import { StateStack } from './state-stack.ts'
import { Watch } from './watch.ts'

/** CDK behaviours that are off unless asked for. Here and not in cdk.json, so that a synthesis without the CLI is the same. */
const behaviours = {
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-events:eventsTargetQueueSameAccount': true,
  // A stack that others read from refuses to drop what they read: right for one that holds the data.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  // CloudFormation's own schemas: what they refuse fails here, not halfway through a deployment.
  '@aws-cdk/core:validateAgainstDefaultRules': true,
}

/** CloudFormation takes tags of a dashboard since 2026 only, and not everywhere. */
const untagged = ['AWS::CloudWatch::Dashboard']

/** The application: everything that can be taken down and put up again. */
export class CrmStack extends Stack {
  constructor(app: App, config: StageConfig, state: StateStack, bundles: Bundles, props: StackProps = {}) {
    super(app, `${config.stage}-crm-app`, { description: `CRM ${config.stage}: API, automation, alarms.`, ...props })
    const workshop = { config, bundles }
    const { table, signIn, files: bucket } = state
    const automation = new Automation(this, 'Automation', workshop, table, signIn.pool, bucket)
    const budgets = budgetsOf(config)
    const api = new CrmFunction(this, 'api', workshop, { summary: 'Answers daily work' }).uses(records(table), budgets)
    const value = new CrmFunction(this, 'value', workshop, { summary: 'Answers insight and loyalty' }).uses(records(table), budgets)
    const asset = new CrmFunction(this, 'asset', workshop, { summary: 'Answers search, quality, segments, events, gatherings' }).uses(
      records(table),
      budgets,
    )
    const transfer = new CrmFunction(this, 'transfer', workshop, { summary: 'Answers imports, exports, changes of many, privacy' }).uses(
      records(table),
      files(bucket),
      budgets,
    )
    const docs = new CrmFunction(this, 'docs', workshop, { summary: 'Describes the API to anyone' }).uses({
      statements: [],
      environment: { SIGN_IN_URL: signIn.address },
    })
    const http = new Api(this, 'Http', { config, signIn, api, value, asset, transfer, docs })
    const { project, publish, react, people, sweep, haul, deliver } = automation
    const functions = [
      api,
      value,
      asset,
      transfer,
      docs,
      ...[project, publish, react, people, sweep, haul, deliver].map(({ does }) => does),
    ]
    new Watch(this, 'Watch', { config, api: http, functions, automation, table })
  }
}

export interface AppFacts {
  /** The stage, when the context does not name it. */
  readonly stage?: string
  /** A configuration instead of a named stage's. */
  readonly config?: StageConfig
  /** Where the cloud assembly is written. */
  readonly outdir?: string
}

export interface CrmApp {
  readonly app: App
  readonly state: StateStack
  readonly crm: CrmStack
  readonly bundles: Bundles
}

/** Both stacks of a stage, ready for `app.synth()`. Needs no credentials, no network and no CLI. */
export function crmApp(facts: AppFacts = {}): CrmApp {
  const app = new App({ analyticsReporting: false, context: behaviours, ...(facts.outdir !== undefined && { outdir: facts.outdir }) })
  const named: unknown = app.node.tryGetContext('stage')
  const config = facts.config ? checked(facts.config) : configOf(typeof named === 'string' ? named : (facts.stage ?? 'dev'))
  const bundles = bundle(app.outdir)
  writeDocs(join(bundles.folder('docs'), 'docs'))
  const state = new StateStack(app, config)
  const crm = new CrmStack(app, config, state, bundles)
  for (const [key, value] of Object.entries({ product: 'crm', stage: config.stage }))
    Tags.of(app).add(key, value, { excludeResourceTypes: untagged })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return { app, state, crm, bundles }
}
