import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { accept } from './accept.ts'
import { pin } from './pin.ts'

/**
 * Files people attach, imports and exports. Private, over TLS only; what was overwritten or deleted can be had back for 90 days.
 * @param origins web pages that may upload and download with a signed link
 */
export function fileStore(scope: Construct, origins: readonly string[]): Bucket {
  const bucket = new Bucket(scope, 'Files', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
    lifecycleRules: [
      {
        id: 'leftovers',
        abortIncompleteMultipartUploadAfter: Duration.days(7),
        noncurrentVersionExpiration: Duration.days(90),
        expiredObjectDeleteMarker: true,
      },
      { id: 'exports', prefix: 'export/', expiration: Duration.days(14), noncurrentVersionExpiration: Duration.days(1) },
      { id: 'imports', prefix: 'import/', expiration: Duration.days(30), noncurrentVersionExpiration: Duration.days(1) },
    ],
    ...(origins.length > 0 && {
      cors: [
        {
          allowedOrigins: [...origins],
          allowedMethods: [HttpMethods.GET, HttpMethods.PUT],
          allowedHeaders: ['content-type'],
          exposedHeaders: ['etag'],
          maxAge: 3600,
        },
      ],
    }),
    removalPolicy: RemovalPolicy.RETAIN,
  })
  pin(bucket, 'Files')
  accept(
    bucket,
    'AwsSolutions-S1',
    'Files are reached only by short-lived links the API signs, and the API logs each; a second log would hold the same with addresses of people in it.',
  )
  return bucket
}
