import { describe, expect, test } from 'vitest'
import { readModelfile } from '../../wire/ollama/modelfile.ts'
import { createRequest } from './create-request.ts'
import { weightsAmong } from './weights-files.ts'

const plain = { model: 'mine', from: 'base', files: {}, adapters: {}, quantize: undefined }
const bodyOf = (text: string, more = {}) =>
  JSON.parse(JSON.stringify(createRequest(readModelfile(text), { ...plain, ...more }))) as object

describe('the body of a create', () => {
  test('says what the Modelfile says, and nothing else', () => {
    expect(bodyOf('FROM base')).toEqual({ model: 'mine', from: 'base' })
    expect(
      bodyOf(
        'FROM base\nSYSTEM s\nTEMPLATE t\nLICENSE l\nMESSAGE user u\nPARAMETER num_ctx 512\nPARAMETER stop a\nPARAMETER stop b\nPARAMETER use_mmap false\nPARAMETER min_p 1e-2',
        { files: { 'a.gguf': 'sha256:1' }, quantize: 'q4_0' },
      ),
    ).toEqual({
      model: 'mine',
      from: 'base',
      files: { 'a.gguf': 'sha256:1' },
      system: 's',
      template: 't',
      license: ['l'],
      messages: [{ role: 'user', content: 'u' }],
      parameters: { num_ctx: 512, stop: ['a', 'b'], use_mmap: false, min_p: 0.01 },
      quantize: 'q4_0',
    })
  })

  test('what older versions had is left out', () => {
    expect(bodyOf('FROM base\nPARAMETER mirostat 1')).toEqual({ model: 'mine', from: 'base' })
  })

  test.each(['num_ctx many', 'num_ctx 1.5', 'use_mmap 3', 'temperature hot', 'warmth 1'])(
    'PARAMETER %s is refused',
    (parameter) => {
      const line = `PARAMETER ${parameter}`
      expect(() => bodyOf(`FROM base\n${line}`)).toThrow(`cannot be understood at: ${line}`)
    },
  )
})

test('of a folder, its tensors with what describes them, or else its GGUF files', () => {
  const tensors = ['README.md', 'config.json', 'model-1.safetensors', 'tokenizer.model', 'x.gguf']
  expect(weightsAmong(tensors)).toEqual(['model-1.safetensors', 'config.json', 'tokenizer.model'])
  expect(weightsAmong(['a.gguf', 'b.gguf', 'config.json'])).toEqual(['a.gguf', 'b.gguf'])
  expect(weightsAmong(['notes.txt'])).toEqual([])
})
