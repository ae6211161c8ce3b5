import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { n24 } from '../support/n24.ts'
import { type Finished, type NodeProcess, runToEnd, startNode } from '../support/node-process.ts'
import { until } from '../support/until.ts'
import {
  type Clone,
  coldTimeoutMs,
  isolatedEnvironment,
  makeClone,
  openSilentPort,
  startClone,
  userEnvironment,
} from './clone-tree.ts'

/** What a machine without a registry may be kept waiting. */
const noRegistryMsMax = 15_000

/** What `--version` may take, in starts of a bare Node. */
const bareStartsMax = 5

let clone: Clone
beforeAll(async () => {
  clone = await makeClone({ packages: true })
  await (await start()).stop()
}, coldTimeoutMs)
afterAll(() => clone.remove())

const npmStart = ['npm', 'start', '--'] as const
const anyPorts = ['--port', '0', '--ollama-port', '0', '--link-port', '0']

/** `npm start` in the clone with a data directory of its own, until it is ready. */
async function start(): Promise<NodeProcess> {
  const dataDir = clone.inside('.cache', 'data')
  await rm(dataDir, { recursive: true, force: true })
  return await startClone(clone, dataDir)
}

/** Runs a command line in a clone to its end. */
async function run(
  [command, ...args]: readonly [string, ...string[]],
  options: { cwd?: string; env?: Record<string, string | undefined> } = {},
): Promise<Finished> {
  return await runToEnd(
    { command, args, cwd: options.cwd ?? clone.path, env: options.env ?? userEnvironment() },
    { timeoutMs: 60_000 },
  )
}

