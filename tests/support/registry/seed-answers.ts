/** A registry's answers for one model, for tests that make it answer wrongly here and there. */
import type { IncomingMessage } from 'node:http'
import type { SeedModel } from './model.ts'
import type { Instead } from './proxy.ts'

/** What a sound registry answers; 404 for what it does not have. */
export function seedAnswer(
  { manifest, blobs }: SeedModel,
  path: string,
  request: Pick<IncomingMessage, 'headers'>,
): Instead {
  if (path.includes('/manifests/')) {
    const type = 'application/vnd.docker.distribution.manifest.v2+json'
    return { status: 200, headers: { 'Content-Type': type }, body: manifest }
  }
  const blob = blobs.get(/\/blobs\/(sha256:\w+)/.exec(path)?.[1] ?? '')
  if (blob === undefined) return { status: 404 }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  if (first === undefined) return { status: 200, body: blob }
  const range = { 'Content-Range': `bytes ${first}-${last}/${blob.length}` }
  return { status: 206, headers: range, body: blob.subarray(Number(first), Number(last) + 1) }
}
