/** What the trials' registry has, and what its clients bring: small models that share blobs. */
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '../../../src/sys/random.ts'
import { writeGguf } from '../../../tools/random-gguf/gguf-writer.ts'
import { digestOf } from '../../support/registry/model.ts'

const image = 'application/vnd.ollama.image'

/** Weights that differ in their names; the last one takes two parts to fetch. */
const weights = [0, 0, 300_000].map((fillerBytes, index) => weightsFile(index, fillerBytes))
const templates = ['{{ .Prompt }}', '{{ .System }} {{ .Prompt }}'].map((text) => Buffer.from(text))
const config = Buffer.from(JSON.stringify({ model_format: 'gguf', model_family: 'llama' }))

/** Every blob of the registry by its digest. */
export const registryBlobs: ReadonlyMap<string, Buffer> = new Map(
  [...weights, ...templates, config].map((bytes) => [digestOf(bytes), bytes]),
)

/** A model of the registry, in one of the versions that its name has had. */
export function someManifest(random: Random): Buffer {
  const layer = (kind: string, bytes: Buffer) => ({
    mediaType: `${image}.${kind}`,
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const layers = [layer('model', someWeights(random)), layer('template', pick(templates, random))]
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const own = { ...layer('', config), mediaType: 'application/vnd.docker.container.image.v1+json' }
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: own, layers }))
}

export function someWeights(random: Random): Buffer {
  return pick(weights, random)
}

export function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random.number() * items.length)] as Item
}

function weightsFile(index: number, fillerBytes: number): Buffer {
  const path = join(tmpdir(), `od-goods-${process.pid}-${index}.gguf`)
  const metadata = new Map([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.name', { type: 'string', value: `weights ${index}` }],
    ['general.description', { type: 'string', value: 'x'.repeat(fillerBytes) }],
  ] as const)
  writeGguf(path, metadata, [])
  const bytes = readFileSync(path)
  rmSync(path)
  return bytes
}
