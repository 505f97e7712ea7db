import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
  type CorsPreflightOptions,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { modules as whole } from '../domain/asset.ts'
import { modules as daily } from '../domain/daily.ts'
import { modules as moves } from '../domain/transfer.ts'
import { modules as worth } from '../domain/value.ts'
import type { Module } from '../domain/kernel/module.ts'
import { publicPaths } from '../functions/docs.ts'
import { folded, type Answered } from '../functions/folding.ts'
import { VERSION_PREFIX } from '../functions/http.ts'
import { accept } from './accept.ts'
import type { CrmFunction } from './crm-function.ts'
import type { StageConfig } from './config.ts'
import type { SignIn } from './sign-in.ts'

export interface ApiFacts {
  readonly config: StageConfig
  readonly signIn: SignIn
  /** Answers the routes of daily work. */
  readonly api: CrmFunction
  /** Answers those of insight and loyalty. */
  readonly value: CrmFunction
  /** Answers search, quality, segments, events and gatherings. */
  readonly asset: CrmFunction
  /** Answers imports, exports, changes of many, and privacy. */
  readonly transfer: CrmFunction
  /** Answers the public paths: the API's description and its health. */
  readonly docs: CrmFunction
}

/**
 * Fields of an access log line. No address, no user agent, no name: the request id leads to the function's own lines.
 * `why` is what went wrong before the function was asked, such as a token that is not valid.
 */
const logLine = {
  requestId: '$context.requestId',
  at: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  ms: '$context.responseLatency',
  functionMs: '$context.integrationLatency',
  bytes: '$context.responseLength',
  why: '$context.authorizer.error',
  error: '$context.integrationErrorMessage',
}

/** The HTTP API: what leads to every declared route, behind the sign-in but for those that say they are public; the docs beside them. */
export class Api extends Construct {
  readonly http: HttpApi
  readonly stage: HttpStage

  constructor(scope: Construct, id: string, { config, signIn, api, value, asset, transfer, docs }: ApiFacts) {
    super(scope, id)
    const name = `${config.stage}-crm`
    this.http = new HttpApi(this, 'Http', {
      apiName: name,
      description: `CRM ${config.stage}`,
      createDefaultStage: false,
      ...(config.api.origins.length > 0 && { corsPreflight: corsFor(config.api.origins) }),
    })
    this.stage = this.defaultStage(config)
    const authorizer = new HttpUserPoolAuthorizer('SignedIn', signIn.pool, { userPoolClients: [signIn.staff, signIn.machine] })
    // One permission for all routes of a function: the default, one a route, overflows the function's policy.
    const leadTo = (of: string, to: CrmFunction) => new HttpLambdaIntegration(of, to.lambda, { scopePermissionToRoute: false })
    const everyday = leadTo('Api', api)
    const declared = [
      ...answered(daily, everyday),
      ...answered(worth, leadTo('Value', value)),
      ...answered(whole, leadTo('Asset', asset)),
      ...answered(moves, leadTo('Transfer', transfer)),
    ]
    const [open, guarded] = [declared.filter((route) => route.public), declared.filter((route) => !route.public)]
    for (const one of folded(guarded, everyday, VERSION_PREFIX)) this.route(one, authorizer)
    for (const one of open)
      accept(this.route(one), 'AwsSolutions-APIG4', 'Public on purpose: the secret in its path is the key, checked by the action.')
    const show = leadTo('Docs', docs)
    for (const path of publicPaths)
      accept(
        this.route({ method: 'GET', path: VERSION_PREFIX + path, by: show }),
        'AwsSolutions-APIG4',
        'Public on purpose: the description of the API and its health, from a function with no rights.',
      )
    new CfnOutput(this, 'ApiUrl', { value: this.http.apiEndpoint }).overrideLogicalId('ApiUrl')
    new CfnOutput(this, 'DocsUrl', { value: `${this.http.apiEndpoint}${VERSION_PREFIX}/docs` }).overrideLogicalId('DocsUrl')
  }

  private route({ method, path, by: integration }: Answered<HttpLambdaIntegration>, authorizer?: HttpUserPoolAuthorizer): HttpRoute {
    return new HttpRoute(this, `${method} ${path.slice(VERSION_PREFIX.length)}`, {
      httpApi: this.http,
      routeKey: HttpRouteKey.with(path, HttpMethod[method]),
      integration,
      ...(authorizer && { authorizer }),
    })
  }

  private defaultStage(config: StageConfig): HttpStage {
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/vendedlogs/${config.stage}-crm-access`,
      retention: config.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    return new HttpStage(this, 'Stage', {
      httpApi: this.http,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: config.api.ratePerSecond, burstLimit: config.api.burst },
      accessLogSettings: { destination: new LogGroupLogDestination(log), format: AccessLogFormat.custom(JSON.stringify(logLine)) },
    })
  }
}

/** The routes of some modules, as API Gateway takes them. */
const answered = <F>(modules: readonly Module[], by: F) =>
  modules.flatMap(({ routes }) => routes.map((route) => ({ ...route, path: VERSION_PREFIX + route.path, by })))

function corsFor(origins: readonly string[]): CorsPreflightOptions {
  return {
    allowOrigins: [...origins],
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.PATCH, CorsHttpMethod.DELETE],
    allowHeaders: ['authorization', 'content-type', 'if-match', 'if-none-match', 'idempotency-key'],
    exposeHeaders: ['etag', 'link', 'location', 'idempotent-replayed', 'retry-after', 'ratelimit', 'ratelimit-policy'],
    maxAge: Duration.hours(1),
  }
}
