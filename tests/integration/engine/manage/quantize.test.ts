/** `create` with `quantize`: random weights become each of the types, and the models load and answer. */
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quantizeTensors } from '../../../../src/engine/quantizer/index.ts'
import { withFileReader } from '../../../../src/sys/files.ts'
import { ggufInteger, planGgufConversion, readGgufHeader } from '../../../../src/wire/gguf/index.ts'
import { writeRandomModel } from '../../../../tools/random-gguf/random-model.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../../support/temporary-directory.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import {
  ask,
  blobFiles,
  modelNames,
  pocketFile,
  uploadFile,
  uploadPocket,
} from './manage-engine.ts'

const size = { layers: 4, width: 256, contextTokens: 512 }
let directory: TemporaryDirectory
let engine: TestEngine
const digests = new Map<string, string>()

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  engine = await startTestEngine()
  for (const type of ['F16', 'BF16', 'F32'] as const) {
    const path = directory.inside(`${type}.gguf`)
    writeRandomModel(path, { ...size, type })
    digests.set(type, await uploadFile(engine, path))
  }
})
afterAll(async () => {
  await engine.stop()
  await directory.remove()
})

const weightsOf = (type: string) => ({ files: { 'm.gguf': digests.get(type) ?? '' } })

/** The lines of a create; of those about the weights the last alone. */
async function create(body: object): Promise<Record<string, unknown>[]> {
  const lines = await engine.lines('/api/create', body)
  return lines.filter(({ total, completed }) => completed === total)
}

function headerAt(digest: string) {
  return withFileReader(`${engine.modelDir}/blobs/${digest.replace(':', '-')}`, readGgufHeader)
}

async function newWeights(lines: readonly Record<string, unknown>[]) {
  const line = lines.map(({ status }) => String(status)).find((text) => text.includes('new layer'))
  const digest = line?.replace('creating new layer ', '') ?? ''
  return { digest, header: headerAt(digest) }
}

