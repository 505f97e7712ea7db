import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { once } from '../domain/kernel/action.ts'
import { FileMissing, type Files } from '../domain/kernel/files.ts'
import { lambdaCredentials } from '../domain/kernel/table/client.ts'

/** What the client needs to know; the rest is the same everywhere. */
export interface BucketFacts {
  bucket: string
  region: string
  /** Where S3 is, when not the region's own endpoint. */
  endpoint?: string
  credentials?: S3ClientConfig['credentials']
}

/** The client, made with the first call that needs it: on Lambda from the runtime's own copy of the SDK. */
const clientOf = ({ region, endpoint, credentials = lambdaCredentials }: BucketFacts) =>
  once(async () => {
    const s3 = await import('@aws-sdk/client-s3')
    const client = new s3.S3Client({
      region,
      credentials,
      ...(endpoint && { endpoint, forcePathStyle: true }),
      maxAttempts: 4,
      retryMode: 'standard',
      // Else a link to upload to would carry the checksum of an empty body, and S3 refuse every other.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    })
    return { s3, client }
  })
type Sdk = ReturnType<typeof clientOf>

/** The bucket of this deployment. */
export function bucketFiles(facts: BucketFacts): Files {
  const sdk = clientOf(facts)
  const { bucket } = facts
  return { ...links(sdk, bucket), ...whole(sdk, bucket), ...parts(sdk, bucket), ...keys(sdk, bucket) }
}

function links(sdk: Sdk, Bucket: string): Pick<Files, 'uploadUrl' | 'downloadUrl'> {
  const signed = { signableHeaders: new Set(['content-type', 'content-length', 'host']) }
  return {
    async uploadUrl(Key, { type, bytes, seconds }) {
      const [{ s3, client }, { getSignedUrl }] = await Promise.all([sdk(), import('@aws-sdk/s3-request-presigner')])
      const put = new s3.PutObjectCommand({ Bucket, Key, ContentType: type, ContentLength: bytes })
      return getSignedUrl(client, put, { expiresIn: seconds, ...signed })
    },
    async downloadUrl(Key, { name, seconds }) {
      const [{ s3, client }, { getSignedUrl }] = await Promise.all([sdk(), import('@aws-sdk/s3-request-presigner')])
      const get = new s3.GetObjectCommand({ Bucket, Key, ResponseContentDisposition: attachment(name) })
      return getSignedUrl(client, get, { expiresIn: seconds, ...signed })
    },
  }
}

/** The header that saves a download under a name in any script (RFC 6266, RFC 8187). */
function attachment(name: string): string {
  return `attachment; filename="${name.replace(/[^\w.-]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`
}

function whole(sdk: Sdk, Bucket: string): Pick<Files, 'head' | 'read' | 'write'> {
  return {
    async head(Key) {
      const { s3, client } = await sdk()
      try {
        const { ContentLength = 0, ETag = '' } = await client.send(new s3.HeadObjectCommand({ Bucket, Key }))
        return { bytes: ContentLength, etag: ETag }
      } catch (error) {
        if (isGone(error)) return undefined
        throw error
      }
    },
    async read(Key, from, to, etag) {
      if (to <= from) return new Uint8Array()
      const { s3, client } = await sdk()
      try {
        const get = new s3.GetObjectCommand({ Bucket, Key, Range: `bytes=${from}-${to - 1}`, ...(etag !== undefined && { IfMatch: etag }) })
        const { Body } = await found(Key, client.send(get))
        return (await Body?.transformToByteArray()) ?? new Uint8Array()
      } catch (error) {
        if (nameOf(error) === 'InvalidRange') return new Uint8Array()
        throw error
      }
    },
    async write(Key, Body, ContentType) {
      const { s3, client } = await sdk()
      await client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ContentType }))
    },
  }
}

function parts(sdk: Sdk, Bucket: string): Pick<Files, 'begin' | 'part' | 'complete' | 'abandon'> {
  return {
    async begin(Key, ContentType) {
      const { s3, client } = await sdk()
      const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key, ContentType }))
      if (!UploadId) throw new Error('S3 began no upload')
      return UploadId
    },
    async part(Key, UploadId, PartNumber, Body) {
      const { s3, client } = await sdk()
      return (await found(Key, client.send(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body })))).ETag ?? ''
    },
    async complete(Key, UploadId, tags) {
      const { s3, client } = await sdk()
      const Parts = tags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }))
      try {
        await client.send(new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
      } catch (error) {
        if (!isGone(error)) throw error
        // An earlier call may have done it, and only its answer was lost.
        await found(Key, client.send(new s3.HeadObjectCommand({ Bucket, Key })))
      }
    },
    async abandon(Key, UploadId) {
      const { s3, client } = await sdk()
      try {
        await client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      } catch (error) {
        if (!isGone(error)) throw error
      }
    },
  }
}

function keys(sdk: Sdk, Bucket: string): Pick<Files, 'list' | 'remove'> {
  return {
    async list(Prefix, after) {
      const { s3, client } = await sdk()
      const list = new s3.ListObjectsV2Command({ Bucket, Prefix, ...(after !== undefined && { StartAfter: after }) })
      const { Contents = [], IsTruncated } = await client.send(list)
      const keys = Contents.flatMap(({ Key }) => Key ?? [])
      const last = keys.at(-1)
      return { keys, ...(IsTruncated && last !== undefined && { after: last }) }
    },
    async remove(key) {
      const { s3, client } = await sdk()
      // A marker first: from then on nobody reads the file; the marker goes with the versions.
      await client.send(new s3.DeleteObjectCommand({ Bucket, Key: key }))
      for (let more = true; more; ) {
        const page = await client.send(new s3.ListObjectVersionsCommand({ Bucket, Prefix: key }))
        const versions = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].filter((one) => one.Key === key)
        const Objects = versions.map(({ Key, VersionId }) => ({ Key, VersionId }))
        if (Objects.length > 0) await client.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }))
        more = page.IsTruncated === true && Objects.length > 0
      }
    },
  }
}

const GONE = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload', 'PreconditionFailed'])
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
const isGone = (error: unknown): boolean => GONE.has(nameOf(error))

/** Waits for a call; what S3 says of a missing file becomes {@link FileMissing}. */
async function found<T>(key: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw isGone(error) ? new FileMissing(key) : error
  }
}
