/** `verify` with real nodes: all is well, and the ground of each of the six checks broken in turn. */
import { chmod, readdir, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { until } from '../../support/until.ts'
import { launcherBoundByRights, User } from './command-line.ts'

/** A cold engine on a machine that runs other tests, too. */
const readyTimeoutMs = 60_000

/** No `ollama` is on it, nor anything else; the commands need no other program. */
const emptyPath = { PATH: '/nowhere' }

let user: User
beforeEach(async () => {
  user = await User.create()
})
afterEach(() => user.remove())

interface Report {
  readonly isPassed: boolean
  readonly passed: number
  readonly failed: number
  readonly blocked: number
  readonly notAvailable: number
  readonly checks: readonly {
    readonly number: number
    readonly state: string
    readonly text: string
    readonly hint?: string
    readonly blockedBy?: number
  }[]
}

/** Starts a node on the usual data folder; it is gone after the test. */
async function startNode(args: readonly string[], launcher?: readonly string[]): Promise<string> {
  const options = launcher === undefined ? {} : { launcher }
  const node = user.start(['start', '--port', '0', ...args], options)
  onTestFinished(() => node.destroy())
  await node.saw(/Ctrl-C stops the node\.\n/, readyTimeoutMs)
  await node.remember()
  const [, gateway = ''] = await node.saw(/^Gateway +(\S+)$/m)
  return gateway
}

async function startFake(): Promise<FakeOllama> {
  const fake = await startFakeOllama()
  onTestFinished(() => fake.stop())
  return fake
}

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await until('the server to listen', () => server.listening)
  return (server.address() as AddressInfo).port
}

/** A port where nobody listens now. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await until('the server to listen', () => server.listening)
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function configFile(text: string): Promise<string> {
  const path = user.home.inside('other.yaml')
  await writeFile(path, text)
  return path
}

/** Runs it for programs. */
async function verify(args: readonly string[]): Promise<Report> {
  const forPrograms = await user.run(['verify', '--json', ...args], { env: emptyPath })
  const report = JSON.parse(forPrograms.stdout) as Report
  expect(forPrograms.code).toBe(report.isPassed ? 0 : 1)
  expect(forPrograms.stderr).toBe('')
  return report
}

function states({ checks }: Report): string[] {
  return checks.map(({ state, blockedBy }) => (blockedBy ? `blocked by ${blockedBy}` : state))
}

function failure(report: Report) {
  return report.checks.find(({ state }) => state === 'failed')
}

test('S-022, S-085, S-090 (part: no pull), S-091: all six pass on a fresh node, one line each', async () => {
  await startNode(['--ollama-port', '0'])
  const { code, stdout } = await user.run(['verify', '--ollama-port', '0'])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.slice(0, 6).map((line) => line.replace(/ +(PASSED) .*/, ' $1'))).toEqual([
    '1 Ollama Installation PASSED',
    '2 Ollama Server PASSED',
    '3 Distributed System PASSED',
    '4 API Integration PASSED',
    '5 Model Management PASSED',
    '6 End-to-End Integration PASSED',
  ])
  expect(lines[0]).toMatch(/embedded engine, llama\.cpp \S+/)
  expect(lines[5]).toMatch(/pocket:latest answered, served by engine embedded of node \S+$/)
  expect(lines.at(-1)).toBe('All 6 checks passed.')
  expect(stdout).toContain('  check 4: POST /api/v1/models/pull is not available\n')
  expect(code).toBe(0)
  const { stdout: models } = await user.run(['models'])
  expect(models).not.toContain('verify-')
})

