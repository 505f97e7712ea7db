import type { buildApp } from 'fauxqs'
import { corsHeaders, preflight } from '../api/cors.ts'
import type { BucketSpec } from '../template.ts'

type App = ReturnType<typeof buildApp>

/** A signed upload of S3 takes up to 5 GB in one request; this many bytes are enough here. */
const largestUpload = 1024 ** 3

/**
 * What the stand-in for S3 leaves out and a browser with a signed link needs: uploads of more than 11 MB, the name a download
 * is saved under, and the answer to whether a page of another origin may ask at all.
 * @param corsOf the rules of a bucket
 */
export const completeObjects = (app: App, corsOf: (bucket: string) => BucketSpec['cors']): void => {
  app.addContentTypeParser(
    /^(?:text\/csv|application\/(?:octet-stream|x-ndjson|zip|vnd\.openxmlformats))/,
    { parseAs: 'buffer', bodyLimit: largestUpload },
    (_request, body, done) => done(null, body),
  )
  const bucketIn = (url: string): string => url.split(/[/?]/)[1] ?? ''
  app.addHook('onRequest', (request, reply, done) => {
    const cors = corsOf(bucketIn(request.url))
    const answer = preflight(cors, request.method, request.headers)
    if (answer) return void reply.status(200).headers(answer).send()
    reply.headers(corsHeaders(cors, request.headers.origin))
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const named = (request.query as Record<string, string> | undefined)?.['response-content-disposition']
    if (named !== undefined && request.method === 'GET') reply.header('content-disposition', named)
    done(null, payload)
  })
}