describe('ports', () => {
  const servers: Server[] = []
  afterAll(() => servers.forEach((server) => server.close()))

  test('S-115: a taken port is told with its holder and the line that works instead', async () => {
    const { port, server } = await openSilentPort()
    servers.push(server)
    const dataDir = clone.inside('.cache', 'nowhere')
    const flags = ['--data-dir', dataDir, '--ollama-port', '0']
    const refused = await run([...npmStart, ...flags, '--port', String(port)])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(`Port ${port} is taken by process ${process.pid} of user `)
    expect(server.listening).toBe(true)

    const line = /npm start -- (.*--port (\d+))$/m.exec(refused.stderr)
    const other = await startNode({
      dataDir,
      command: [...npmStart, ...(line?.[1] ?? '').split(' ')],
      cwd: clone.path,
      env: userEnvironment(),
    })
    try {
      expect(other.gateway).toBe(`http://127.0.0.1:${line?.[2]}`)
      await other.stop()
      await other.assertNothingLeft()
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })

  test('a taken Ollama port is told when it is no Ollama that answers', async () => {
    const dataDir = clone.inside('.cache', 'nowhere')
    const { port, server } = await openSilentPort()
    servers.push(server)
    server.on('connection', (socket) => socket.end('SSH-2.0-nobody\r\n'))
    const args = ['--data-dir', dataDir, '--port', '0', '--ollama-port', String(port)]
    const refused = await run([...npmStart, ...args])
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toMatch(/npm start -- .*--ollama-port \d+$/m)
  })
})

test('a second start says that one runs already, with its pid and address', async () => {
  const node = await start()
  try {
    const second = await run([...npmStart, '--data-dir', node.dataDir, ...anyPorts])
    expect(second.code).toBe(0)
    expect(second.stdout).toContain(`already running: ${node.gateway}, pid ${node.runFile.pid}`)
    await node.kill()
    const third = await start() // the file that a killed node leaves is no running node
    await third.stop()
    await third[Symbol.asyncDispose]()
  } finally {
    await node[Symbol.asyncDispose]()
  }
})

test('a launcher that is killed leaves nothing behind', async () => {
  const node = await start()
  try {
    const launcher = (await node.tree()).find(({ command }) => /^node \S*start\.cjs/.test(command))
    process.kill(launcher?.pid ?? Number.NaN, 'SIGKILL')
    await node.assertNothingLeft(30_000)
  } finally {
    await node[Symbol.asyncDispose]()
  }
})

test('while another start installs or builds, one says so; what a dead one left is no hindrance', async () => {
  const lock = clone.inside('.cache', 'preparing.pid')
  const dataDir = clone.inside('.cache', 'data')
  await rm(clone.inside('dist', '.od-built'))
  await writeFile(lock, `${process.pid}\n`)
  const refused = await run([...npmStart, '--data-dir', dataDir, ...anyPorts])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain(`Process ${process.pid} is installing or building`)
  const dead = await run(['sh', '-c', 'echo $$'])
  await writeFile(lock, dead.stdout)
  const node = await start()
  try {
    expect(node.stdout()).toMatch(/^ok build {4}compiled/m)
    expect(existsSync(lock)).toBe(false)
    await node.stop()
  } finally {
    await node[Symbol.asyncDispose]()
  }
})

describe('without a package registry', () => {
  async function startIn(bare: Clone, registry: string): Promise<Finished> {
    const env = await isolatedEnvironment(registry, bare.inside('.cache', 'npm'))
    return await run([...npmStart, ...anyPorts], { cwd: bare.path, env })
  }

  test.each(['closed', 'silent'])(
    'a fresh clone says so in one sentence (%s port)',
    async (kind) => {
      const bare = await makeClone({ packages: false })
      const { port, server } = await openSilentPort()
      try {
        if (kind === 'closed') await new Promise((done) => server.close(done))
        const refused = await startIn(bare, `http://127.0.0.1:${port}/`)
        expect(refused.code).toBe(1)
        expect(refused.stderr).toMatch(/^The package registry cannot be reached \(.*\)/m)
        expect(refused.stderr).not.toMatch(/^npm error/m)
        expect(refused.durationMs).toBeLessThan(noRegistryMsMax)
      } finally {
        server.close()
        await bare.remove()
      }
    },
  )

  test('an installed clone starts', async () => {
    const dataDir = clone.inside('.cache', 'offline')
    const node = await startNode({
      dataDir,
      command: [...npmStart, '--data-dir', dataDir, ...anyPorts],
      cwd: clone.path,
      env: await isolatedEnvironment('http://127.0.0.1:1/', clone.inside('.cache', 'npm')),
    })
    try {
      expect(node.stdout()).toMatch(/^ok install {2}nothing to do/m)
      await node.stop()
    } finally {
      await node[Symbol.asyncDispose]()
    }
  })
})

describe('bin/ollama-distributed', () => {
  const program = () => clone.inside('bin', 'ollama-distributed')

  test('prints its version at once', async () => {
    const durationsMs: number[] = []
    const bareMs: number[] = []
    for (let i = 0; i < 5; i++) {
      const { stdout, durationMs } = await run(['node', program(), '--version'])
      expect(stdout).toMatch(/^ollama-distributed \d+\.\d+\.\d+\n$/)
      durationsMs.push(durationMs)
      bareMs.push((await run(['node', '-e', ''])).durationMs)
    }
    console.log(`--version: ${durationsMs.map((one) => one.toFixed(0)).join(', ')} ms`)
    expect(Math.min(...durationsMs) / Math.min(...bareMs)).toBeLessThan(bareStartsMax)
  })

  test.each([
    ["the machine's own", 'node'],
    ['the tested', n24],
  ])('runs the program with its exit code on %s Node', async (_, node) => {
    const dataDir = clone.inside('.cache', 'empty')
    const status = await run([node, program(), 'status', '--data-dir', dataDir])
    expect(status.code).toBe(1) // no node runs there
    expect(status.stderr + status.stdout).not.toBe('')
    const version = await run([node, program(), 'help'])
    expect(version).toMatchObject({ code: 0, stdout: expect.stringContaining('start') })
  })

  test('refuses an old Node in one sentence, and is in a language that it understands', async () => {
    const script = `
      Object.defineProperty(process.versions, 'node', { value: '4.9.1' })
      process.argv = [process.argv[0], ${JSON.stringify(program())}, 'status']
      require(${JSON.stringify(program())})
    `
    const refused = await run(['node', '-e', script])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(
      /^ollama-distributed needs Node\.js 22\.19 or newer.*4\.9\.1.*\n$/,
    )
    const text = (await readFile(program(), 'utf8')).replaceAll(/\/\*[^]*?\*\//g, '')
    expect(text).not.toMatch(/=>|\b(const|let|class|async|await|import)\b|\?\.|\?\?|\.\.\.|\$\{/)
  })

  test('of a clone that was not built says what to do', async () => {
    const bare = await makeClone({ packages: false })
    try {
      const refused = await run(['node', bare.inside('bin', 'ollama-distributed'), 'status'])
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/npm start.*\n$/) })
    } finally {
      await bare.remove()
    }
  })

  test('gives signals on and ends with the program', async () => {
    const dataDir = clone.inside('.cache', 'signals')
    const node = await startNode({
      dataDir,
      command: ['node', program(), 'start', '--data-dir', dataDir, ...anyPorts],
      cwd: clone.path,
      env: userEnvironment(),
    })
    try {
      expect(await node.stop()).toEqual({ code: 0, signal: null })
      await until('the node to be gone', async () => (await node.tree()).length === 0)
      await node.assertNothingLeft()
    } finally {
      await node[Symbol.asyncDispose]()
    }
  })
})
