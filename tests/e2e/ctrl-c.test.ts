import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../support/fake-ollama/start.ts'
import { NodeProcess } from '../support/node-process.ts'
import { makeTemporaryDirectory } from '../support/temporary-directory.ts'
import { until, within } from '../support/until.ts'
import { type Clone, coldTimeoutMs, makeClone, userEnvironment } from './clone-tree.ts'

/** What the terminal sends for Ctrl-C. */
const ctrlC = '\u0003'

/** A person's second press; one that follows the first faster than 300 ms counts as the same. */
const pressEveryMs = 500

let clone: Clone
beforeAll(async () => {
  clone = await makeClone({ packages: true })
})
afterAll(() => clone.remove())

/** `npm start` in a pseudo terminal, until it is ready. `script` is on every Debian (bsdutils). */
async function startInTerminal(ollamaPort: number): Promise<NodeProcess> {
  const data = await makeTemporaryDirectory()
  const ports = `--port 0 --ollama-port ${ollamaPort} --link-port 0`
  const line = `npm start -- --data-dir ${data.path} ${ports}`
  const node = new NodeProcess(
    {
      command: 'script',
      args: ['--quiet', '--flush', '--return', '--command', line, '/dev/null'],
      cwd: clone.path,
      env: userEnvironment(),
    },
    data.path,
    () => data.remove(),
  )
  try {
    await node.ready(coldTimeoutMs)
    await node.saw(/Ctrl-C stops the node/)
    return node
  } catch (error) {
    await node[Symbol.asyncDispose]()
    throw error
  }
}

/** A node with an answer in the middle, and the rest of that answer. */
async function startAnswering(ollama: FakeOllama) {
  await ollama.set({ holdAfterTokens: 2 })
  const node = await startInTerminal(ollama.port)
  const response = await fetch(`${node.gateway}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: 'tiny', prompt: 'Hello!' }),
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const first = await reader?.read()
  expect(first?.value).toContain('"response"')
  const readRest = async () => {
    let text = ''
    for (;;) {
      const next = await reader?.read()
      if (next === undefined || next.done) return text
      text += next.value
    }
  }
  return { node, rest: readRest().catch(() => 'the connection was cut') }
}

async function pressCtrlC(node: NodeProcess): Promise<void> {
  node.stdin.write(ctrlC)
  await node.saw(/running answers may finish/)
}

async function untilRefusing({ gateway }: NodeProcess): Promise<void> {
  await until('new requests to be refused', async () => {
    const refused = await fetch(`${gateway}/api/version`).catch(() => undefined)
    return refused === undefined || refused.status === 503
  })
}

/** It ended, said so without npm's wall of errors, and left nothing. */
async function expectCleanEnd(node: NodeProcess, timeoutMs: number): Promise<void> {
  await within('the end', node.exited, timeoutMs)
  expect(node.stdout()).not.toMatch(/npm (error|ERR)/)
  await node.assertNothingLeft()
}

describe('Ctrl-C in the terminal of npm start', () => {
  test('ends an idle node, with no wall of npm errors and nothing left', async () => {
    await using node = await startInTerminal(0)
    await pressCtrlC(node)
    await expectCleanEnd(node, 10_000)
  })

  test('lets a running answer come to its end', async () => {
    await using ollama = await startFakeOllama()
    const { node, rest } = await startAnswering(ollama)
    await using _ = node
    expect(node.stdout()).toContain(`an Ollama answers at ${ollama.port}`)
    await pressCtrlC(node)
    await untilRefusing(node)
    expect(node.hasExited).toBe(false)
    await ollama.release()
    expect(await rest).toContain('"done":true')
    await expectCleanEnd(node, 10_000)
    expect(await (await fetch(ollama.url)).text()).toBe('Ollama is running')
  })

  test('pressed again ends at once', async () => {
    await using ollama = await startFakeOllama()
    const { node, rest } = await startAnswering(ollama)
    await using _ = node
    await pressCtrlC(node)
    await untilRefusing(node)
    await node.saw(/Ctrl-C again ends at once/)
    const pressAgain = () => {
      if (!node.hasExited) node.stdin.write(ctrlC)
      return node.hasExited
    }
    await until('the end', pressAgain, { timeoutMs: 5_000, everyMs: pressEveryMs })
    await expectCleanEnd(node, 5_000)
    expect(await rest).not.toContain('"done":true')
  })
})
