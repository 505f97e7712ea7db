import { Complaint } from '../complaint.ts'
import { flag, type JsonObject, number, object, text, texts } from '../json.ts'
import type { Resource } from './assembly.ts'
import type { Resolver } from './resolve.ts'
import type { ApiSpec, CorsSpec, JwtSpec, RouteSpec } from './spec.ts'

interface Named {
  readonly resource: Resource
  readonly properties: JsonObject
}

/** Reads `https://cognito-idp.REGION.amazonaws.com/POOL`, the only issuer that has a stand-in here. */
const poolOf = (issuer: string): string => {
  const found = /^https:\/\/cognito-idp\.[^/]+\/([^/]+)$/.exec(issuer)?.[1]
  if (found === undefined) throw new Complaint(`The local run knows only Cognito as an issuer of tokens, not ${issuer}.`)
  return found
}

const jwtOf = (authorizer: JsonObject): JwtSpec => {
  if (authorizer['AuthorizerType'] !== 'JWT') {
    throw new Complaint(`The local run knows JWT authorizers, not ${text(authorizer['AuthorizerType'])} (${text(authorizer['Name'])}).`)
  }
  const configuration = object(authorizer['JwtConfiguration'])
  return { poolId: poolOf(text(configuration['Issuer'])), audience: texts(configuration['Audience']) }
}

const corsOf = (cors: JsonObject): CorsSpec => ({
  origins: texts(cors['AllowOrigins']),
  methods: texts(cors['AllowMethods']),
  headers: texts(cors['AllowHeaders']).map((name) => name.toLowerCase()),
  exposed: texts(cors['ExposeHeaders']),
  credentials: flag(cors['AllowCredentials']),
  maxAgeSeconds: cors['MaxAge'] === undefined ? undefined : number(cors['MaxAge'], 0),
})

/** A Lambda ARN, alone or inside `arn:aws:apigateway:…:lambda:path/…/functions/ARN/invocations`, without alias or version. */
export const functionArnOf = (uri: string): string => /arn:aws:lambda:[^:]*:[^:]*:function:[\w-]+/.exec(uri)?.[0] ?? uri

/** Every HTTP API with its routes; the tables of one API refer to each other by id. */
export const apiSpecs = (resolver: Resolver, ref: (resource: Resource) => string): ApiSpec[] => {
  const all = (type: string): Named[] =>
    resolver.resources
      .filter((resource) => resource.type === `AWS::ApiGatewayV2::${type}`)
      .map((resource) => ({ resource, properties: resolver.properties(resource) }))
  const byRef = (type: string): Map<string, JsonObject> => new Map(all(type).map(({ resource, properties }) => [ref(resource), properties]))
  const [integrations, authorizers] = [byRef('Integration'), byRef('Authorizer')]

  const route = (properties: JsonObject): RouteSpec => {
    const key = text(properties['RouteKey'])
    const integration = integrations.get(text(properties['Target']).replace('integrations/', ''))
    if (integration?.['IntegrationType'] !== 'AWS_PROXY' || integration['PayloadFormatVersion'] !== '2.0') {
      throw new Complaint(`The local run knows AWS_PROXY integrations of payload format 2.0; route ${key} has another.`)
    }
    const secured = text(properties['AuthorizationType']) === 'JWT'
    return {
      key,
      functionArn: functionArnOf(text(integration['IntegrationUri'])),
      jwt: secured ? jwtOf(authorizers.get(text(properties['AuthorizerId'])) ?? {}) : undefined,
      scopes: texts(properties['AuthorizationScopes']),
    }
  }

  return all('Api').map(({ resource, properties }) => {
    const id = ref(resource)
    const stage = all('Stage').find((candidate) => candidate.properties['ApiId'] === id)
    return {
      id,
      stage: text(stage?.properties['StageName'] ?? '$default'),
      cors: properties['CorsConfiguration'] === undefined ? undefined : corsOf(object(properties['CorsConfiguration'])),
      routes: all('Route')
        .filter((candidate) => candidate.properties['ApiId'] === id)
        .map((candidate) => route(candidate.properties)),
    }
  })
}
