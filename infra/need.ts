import { Stack } from 'aws-cdk-lib'
import type { UserPool } from 'aws-cdk-lib/aws-cognito'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { budgetsAsText } from '../functions/budget.ts'
import type { StageConfig } from './config.ts'
import { indexNames } from './table.ts'

/** What a function uses: the right to it and the name it is known by, always together. */
export interface Need {
  readonly statements: readonly PolicyStatement[]
  readonly environment: Readonly<Record<string, string>>
  /** A finding of cdk-nag that comes with the right, and why it stands. */
  readonly accepted?: { readonly rule: string; readonly reason: string }
}

const itemReads = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query']
const itemWrites = [
  'dynamodb:PutItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:ConditionCheckItem',
]

/** Records of the table, read and written. No scan: no request and no schedule reads everything. */
export function records(table: TableV2): Need {
  return {
    statements: [
      new PolicyStatement({ actions: [...itemReads, ...itemWrites], resources: [table.tableArn] }),
      new PolicyStatement({ actions: ['dynamodb:Query'], resources: indexNames.map((name) => `${table.tableArn}/index/${name}`) }),
    ],
    environment: { TABLE_NAME: table.tableName },
  }
}

/** The right to read everything, page by page: for exports of the workspace and looks at the whole table. One function has it. */
export function everything(table: TableV2): Need {
  return { statements: [new PolicyStatement({ actions: ['dynamodb:Scan'], resources: [table.tableArn] })], environment: {} }
}

/** Single records of one kind that live alone, read only. */
export function recordReads(table: TableV2, noun: string): Need {
  return {
    statements: [
      new PolicyStatement({
        actions: ['dynamodb:GetItem'],
        resources: [table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${noun}#*`] }, Null: { 'dynamodb:LeadingKeys': 'false' } },
      }),
    ],
    environment: { TABLE_NAME: table.tableName },
  }
}

/** How many requests a stage's callers may send. */
export function budgetsOf({ api }: StageConfig): Need {
  return { statements: [], environment: { REQUEST_BUDGETS: budgetsAsText(api.budgets) } }
}

const accountActions = [
  'AdminCreateUser',
  'AdminUpdateUserAttributes',
  'AdminEnableUser',
  'AdminDisableUser',
  'AdminUserGlobalSignOut',
  'AdminListGroupsForUser',
  'AdminAddUserToGroup',
  'AdminRemoveUserFromGroup',
]

/** The right to make, change and shut accounts of the user pool. One function has it. */
export function accountsIn(pool: UserPool): Need {
  return {
    statements: [new PolicyStatement({ actions: accountActions.map((action) => `cognito-idp:${action}`), resources: [pool.userPoolArn] })],
    environment: { USER_POOL_ID: pool.userPoolId },
  }
}

/** The same of the bucket's ARN. */
const FILES_ARN_EXPORT = 'ExportsOutputFnGetAttFilesArn0F1426E9'

/**
 * The bucket's files, read and written; links are signed with the same rights. The bucket may be listed, since S3 tells only
 * those who may list it that a file is missing.
 */
export function files(bucket: Bucket): Need {
  return {
    statements: [
      new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [bucket.arnForObjects('*')] }),
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
    ],
    environment: { FILES_BUCKET: bucket.bucketName },
    accepted: {
      rule: `AwsSolutions-IAM5[Resource::${Stack.of(bucket).stackName}:${FILES_ARN_EXPORT}/*]`,
      reason: 'The files of this one bucket, which holds nothing else; their keys are made as they come.',
    },
  }
}

/** The same, with the right to remove a file and every version of it. */
export function filesAndRemoval(bucket: Bucket): Need {
  const { statements, ...rest } = files(bucket)
  const removal = ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:DeleteObjectVersion']
  return {
    statements: [
      ...statements,
      new PolicyStatement({ actions: removal, resources: [bucket.arnForObjects('*')] }),
      new PolicyStatement({ actions: ['s3:ListBucketVersions'], resources: [bucket.bucketArn] }),
    ],
    ...rest,
  }
}

/** The right to put events on the bus. */
export function eventsOn(bus: EventBus): Need {
  return {
    statements: [new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] })],
    environment: { BUS_NAME: bus.eventBusName },
  }
}

/** The right to send to a queue. @param variable the environment variable that holds the queue's address */
export function messagesTo(queue: Queue, variable: `${string}_QUEUE_URL`): Need {
  return {
    statements: [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] })],
    environment: { [variable]: queue.queueUrl },
  }
}

/** Name under which CDK exports the table's ARN from its stack; the same for every stage, since the table's logical id is pinned. */
const TABLE_ARN_EXPORT = 'ExportsOutputFnGetAttTableArn48754775'

/** What Lambda needs, in the function's name, to read the table's stream. */
export function changesOf(table: TableV2): Need {
  return {
    statements: [
      new PolicyStatement({
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [streamArn(table)],
      }),
      new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: [`${table.tableArn}/stream/*`] }),
    ],
    environment: {},
    accepted: {
      rule: `AwsSolutions-IAM5[Resource::${Stack.of(table).stackName}:${TABLE_ARN_EXPORT}/stream/*]`,
      reason: 'ListStreams is asked for before a stream is known; it covers the streams of this one table.',
    },
  }
}

/** What Lambda needs, in the function's name, to take messages from a queue. */
export function messagesFrom(queue: Queue): Need {
  return {
    statements: [
      new PolicyStatement({ actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], resources: [queue.queueArn] }),
    ],
    environment: {},
  }
}

/** The ARN of the table's stream. @throws Error when the table has none */
export function streamArn(table: TableV2): string {
  if (table.tableStreamArn === undefined) throw new Error('The table has no stream.')
  return table.tableStreamArn
}