describe('with its ground broken a check fails with its hint, and those that stand on it are blocked', () => {
  test('S-086, S-110: 1, no Ollama on PATH and the embedded engine switched off', async () => {
    const config = await configFile('integration:\n  enabled: false\n')
    const ollama = ['--ollama-port', String(await closedPort()), '--config', config]
    await startNode(ollama)
    const report = await verify(ollama)
    expect(states(report)).toEqual([
      'failed',
      'blocked by 1',
      'passed',
      'blocked by 1',
      'blocked by 1',
      'blocked by 1',
    ])
    expect(failure(report)?.text).toMatch(/no program ollama on PATH, and .* is switched off/)
    expect(failure(report)?.hint).toMatch(/curl -fsSL https:\/\/ollama\.com\/install\.sh \| sh/)
    expect(report).toMatchObject({ passed: 1, failed: 1, blocked: 4 })
  })

  test('S-087: 2, the port answers with 404s', async () => {
    const port = await serve((_, response) => response.writeHead(404).end('not found'))
    await startNode(['--ollama-port', String(port)])
    const report = await verify(['--ollama-port', String(port)])
    expect(states(report)).toEqual([
      'passed',
      'failed',
      'passed',
      'blocked by 2',
      'blocked by 2',
      'blocked by 2',
    ])
    expect(failure(report)?.text).toContain(`127.0.0.1:${port} is no Ollama: /api/version answers`)
    expect(failure(report)?.hint).toContain('ollama.port')
  })

  test('S-088: 3, no node', async () => {
    const fake = await startFake()
    const ports = ['--port', String(await closedPort()), '--ollama-port', String(fake.port)]
    const report = await verify(ports)
    expect(states(report)).toEqual([
      'passed',
      'passed',
      'failed',
      'blocked by 3',
      'blocked by 3',
      'blocked by 3',
    ])
    expect(failure(report)?.text).toMatch(/connection refused$/)
    expect(failure(report)?.hint).toContain('ollama-distributed start')
    const withoutPort = await verify([...ports, '--ollama-port', '0'])
    expect(states(withoutPort).slice(0, 3)).toEqual(['passed', 'blocked by 3', 'failed'])
  })

  test('S-089 (part: what is built): 4, one route is missing', async () => {
    const gateway = new URL(await startNode(['--ollama-port', '0']))
    const missing = '/api/v1/models'
    const port = await serve((incoming, response) => {
      if (incoming.url === missing) return void response.writeHead(404).end('404 page not found')
      const { method, url: path, headers } = incoming
      const onward = request({ port: gateway.port, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.pipe(response)
      })
      incoming.pipe(onward)
    })
    const report = await verify(['--ollama-port', '0', '--host', `http://127.0.0.1:${port}`])
    expect(states(report)).toEqual(['passed', 'passed', 'passed', 'failed', 'passed', 'passed'])
    expect(failure(report)?.text).toBe(`missing: GET ${missing}`)
    expect(failure(report)?.hint).toContain('ollama-distributed version')
  })

  test('5, the folder of the models cannot be written', async () => {
    await startNode(['--ollama-port', '0'], launcherBoundByRights())
    const folders = await foldersBelow(join(user.dataDir, 'models'))
    for (const folder of folders) await chmod(folder, 0o555)
    const report = await verify(['--ollama-port', '0'])
    for (const folder of folders) await chmod(folder, 0o755) // so that it can be removed
    expect(states(report)).toEqual(['passed', 'passed', 'passed', 'passed', 'failed', 'passed'])
    expect(failure(report)?.text).toMatch(/^create: status 5\d\d, /)
    expect(failure(report)?.hint).toContain('ollama-distributed doctor')
  })

  test('6, the engine answers garbage', async () => {
    const fake = await startFake()
    await fake.set({ answer: { type: 'garbage', afterTokens: 2 } })
    const config = await configFile('integration:\n  process_manager:\n    auto_start: false\n')
    const ollama = ['--ollama-port', String(fake.port), '--config', config]
    await startNode(ollama)
    const report = await verify(ollama)
    expect(states(report)).toEqual(['passed', 'passed', 'passed', 'passed', 'passed', 'failed'])
    expect(failure(report)?.hint).toContain('ollama-distributed status')
  })
})

async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory())
  return [folder, ...folders.map(({ parentPath, name }) => join(parentPath, name))]
}
