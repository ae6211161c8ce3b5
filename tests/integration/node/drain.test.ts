/** A node that is told to end while it answers. */
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { runProduct } from '../../support/node-process.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until, within } from '../../support/until.ts'
import { startRunningNode } from './running-node.ts'

const streams = 20

/** Streams that have begun and do not go on before they are released, on an Ollama that is not ours. */
async function startStreaming() {
  const fake = await startFakeOllama({ parallel: streams })
  onTestFinished(() => fake.stop())
  await fake.set({ holdAfterTokens: 2 })
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const config = directory.inside('ollama-distributed.yaml')
  await writeFile(config, `ollama:\n  max_concurrent: ${streams}\n`)
  const args = ['--config', config, '--ollama-port', String(fake.port)]
  const node = await startRunningNode({ args })
  const begun = await Promise.all(
    Array.from({ length: streams }, async () => {
      const response = await node.post('/api/generate', { model: 'tiny', prompt: 'hello' })
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const first = await reader?.read()
      expect(first?.value).toContain('"response"')
      return async () => {
        let text = first?.value ?? ''
        for (;;) {
          const part = await reader?.read()
          if (part?.value === undefined) return text
          text += part.value
        }
      }
    }),
  )
  return { fake, node, finish: () => Promise.all(begun.map((read) => read())) }
}

/** True when nobody accepts there any more. */
function isRefused(gateway: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(gateway).port), '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}

describe('S-062: SIGTERM under 20 streams', () => {
  test('lets all of them finish, refuses new connections, ends with 0, and leaves the Ollama alone', async () => {
    const { fake, node, finish } = await startStreaming()
    node.process.signal('SIGTERM')
    await until('new connections to be refused', () => isRefused(node.gateway))
    expect(node.process.hasExited).toBe(false)
    await fake.release()
    for (const text of await within('the streams', finish())) {
      const lines = text.trim().split('\n')
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: true, eval_count: 8 })
    }
    expect((await within('the end of the node', node.process.exited)).code).toBe(0)
    await node.process.assertNothingLeft()
    expect(await (await fetch(fake.url)).text()).toBe('Ollama is running')
    expect((await fake.stats()).aborted).toBe(0)
  })

  test('a second one ends at once, and every stream is told or cut, none looks finished', async () => {
    const { fake, node, finish } = await startStreaming()
    node.process.signal('SIGTERM')
    await until('the drain to begin', () => isRefused(node.gateway))
    // The same press may come twice, so the second one is repeated until it is taken for one.
    await until('the second signal to be taken', () => {
      if (!node.process.hasExited) node.process.signal('SIGTERM')
      return /Ending at once\.\n/.test(node.process.stdout())
    })
    expect((await within('the end of the node', node.process.exited)).code).toBe(130)
    const texts = await finish().catch((error: unknown) => [String(error)])
    for (const text of texts) expect(text).not.toContain('"done":true')
    await node.process.assertNothingLeft()
    await until('the Ollama to work for nobody', async () => (await fake.stats()).active === 0)
  })
})

test('S-059 (part: a real node): a gateway that cannot listen takes the engines down again', async () => {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const ports = ['--port', '0', '--ollama-port', '0', '--data-dir', directory.path]
  const notOurs = ['--listen', '192.0.2.1', '--accept-open']
  const { code, stdout, stderr } = await runProduct(['start', ...ports, ...notOurs], {
    timeoutMs: 60_000,
  })
  expect(stdout).toMatch(/^ok engine /m) // it was there already
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('192.0.2.1') })
  const node = await startRunningNode({ dataDir: directory.path }) // what was claimed is free again
  await node.stop()
})
