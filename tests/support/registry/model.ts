/** A model as a registry has it, and the little pusher that puts it there. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { seededRandom } from '../../../src/sys/random.ts'

/** A model in memory. */
export interface SeedModel {
  readonly manifest: Buffer
  /** By digest. */
  readonly blobs: ReadonlyMap<string, Buffer>
}

/** The bundled model's weights, and `fillerBytes` of a layer of a kind that nobody reads, which makes it large. */
export async function seedModel(fillerBytes = 0, seed = 1): Promise<SeedModel> {
  const blobs = new Map<string, Buffer>()
  const add = (mediaType: string, bytes: Buffer) => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const image = 'application/vnd.ollama.image'
  const layers = [
    add(`${image}.model`, await readFile('assets/pocket/pocket.gguf')),
    add(`${image}.template`, Buffer.from('{{ .Prompt }}')),
  ]
  if (fillerBytes > 0) layers.push(add(`${image}.embed`, noise(fillerBytes, seed)))
  const facts = { model_format: 'gguf', model_family: 'llama', model_families: ['llama'] }
  const config = add(
    'application/vnd.docker.container.image.v1+json',
    Buffer.from(JSON.stringify({ ...facts, model_type: '1M', file_type: 'Q8_0' })),
  )
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }))
  return { manifest, blobs }
}

/** Puts a model into a registry as `http://host` has it. `repository`: namespace and model. */
export async function pushModel(
  host: string,
  repository: string,
  { manifest, blobs }: SeedModel,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const base = `http://${host}/v2/${repository}`
  for (const [digest, bytes] of blobs) {
    const session = await fetch(`${base}/blobs/uploads/`, { method: 'POST', headers })
    const url = new URL(session.headers.get('location') ?? '', base)
    url.searchParams.set('digest', digest)
    const type = { 'Content-Type': 'application/octet-stream' }
    await need(fetch(url, { method: 'PUT', headers: { ...headers, ...type }, body: body(bytes) }))
  }
  const type = { 'Content-Type': 'application/vnd.docker.distribution.manifest.v2+json' }
  const sent = { method: 'PUT', headers: { ...headers, ...type }, body: body(manifest) }
  await need(fetch(`${base}/manifests/latest`, sent))
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Bytes without any pattern, the same for the same seed. */
function noise(count: number, seed: number): Buffer {
  const bytes = Buffer.alloc(count)
  const random = seededRandom(seed)
  for (let at = 0; at + 4 <= count; at += 4)
    bytes.writeUInt32LE(Math.floor(random.number() * 2 ** 32), at)
  return bytes
}

function body(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

async function need(answer: Promise<Response>): Promise<void> {
  const { status, statusText } = await answer
  if (status !== 201) throw new Error(`the registry answered ${status} ${statusText}`)
}