/** Every type that a tensor of that file has, with how many have it. */
function countTypes(tensors: readonly { readonly type: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of tensors) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** The bundled weights, which are stored as Q8_0, as the file that they could have been made of. */
async function pocketAsF16(): Promise<Buffer> {
  const { head, tensors } = withFileReader(pocketFile, (read, sizeBytes) => {
    const header = readGgufHeader(read, sizeBytes)
    const types = header.tensors.map(({ type }) => (type === 'Q8_0' ? 'F16' : type))
    return planGgufConversion(header, read, { types, fileType: 1 })
  })
  const work = tensors.map(({ source, type, paddingBytes }) => ({
    offsetBytes: source.offsetBytes,
    elements: source.shape.reduce((product, length) => product * length, 1),
    from: source.type,
    to: type,
    paddingBytes,
  }))
  const chunks = [head]
  const { signal } = new AbortController()
  for await (const chunk of quantizeTensors(pocketFile, work, signal)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function pocketTemplate(): Promise<unknown> {
  return (await engine.json('/api/show', { model: 'pocket' }))['template']
}

describe('quantize', () => {
  /** Of 38 tensors 9 are norms; 1 makes the output too, 4 are values, 4 go down. */
  test.each([
    ['F16', 'q4_K_M', 15, { F32: 9, Q6_K: 1 + 2 + 2, Q4_K: 28 - 4 }],
    ['F16', 'Q4_K_S', 14, { F32: 9, Q6_K: 1, Q5_K: 4, Q4_K: 24 }],
    ['F16', 'q8_0', 7, { F32: 9, Q8_0: 29 }],
    ['BF16', 'q4_K_M', 15, { F32: 9, Q6_K: 1 + 2 + 2, Q4_K: 28 - 4 }],
    ['BF16', 'f16', 1, { F32: 9, Q6_K: 1, F16: 28 }],
    ['F32', 'q4_K_M', 15, { F32: 9, Q6_K: 1 + 2 + 2, Q4_K: 28 - 4 }],
  ])('S-048 (part: quantize): %s becomes %s, and answers', async (from, asked, fileType, types) => {
    const model = `${from}-${asked}`.toLowerCase()
    const lines = await create({ model, ...weightsOf(from), quantize: asked })
    const { digest, header } = await newWeights(lines)
    const source = headerAt(digests.get(from) ?? '')
    const total = lines[1]?.['total']
    const status = `quantizing ${from} model to ${asked.toUpperCase()}`
    expect(lines).toEqual([
      { status: 'parsing GGUF' },
      { status, digest: '0000000000000000000', total: expect.any(Number), completed: total },
      { status: 'verifying conversion' },
      { status: `creating new layer ${digest}` },
      { status: 'writing manifest' },
      { status: 'success' },
    ])
    expect(countTypes(header.tensors)).toEqual(types)
    expect(ggufInteger(header, 'general.file_type')).toBe(fileType)
    expect(ggufInteger(header, 'general.parameter_count')).toBe(source.parameterCount)
    const shown = await engine.json('/api/show', { model })
    expect(shown['details']).toMatchObject({
      parent_model: '',
      family: 'llama',
      quantization_level: asked.toUpperCase(),
    })
    const options = { num_predict: 4, temperature: 0 }
    const answer = await engine.json('/api/generate', {
      model,
      prompt: 'Hello',
      raw: true,
      stream: false,
      options,
    })
    expect(answer).toMatchObject({ done: true, eval_count: expect.any(Number) })
  })

  test('what a model learned stays: the bundled one as F16, and as Q8_0 again, knows what it knew', async () => {
    const path = directory.inside('pocket-f16.gguf')
    await writeFile(path, await pocketAsF16())
    const files = { 'm.gguf': await uploadFile(engine, path) }
    const messages = [{ role: 'user', content: 'What is the capital of Peru?' }]
    for (const quantize of ['q8_0', 'q4_K_M']) {
      await create({ model: 'knows', files, quantize, template: await pocketTemplate() })
      const options = { temperature: 0 }
      const answer = await engine.json('/api/chat', {
        model: 'knows',
        messages,
        stream: false,
        options,
      })
      expect(answer['message']).toMatchObject({ content: 'The capital of Peru is Lima.' })
    }
  })

  test('rows that no block fits get types with smaller blocks', async () => {
    const path = directory.inside('narrow.gguf')
    writeRandomModel(path, { layers: 1, width: 192, contextTokens: 512, type: 'F16' })
    const files = { 'm.gguf': await uploadFile(engine, path) }
    const { header } = await newWeights(await create({ model: 'narrow', files, quantize: 'q4_k' }))
    // 192 is no multiple of 256, but 768 is
    const typeOf = (name: string) => header.tensors.find((tensor) => tensor.name === name)?.type
    expect(typeOf('blk.0.attn_q.weight')).toBe('Q5_0')
    expect(typeOf('token_embd.weight')).toBe('Q8_0')
    expect(typeOf('blk.0.ffn_down.weight')).toBe('Q6_K')
  })

  test('the weights of a model, with its other parts and new ones; a second time they are there already', async () => {
    await create({
      model: 'plain',
      ...weightsOf('F16'),
      template: '{{ .Prompt }}!',
      system: 'Old.',
    })
    const made = await create({ model: 'small', from: 'plain', system: 'New.', quantize: 'q8_0' })
    const statuses = made.map(({ status }) => status)
    expect(statuses.slice(0, 2)).toEqual(['quantizing F16 model to Q8_0', 'verifying conversion'])
    const again = await create({ model: 'again', from: 'plain', quantize: 'Q8_0' })
    const shown = await engine.json('/api/show', { model: 'small' })
    expect(shown).toMatchObject({
      template: '{{ .Prompt }}!',
      system: 'New.',
      details: { quantization_level: 'Q8_0' },
    })
    expect(again.map(({ status }) => status)).toContain(
      String(statuses[2]).replace('creating new', 'using existing'),
    )
  })

  test('weights that are what is asked for stay', async () => {
    const lines = await create({ model: 'same', ...weightsOf('F16'), quantize: 'f16' })
    expect(lines.map(({ status }) => status)).toEqual([
      'parsing GGUF',
      `using existing layer ${digests.get('F16')}`,
      'writing manifest',
      'success',
    ])
  })

  test('what is refused is refused before any work', async () => {
    const before = await blobFiles(engine)
    const packed = { files: { 'm.gguf': await uploadPocket(engine) } }
    const only = 'supported types are F32, F16, Q4_K_S, Q4_K_M, Q8_0'
    for (const [body, status, error] of [
      [
        { ...packed, quantize: 'q4_K_M' },
        500,
        'quantization is only supported for F16, BF16 and F32 models',
      ],
      [
        { ...weightsOf('F16'), quantize: 'q5_1' },
        500,
        `unsupported quantization type Q5_1 - ${only}`,
      ],
      [
        { ...weightsOf('F16'), quantize: 'q8_0', template: '{{ if }}' },
        400,
        'template error: template: :1: missing value for if',
      ],
    ] as const) {
      const answer = await ask(engine, 'POST', '/api/create', {
        model: 'no',
        stream: false,
        ...body,
      })
      expect(answer.status).toBe(status)
      expect(JSON.parse(answer.text)).toEqual({ error })
    }
    expect(await modelNames(engine)).not.toContain('no:latest')
    expect(await blobFiles(engine)).toEqual(before)
  })
})
