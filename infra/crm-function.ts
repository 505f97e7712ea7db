import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing, type RecursiveLoop } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { accept } from './accept.ts'
import type { Bundles } from './bundle.ts'
import type { FunctionName, StageConfig } from './config.ts'
import type { Need } from './need.ts'

/** What every function of a stage is made from. */
export interface Workshop {
  readonly config: StageConfig
  readonly bundles: Bundles
}

export interface FunctionFacts {
  readonly summary: string
  /** What Lambda does when the function's messages lead to itself; terminates the chain unless told otherwise. */
  readonly recursiveLoop?: RecursiveLoop
  /**
   * Whether X-Ray records its runs; it does unless told otherwise. Lambda records the first run of every second, so of a function
   * that the clock starts it would record, and charge for, every one: 465,000 a month that found nothing to do.
   */
  readonly traced?: false
}

/** The one way a function is made here: runtime, processor, size, log group, tracing, and no right but those it is given. */
export class CrmFunction extends Construct {
  readonly lambda: LambdaFunction
  readonly logGroup: LogGroup
  readonly name: FunctionName
  private readonly role: Role

  constructor(scope: Construct, name: FunctionName, { config, bundles }: Workshop, facts: FunctionFacts) {
    super(scope, name)
    this.name = name
    const { memoryMb, timeoutSeconds, reserved } = sizeOf(config, name)
    const functionName = `${config.stage}-crm-${name}`
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: config.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Rights of ${functionName}`,
    })
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] }),
    )
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName,
      description: facts.summary,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundles.folder(name)),
      handler: 'index.handler',
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      role: this.role,
      logGroup: this.logGroup,
      tracing: facts.traced === false ? Tracing.DISABLED : Tracing.ACTIVE,
      environment: { STAGE: config.stage, POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_SERVICE_NAME: `${config.stage}-crm` },
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      ...(facts.recursiveLoop && { recursiveLoop: facts.recursiveLoop }),
    })
    if (facts.traced !== false)
      accept(
        this.role,
        'AwsSolutions-IAM5[Resource::*]',
        'Traces: xray:PutTraceSegments and xray:PutTelemetryRecords belong to no resource.',
      )
  }

  /** Gives the function what it needs: the right and the environment variable in one move. */
  uses(...needs: readonly Need[]): this {
    for (const need of needs) {
      for (const statement of need.statements) this.role.addToPolicy(statement)
      for (const [name, value] of Object.entries(need.environment)) this.lambda.addEnvironment(name, value)
      if (need.accepted) accept(this.role, need.accepted.rule, need.accepted.reason)
    }
    return this
  }
}

/** A function's memory and time-out. */
export function sizeOf(config: StageConfig, name: FunctionName): StageConfig['functions'][FunctionName] {
  return config.functions[name]
}
