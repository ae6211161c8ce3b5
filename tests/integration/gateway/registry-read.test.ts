import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { startBench } from './setup.ts'

const weights = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251))

/** A gateway over a model directory with `library/tiny:latest`, `library/tiny:two` and one model of another registry. */
async function startRegistry() {
  const directory = await makeTemporaryDirectory()
  const modelDir = directory.path
  const digest = digestOf(weights)
  await put(join(modelDir, 'blobs', digest.replace(':', '-')), weights)
  const layer = { mediaType: 'application/vnd.ollama.image.model', digest, size: weights.length }
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: layer, layers: [layer] }, null, 1),
  )
  for (const name of ['registry.ollama.ai/library/tiny/latest', 'other.host/library/far/latest']) {
    await put(join(modelDir, 'manifests', name), manifest)
  }
  await put(join(modelDir, 'manifests/registry.ollama.ai/library/tiny/two'), manifest)
  const bench = await startBench([], { modelDir })
  const ask = (path: string, init: RequestInit = {}) => fetch(`${bench.origin}${path}`, init)
  return { ...bench, ask, digest, manifest }
}

test('a manifest goes out byte for byte, by its tag in any case and by its digest', async () => {
  const { ask, manifest } = await startRegistry()
  const digest = digestOf(manifest)
  for (const reference of ['latest', 'LATEST', 'two', digest]) {
    const answer = await ask(`/v2/library/Tiny/manifests/${reference}`)
    expect(answer.status).toBe(200)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(manifest)
    expect(answer.headers.get('docker-content-digest')).toBe(digest)
    expect(answer.headers.get('content-type')).toBe(
      'application/vnd.docker.distribution.manifest.v2+json',
    )
  }
  const head = await ask('/v2/library/tiny/manifests/two', { method: 'HEAD' })
  expect(head.headers.get('content-length')).toBe(String(manifest.length))
})

test('a blob goes out whole, in ranges, and as its length', async () => {
  const { ask, digest } = await startRegistry()
  const path = `/v2/library/tiny/blobs/${digest}`
  const whole = await ask(path)
  expect(whole.status).toBe(200)
  expect(whole.headers.get('location')).toBe(path)
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(weights)
  const part = await ask(path, { headers: { range: 'bytes=70000-99' } })
  expect(part.status, 'a range that ends before it begins is none').toBe(200)
  for (const [range, from, to] of [
    ['bytes=0-0', 0, 1],
    ['bytes=1000-80999', 1_000, 81_000],
    ['bytes=99990-200000', 99_990, 100_000],
    ['bytes=-7', 99_993, 100_000],
  ] as const) {
    const answer = await ask(path, { headers: { range } })
    expect(answer.status).toBe(206)
    expect(answer.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/100000`)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(weights.subarray(from, to))
  }
  const beyond = await ask(path, { headers: { range: 'bytes=100000-' } })
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */100000'])
  const head = await ask(path, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '100000'])
})

test('tags and repositories are listed, those of this registry alone', async () => {
  const { ask } = await startRegistry()
  expect(await (await ask('/v2/')).json()).toEqual({})
  expect(await (await ask('/v2/_catalog')).json()).toEqual({ repositories: ['library/tiny'] })
  expect(await (await ask('/v2/library/tiny/tags/list')).json()).toEqual({
    name: 'library/tiny',
    tags: ['latest', 'two'],
  })
})

test.each([
  ['/v2/library/none/manifests/latest', 404, 'MANIFEST_UNKNOWN'],
  ['/v2/library/tiny/manifests/three', 404, 'MANIFEST_UNKNOWN'],
  [`/v2/library/tiny/manifests/sha256:${'0'.repeat(64)}`, 404, 'MANIFEST_UNKNOWN'],
  ['/v2/library/tiny/manifests/%2e%2ex', 404, 'MANIFEST_UNKNOWN'],
  ['/v2/library/far/manifests/latest', 404, 'MANIFEST_UNKNOWN'],
  ['/v2/library/none/tags/list', 404, 'NAME_UNKNOWN'],
  ['/v2/library/far/tags/list', 404, 'NAME_UNKNOWN'],
  ['/v2/library/.hidden/tags/list', 400, 'NAME_INVALID'],
  [`/v2/library/tiny/blobs/sha256:${'0'.repeat(64)}`, 404, 'BLOB_UNKNOWN'],
  [`/v2/library/tiny/blobs/sha256:${'A'.repeat(64)}`, 400, 'DIGEST_INVALID'],
  ['/v2/library/tiny/blobs/..', 400, 'DIGEST_INVALID'],
] as const)('%s is refused in the words of a registry', async (path, status, code) => {
  const { ask } = await startRegistry()
  const answer = await ask(path.replace('/..', '/%252e%252e'))
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ errors: [{ code }] })
})

test('nothing is written through these routes', async () => {
  const { ask } = await startRegistry()
  const answer = await ask('/v2/library/tiny/manifests/latest', { method: 'PUT', body: '{}' })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

async function put(path: string, bytes: Uint8Array) {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, bytes)
}

function digestOf(bytes: Uint8Array) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
