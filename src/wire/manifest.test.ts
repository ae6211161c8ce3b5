import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDigest } from '../core/digest.ts'
import {
  decodeManifest,
  decodeModelConfig,
  encodeManifest,
  encodeModelConfig,
  type ManifestLayer,
  manifestLimits,
  mediaTypes,
  orderLayers,
} from './manifest.ts'

function layer(mediaType: string, sizeBytes: number, more: object = {}): ManifestLayer {
  const hex = createHash('sha256').update(`${mediaType}${sizeBytes}`).digest('hex')
  const digest = parseDigest(`sha256:${hex}`)
  if (digest === undefined) throw new Error('not a digest')
  return { mediaType, digest, sizeBytes, ...more }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const config = layer(mediaTypes.config, 413)

describe('manifests', () => {
  test('are written byte for byte as Ollama writes them', () => {
    const model = layer(mediaTypes.model, 98_362_432, { from: 'a<b' })
    expect(Buffer.from(encodeManifest({ config, layers: [model] })).toString()).toBe(
      `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"${config.digest}","size":413},"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"${model.digest}","size":98362432,"from":"a\\u003cb"}]}\n`,
    )
  })

  test('mean the same when they are read back', () => {
    const layers = fc.array(
      fc.tuple(
        fc.constantFrom(...Object.values(mediaTypes)),
        fc.nat(),
        fc.string({ minLength: 1 }),
      ),
    )
    fc.assert(
      fc.property(layers, (list) => {
        const manifest = {
          config,
          layers: list.map(([type, size, name]) => layer(type, size, { name })),
        }
        expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest)
      }),
    )
  })

  test('layers of a model made here stand in the order of Ollama', () => {
    const { model, template, system, license, params, messages, adapter } = mediaTypes
    const mixed = [messages, params, license, system, template, adapter, model]
    const layers = [...mixed, license].map((type, index) => layer(type, index))
    expect(orderLayers(layers).map(({ mediaType }) => mediaType)).toEqual([
      model,
      adapter,
      template,
      system,
      license,
      license,
      params,
      messages,
    ])
  })

  test.each([
    ['', 'missing request body'],
    ['{"layers":', 'unexpected EOF'],
    ['[]', 'json: cannot unmarshal array'],
    ['{}', 'a layer has no valid digest'],
    [`{"config":{"digest":"${config.digest}","size":-1}}`, 'a layer has no valid size'],
    [`{"config":{"digest":"sha256:../../x","size":1}}`, 'a layer has no valid digest'],
    [
      `{"config":{"digest":"${config.digest}","size":1},"layers":[{}]}`,
      'a layer has no valid digest',
    ],
    [`{"layers":[${'{},'.repeat(manifestLimits.layersMax)}{}]}`, 'it has too many layers'],
    [' '.repeat(manifestLimits.bytesMax + 1), 'it is too large'],
  ])('%# is refused with the reason', (text, reason) => {
    expect(() => decodeManifest(bytes(text))).toThrow(
      expect.objectContaining({
        code: 'OD_MANIFEST_INVALID',
        message: expect.stringContaining(reason),
      }),
    )
  })
})

describe('configs', () => {
  const model = {
    format: 'gguf',
    family: 'llama',
    families: ['llama'],
    parameterSize: '134.52M',
    quantizationLevel: 'Q4_1',
    renderer: '',
    parser: '',
    requires: '',
    remoteHost: '',
    remoteModel: '',
  }

  test('are written byte for byte as Ollama writes them, and read back', () => {
    const written = encodeModelConfig(model)
    expect(Buffer.from(written).toString()).toBe(
      '{"model_format":"gguf","model_family":"llama","model_families":["llama"],"model_type":"134.52M","file_type":"Q4_1","architecture":"amd64","os":"linux"}\n',
    )
    expect(decodeModelConfig(written)).toEqual(model)
  })

  test('name the code of Ollama that makes prompts and takes answers apart, where Ollama has it', () => {
    const written = encodeModelConfig({ ...model, renderer: 'r', parser: 'p', requires: '1' })
    expect(Buffer.from(written).toString()).toContain(
      '"file_type":"Q4_1","renderer":"r","parser":"p","requires":"1","architecture"',
    )
    expect(decodeModelConfig(written)).toMatchObject({ renderer: 'r', parser: 'p' })
  })

  test('of a stub say whose answers it gives; its manifest has no layers', () => {
    const stub = { ...model, remoteHost: 'http://gpu-box:11434', remoteModel: 'm' }
    const written = encodeModelConfig(stub, [])
    expect(Buffer.from(written).toString()).toContain(
      '"remote_host":"http://gpu-box:11434","remote_model":"m","architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
    )
    expect(decodeModelConfig(written)).toEqual(stub)
    const manifest = encodeManifest({ config, layers: [] })
    expect(Buffer.from(manifest).toString()).toContain('"layers":null}')
    expect(decodeManifest(manifest).layers).toEqual([])
  })

  test('of other versions are read, too', () => {
    const text =
      '{"model_format":"gguf","model_families":null,"rootfs":{"diff_ids":[]},"requires":"0.30.0"}'
    expect(decodeModelConfig(bytes(text))).toMatchObject({ families: [], requires: '0.30.0' })
  })
})
