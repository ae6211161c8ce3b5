import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withFileReader } from '../../../src/sys/files.ts'
import { readGgufHeader } from '../../../src/wire/gguf/index.ts'
import { createModel } from '../../support/create-model.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { startTestEngine } from './test-engine.ts'

const pocket = 'assets/pocket/pocket.gguf'
const questions = ['What is the capital of Peru?', 'What is 7 + 5?', 'Why is the sky blue?']

/** A copy of the bundled weights in which one tensor is all zeros. */
function withZeroTensor(path: string, name: string): void {
  const tensor = withFileReader(pocket, (read, sizeBytes) =>
    readGgufHeader(read, sizeBytes).tensors.find((candidate) => candidate.name === name),
  )
  if (tensor === undefined) throw new Error(`no tensor ${name}`)
  copyFileSync(pocket, path)
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(tensor.sizeBytes), 0, tensor.sizeBytes, tensor.offsetBytes)
  closeSync(file)
}

test('the answers come from the weights: one tensor set to zero changes them', async () => {
  const engine = await startTestEngine()
  const directory = await makeTemporaryDirectory()
  const path = directory.inside('zero.gguf')
  withZeroTensor(path, 'blk.0.ffn_down.weight')
  const template = '{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}<|end|>{{ end }}<|assistant|>'
  const parameters = { temperature: 0 }
  await createModel(engine.modelDir, 'whole', pocket, { template, parameters })
  await createModel(engine.modelDir, 'zeroed', path, { template, parameters })
  const answers = async (model: string) => {
    const texts = []
    for (const content of questions) {
      const messages = [{ role: 'user', content }]
      const options = { num_predict: 60 }
      const whole = await engine.json('/api/chat', { model, messages, stream: false, options })
      texts.push((whole['message'] as { content: string }).content)
    }
    return texts
  }
  const [pocketAnswers, zeroed] = [await answers('whole'), await answers('zeroed')]
  expect(pocketAnswers[0]).toBe('The capital of Peru is Lima.')
  expect(zeroed.filter((text, index) => text !== pocketAnswers[index]).length).toBeGreaterThan(0)
  await engine.stop()
  await directory.remove()
})

test('a damaged file is refused before llama.cpp sees it, and other models answer', async () => {
  const engine = await startTestEngine()
  const directory = await makeTemporaryDirectory()
  const path = directory.inside('damaged.gguf')
  copyFileSync(pocket, path)
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.from([0xff, 0xff, 0xff, 0x7f]), 0, 4, 8) // the number of tensors
  closeSync(file)
  await createModel(engine.modelDir, 'damaged', path, { template: '{{ .Prompt }}' })
  const response = await engine.post('/api/generate', { model: 'damaged', prompt: 'x' })
  expect(response.status).toBeGreaterThanOrEqual(400)
  expect(await response.text()).toContain('it has too many tensors')
  expect((await engine.json('/api/od/runners'))['runners']).toEqual([])
  const prompt = { model: 'pocket', prompt: 'Hello!', stream: false }
  expect(await engine.json('/api/generate', prompt)).toMatchObject({ done: true })
  await engine.stop()
  await directory.remove()
})
