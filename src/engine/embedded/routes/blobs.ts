/** `HEAD` and `POST /api/blobs/:digest`. Source: Ollama server/routes.go, HeadBlobHandler and CreateBlobHandler. */
import { type Digest, isDigestText, parseDigest } from '../../../core/digest.ts'
import { OdError } from '../../../core/errors/index.ts'
import { goQuote } from '../../../wire/go-json/index.ts'
import type { ModelStore } from '../ports.ts'
import type { RouteTable } from '../server.ts'

/** Routes of files that a model can be made from. A body is never held in memory. */
export function blobRoutes(store: ModelStore): RouteTable {
  return {
    'HEAD /api/blobs/:digest': {
      async stream({ parameter, answer }) {
        const digest = digestIn(parameter)
        if (digest !== undefined && (await store.hasBlob(digest))) return answer.empty(200, 'HEAD')
        throw new OdError('OD_BLOB_NOT_FOUND', { digest: goQuote(parameter) })
      },
    },
    'POST /api/blobs/:digest': {
      async stream({ parameter, chunks, sizeBytes, answer }) {
        const digest = digestIn(parameter)
        if (digest !== undefined && (await store.hasBlob(digest))) return answer.empty(200)
        await store.receiveBlob({ expected: parameter, chunks, sizeBytes })
        answer.empty(201)
      },
    },
  }
}

/**
 * The blob that is meant; undefined for a digest in upper case, which is well formed and never matches a file. A dash may stand for
 * the colon. Throws `OD_DIGEST_FORMAT`.
 */
function digestIn(text: string): Digest | undefined {
  if (!isDigestText(text)) throw new OdError('OD_DIGEST_FORMAT')
  return parseDigest(text.replace('-', ':'))
}
