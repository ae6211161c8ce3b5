/** Puts a weights file into a model directory, as a pull would leave it there. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Texts of a model's other layers. */
export interface ModelTexts {
  readonly template?: string
  readonly system?: string
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly messages?: readonly { readonly role: string; readonly content: string }[]
}

/** Creates `name:latest` from a GGUF file. */
export async function createModel(
  modelDir: string,
  name: string,
  weights: string,
  texts: ModelTexts = {},
): Promise<void> {
  const folder = join(modelDir, 'manifests/registry.ollama.ai/library', name)
  await mkdir(folder, { recursive: true })
  await mkdir(join(modelDir, 'blobs'), { recursive: true })
  const layers = [await storeFile(modelDir, weights)]
  const add = async (type: string, value: unknown) => {
    if (value === undefined) return
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    layers.push(await storeText(modelDir, `application/vnd.ollama.image.${type}`, text))
  }
  await add('template', texts.template)
  await add('system', texts.system)
  await add('params', texts.parameters)
  await add('messages', texts.messages)
  const facts = { model_format: 'gguf', model_family: 'llama', model_families: ['llama'] }
  const config = await storeText(
    modelDir,
    'application/vnd.docker.container.image.v1+json',
    JSON.stringify({ ...facts, model_type: '1M', file_type: 'Q8_0' }),
  )
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const manifest = { schemaVersion: 2, mediaType, config, layers }
  await writeFile(join(folder, 'latest'), JSON.stringify(manifest))
}

async function storeFile(modelDir: string, path: string) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  const hex = hash.digest('hex')
  await copyFile(path, join(modelDir, 'blobs', `sha256-${hex}`))
  const { size } = await stat(path)
  return { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${hex}`, size }
}

async function storeText(modelDir: string, mediaType: string, text: string) {
  const hex = createHash('sha256').update(text).digest('hex')
  await writeFile(join(modelDir, 'blobs', `sha256-${hex}`), text)
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) }
}
