import { Ollama } from 'ollama'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningNode, startRunningNode } from './running-node.ts'

let node: RunningNode
let client: Ollama

beforeAll(async () => {
  node = await startRunningNode()
  client = new Ollama({ host: node.gateway })
})
afterAll(() => node.stop())

const question = [{ role: 'user', content: 'What is the capital of Peru?' }]
const answer = 'The capital of Peru is Lima.'

describe("the npm client 'ollama', unmodified, pointed at the gateway", () => {
  test('S-034: generate, whole and streamed', async () => {
    const prompt = 'What is the capital of Peru?'
    expect((await client.generate({ model: 'pocket', prompt })).response).toBe(answer)
    const parts = []
    for await (const part of await client.generate({ model: 'pocket', prompt, stream: true })) {
      parts.push(part)
    }
    expect(parts.map(({ response }) => response).join('')).toBe(answer)
    expect(parts.length).toBeGreaterThan(3)
    expect(parts.at(-1)).toMatchObject({ done: true, done_reason: 'stop' })
  })

  test('S-035 (part: text): chat, whole and streamed', async () => {
    const whole = await client.chat({ model: 'pocket', messages: question })
    expect(whole.message.content).toBe(answer)
    let streamed = ''
    const stream = await client.chat({ model: 'pocket', messages: question, stream: true })
    for await (const part of stream) streamed += part.message.content
    expect(streamed).toBe(answer)
  })

  test('S-045: embeddings keep the order of a batch', async () => {
    const input = ['a cat', 'a silver drum', 'count to three']
    const { embeddings } = await client.embed({ model: 'pocket', input })
    expect(embeddings).toHaveLength(3)
    for (const [index, text] of input.entries()) {
      const alone = await client.embed({ model: 'pocket', input: text })
      expect(embeddings[index]).toEqual(alone.embeddings[0])
    }
    expect(embeddings[1]).not.toEqual(embeddings[0])
    const older = await client.embeddings({ model: 'pocket', prompt: 'a cat' })
    expect(older.embedding).toHaveLength(192)
  })

  test('S-044 (part: one node), S-042 (part: one node): list and show', async () => {
    const { models } = await client.list()
    expect(models.map(({ name }) => name)).toEqual(['pocket:latest'])
    const shown = await client.show({ model: 'pocket' })
    expect(shown.details).toMatchObject({ family: 'llama', quantization_level: 'Q8_0' })
  })

  test('S-043 (part: one node): ps lists what is loaded; where there is one engine, no node', async () => {
    await client.generate({ model: 'pocket', prompt: '' })
    const { models } = await client.ps()
    expect(models).toMatchObject([{ name: 'pocket:latest' }])
    expect(models[0]).not.toHaveProperty('node')
  })

  test('S-046 (part: one node), S-047 (part: one node), S-048 (part: one node): create, copy, delete', async () => {
    const made = { model: 'mine', from: 'pocket', system: 'Be brief.' }
    const statuses = []
    for await (const { status } of await client.create({ ...made, stream: true })) {
      statuses.push(status)
    }
    expect(statuses.slice(-2)).toEqual(['writing manifest', 'success'])
    expect(await client.copy({ source: 'mine', destination: 'ours:v2' })).toEqual({
      status: 'success',
    })
    const names = async () => (await client.list()).models.map(({ name }) => name).toSorted()
    expect(await names()).toEqual(['mine:latest', 'ours:v2', 'pocket:latest'])
    expect((await client.show({ model: 'ours:v2' })).system).toBe('Be brief.')
    for (const model of ['mine', 'ours:v2']) {
      expect(await client.delete({ model })).toEqual({ status: 'success' })
    }
    expect(await names()).toEqual(['pocket:latest'])
    await expect(client.delete({ model: 'mine' })).rejects.toMatchObject({
      message: "model 'mine' not found",
      status_code: 404,
    })
  })

  test('an abort of the client stops the stream', async () => {
    const stream = await client.chat({
      model: 'pocket',
      messages: [{ role: 'user', content: 'Tell me a long story.' }],
      stream: true,
    })
    const read = async () => {
      for await (const _part of stream) stream.abort()
    }
    await expect(read()).rejects.toThrow(/abort/i)
  })

  test('errors reach it as Ollama gives them', async () => {
    await expect(client.generate({ model: 'nope', prompt: 'x' })).rejects.toMatchObject({
      message: "model 'nope' not found",
      status_code: 404,
    })
  })
})

test('S-036: /api/models gives the same body as /api/tags', async () => {
  const body = async (path: string) => (await fetch(node.gateway + path)).text()
  expect(await body('/api/models')).toBe(await body('/api/tags'))
})

test('S-093 (part: embedded engine): a plain request without any authorization answers', async () => {
  const response = await node.post('/api/generate', { model: 'pocket', prompt: 'Hello!' })
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('"done":true')
})
