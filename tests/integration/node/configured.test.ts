import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { chooseFreePort } from '../../../src/sys/network.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { type Finished, productLine, runProduct } from '../../support/node-process.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { startRunningNode } from './running-node.ts'

/** A node whose file says `yaml`; flags of the harness that would stand above it are left out. */
async function nodeWith(yaml: string, args: string[] = []) {
  const directory = await makeTemporaryDirectory()
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, yaml)
  const node = await startRunningNode({
    dataDir: directory.path,
    args: ['--config', file, ...args],
  })
  return {
    directory,
    node,
    async stop() {
      await node.stop()
      await directory.remove()
    },
  }
}

describe('the configuration file', () => {
  test('S-103: integration.enabled false makes a pure gateway that touches no engine', async () => {
    const ollama = await startFakeOllama()
    const configured = await nodeWith('integration:\n  enabled: false\n', [
      '--ollama-port',
      String(ollama.port),
    ])
    const { node } = configured
    expect(await node.instances()).toEqual([])
    expect((await fetch(`${node.gateway}/health`)).status).toBe(503)
    expect(await ollama.requests()).toEqual([])
    await configured.stop()
    await ollama.stop()
  })

  test('S-104: auto_start false never starts an engine, and still adopts one', async () => {
    const yaml = 'integration:\n  process_manager:\n    auto_start: false\n'
    const ollama = await startFakeOllama()
    const adopting = await nodeWith(yaml, ['--ollama-port', String(ollama.port)])
    expect(await adopting.node.instances()).toMatchObject([{ kind: 'adopted', managed: false }])
    await adopting.stop()
    await ollama.stop()
    const alone = await nodeWith(yaml)
    expect(await alone.node.instances()).toEqual([])
    await alone.stop()
    const started = await nodeWith(yaml.replace('false', 'true'))
    expect(await started.node.instances()).toMatchObject([{ kind: 'embedded', managed: true }])
    await started.stop()
  })

  test('S-101: context_length holds for a request that says nothing, num_ctx wins over it', async () => {
    const configured = await nodeWith('ollama:\n  context_length: 512\n')
    const { node } = configured
    const contextOf = async (options: object) => {
      await (
        await node.post('/api/generate', { model: 'pocket', prompt: 'Hello!', options })
      ).text()
      const { models } = (await (await fetch(`${node.gateway}/api/ps`)).json()) as {
        models: { context_length: number }[]
      }
      return models.map(({ context_length: tokens }) => tokens)
    }
    expect(await contextOf({})).toEqual([512])
    expect(await contextOf({ num_ctx: 256 })).toEqual([256])
    await configured.stop()
  })

  test('S-102 (part: embedded engine): its process sees the environment map over the inherited one', async () => {
    const yaml = 'ollama:\n  environment:\n    OLLAMA_KEEP_ALIVE: "2m"\n    OD_TEST_MAP: "seen"\n'
    const configured = await nodeWith(yaml)
    const { node } = configured
    const { pid } = await node.embedded()
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0')
    expect(environment).toEqual(
      expect.arrayContaining(['OD_TEST_MAP=seen', 'OLLAMA_KEEP_ALIVE=2m']),
    )
    expect(environment).toContain(`PATH=${process.env['PATH']}`)
    await (await node.post('/api/generate', { model: 'pocket' })).text()
    const { models } = (await (await fetch(`${node.gateway}/api/ps`)).json()) as {
      models: { expires_at: string }[]
    }
    const leftMs = Date.parse(models[0]?.expires_at ?? '') - Date.now()
    expect(leftMs).toBeGreaterThan(60_000)
    expect(leftMs).toBeLessThan(121_000)
    await configured.stop()
  })

  test('OLLAMA_ORIGINS lets pages use the gateway and the embedded engine, and no others', async () => {
    const env = { OLLAMA_ORIGINS: 'https://chat.example,https://*.b.example' }
    const node = await startRunningNode({ env })
    const { url } = await node.embedded()
    const grantOf = async (base: string, origin: string) => {
      const got = await fetch(`${base}/api/tags`, { headers: { origin } })
      return [got.status, got.headers.get('access-control-allow-origin')]
    }
    for (const base of [node.gateway, url]) {
      for (const origin of ['https://chat.example', 'https://a.b.example']) {
        expect(await grantOf(base, origin)).toEqual([200, origin])
      }
      expect(await grantOf(base, 'https://evil-chat.example')).toEqual([403, null])
    }
    await node.stop()
  })
})

test('S-106: api_gateway.port is where the gateway listens', async () => {
  const directory = await makeTemporaryDirectory()
  const port = await chooseFreePort('127.0.0.1')
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, `integration:\n  api_gateway: { port: ${port} }\n`)
  const args = ['--data-dir', directory.path, '--config', file, '--ollama-port', '0']
  const command = productLine(['start', ...args])
  const node = await startRunningNode({ dataDir: directory.path, command })
  expect(new URL(node.gateway).port).toBe(String(port))
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  await node.stop()
  await directory.remove()
})

describe('the log', () => {
  test.each([
    ['LOG_LEVEL=debug', { env: { LOG_LEVEL: 'debug' } }, true],
    ['--log-level debug', { args: ['--log-level', 'debug'] }, true],
    ['nothing', {}, false],
  ])(
    'S-114: with %s, routing decisions appear at debug and not at info',
    async (_, options, isSeen) => {
      const directory = await makeTemporaryDirectory()
      const node = await startRunningNode({ dataDir: directory.path, ...options })
      await (await node.post('/api/generate', { model: 'pocket', prompt: 'My secret.' })).text()
      const log = await until('the request is logged', async () => {
        const text = await readFile(directory.inside('logs/node.log'), 'utf8')
        return text.includes('request.finished') ? text : undefined
      })
      expect(log.includes('routing.decided')).toBe(isSeen)
      expect(log).not.toContain('secret')
      await node.stop()
      await directory.remove()
    },
  )
})

describe('the data directory', () => {
  test('S-097 (part: node): is made where it is missing, and a place that cannot be used is explained', async () => {
    const directory = await makeTemporaryDirectory()
    const node = await startRunningNode({ dataDir: directory.inside('deep/down') })
    await node.stop()
    await writeFile(directory.inside('file'), '')
    const refused: Finished = await runProduct([
      'start',
      '--data-dir',
      directory.inside('file/below'),
      '--port',
      '0',
      '--ollama-port',
      '0',
    ])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('cannot be used')
    expect(refused.stderr).toContain('--data-dir')
    await directory.remove()
  })

  test('has one owner: a second start says who it is', async () => {
    const directory = await makeTemporaryDirectory()
    const node = await startRunningNode({ dataDir: directory.path })
    const second = await runProduct(['start', '--data-dir', directory.path, '--port', '0'])
    expect(second.code).toBe(0)
    expect(second.stdout).toContain('already running')
    expect(second.stdout).toContain(node.gateway)
    expect(second.stdout).toContain(String(node.process.runFile.pid))
    await node.stop()
    await directory.remove()
  })
})
