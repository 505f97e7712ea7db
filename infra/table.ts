import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, Billing, ProjectionType, StreamViewType, TableV2, type GlobalSecondaryIndexPropsV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import { keyNames, projections, ttlName, type IndexName } from '../domain/kernel/table/shape.ts'
import type { StageConfig } from './config.ts'
import { pin } from './pin.ts'

/** The indexes, in the order they were introduced. CloudFormation changes one of them per deployment. */
export const indexNames: readonly IndexName[] = ['list', 'owner', 'due']

const text = (name: string) => ({ name, type: AttributeType.STRING })

function indexOf(name: IndexName): GlobalSecondaryIndexPropsV2 {
  const carried = projections[name]
  return {
    indexName: name,
    partitionKey: text(keyNames[name].pk),
    sortKey: text(keyNames[name].sk),
    projectionType: carried.length > 0 ? ProjectionType.INCLUDE : ProjectionType.KEYS_ONLY,
    ...(carried.length > 0 && { nonKeyAttributes: [...carried] }),
  }
}

/** The one table, as `shape.ts` describes it: three indexes, a TTL, a stream of both images, restorable to any second of 35 days. */
export function crmTable(scope: Construct, config: StageConfig): TableV2 {
  const table = new TableV2(scope, 'Table', {
    partitionKey: text(keyNames.base.pk),
    sortKey: text(keyNames.base.sk),
    globalSecondaryIndexes: indexNames.map(indexOf),
    timeToLiveAttribute: ttlName,
    dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    billing: Billing.onDemand({ maxReadRequestUnits: config.table.maxReadUnits, maxWriteRequestUnits: config.table.maxWriteUnits }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  pin(table, 'Table')
  return table
}
