/** `start`, `stop` and `status` with the real node: what the first ten minutes need. */
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import type { MarkedProcess } from '../../support/marked-process.ts'
import { n24 } from '../../support/n24.ts'
import { until, within } from '../../support/until.ts'
import { mainFile, User } from './command-line.ts'

/** A cold engine on a machine that runs other tests, too. */
const readyTimeoutMs = 60_000

/** Far below the 30 s of a drain, far above what ending at once takes. */
const atOnceMs = 10_000

const isCurlThere = spawnSync('curl', ['--version']).status === 0

let user: User
let fake: FakeOllama

beforeAll(async () => {
  user = await User.create()
  fake = await startFakeOllama()
})
afterEach(() => fake.set({}))
afterAll(async () => {
  await fake?.stop()
  await user?.remove()
})

interface Started {
  readonly node: MarkedProcess
  readonly gateway: string
}

/** Waits until a node says that it is ready; it is killed after the test at the latest. */
async function ready(node: MarkedProcess): Promise<Started> {
  onTestFinished(() => node.destroy())
  await node.saw(/Ctrl-C stops the node\.\n/, readyTimeoutMs)
  await node.remember()
  const [, gateway = ''] = await node.saw(/^Gateway +(\S+)$/m)
  return { node, gateway }
}

/** A node on the usual data folder that uses the fake Ollama. */
async function startNode(launcher?: readonly string[]): Promise<Started> {
  const args = ['start', '--port', '0', '--ollama-port', String(fake.port)]
  return await ready(user.start(args, launcher === undefined ? {} : { launcher }))
}

/** An answer that has begun and does not go on before it is released. */
async function beginAnswer(gateway: string) {
  await fake.set({ holdAfterTokens: 1 })
  const body = JSON.stringify({ model: 'tiny', prompt: 'hello' })
  const response = await fetch(`${gateway}/api/generate`, { method: 'POST', body })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const first = await reader?.read()
  return {
    first: first?.value ?? '',
    async rest(): Promise<string> {
      let text = ''
      for (;;) {
        const part = await reader?.read()
        if (part?.value === undefined) return text
        text += part.value
      }
    },
  }
}

describe('start', () => {
  test('S-021 (part: no file, address): prints steps, addresses and lines to type', async () => {
    const args = ['start', '--port', '0', '--ollama-port', '0', '--data-dir', 'my data']
    const { node, gateway } = await ready(user.start(args))
    const text = node.stdout()
    for (const step of ['ports', 'data', 'engine', 'gateway']) {
      expect(text).toMatch(new RegExp(`^ok ${step.padEnd(8)} \\S.* {3}\\d+\\.\\d s$`, 'm'))
    }
    expect(gateway).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(text).not.toContain('localhost')
    expect(text).toMatch(/^[\n -~]*$/) // plain ASCII
    expect(text).toContain(`\nData      ${user.home.inside('my data')}`)

    const [, second = ''] = /In a second terminal:\n {2}ollama-distributed (.*)\n/.exec(text) ?? []
    expect(second).toBe(`run pocket --data-dir '${user.home.inside('my data')}'`)
    const launcher = ['sh', '-c', `"$@" ${second}`, 'sh', n24, mainFile]
    const told = await user.run([], { launcher, input: 'Who are you?' })
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('pocket') })

    if (isCurlThere) {
      const [, curl = ''] = /^ {2}(curl .*)$/m.exec(text) ?? []
      const { stdout } = await user.run([], { launcher: ['sh', '-c', curl] })
      const lines = stdout.trim().split('\n')
      expect(lines.length).toBeGreaterThan(3)
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ model: 'pocket', done: true })
    }
    node.signal('SIGINT')
    expect((await within('the end', node.exited)).code).toBe(0)
    await node.assertNothingLeft()
  })

  test('says "already running" with pid and address, and starts no second node', async () => {
    const { node, gateway } = await startNode()
    const { code, stdout } = await user.run(['start', '--port', '0'])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^already running: ${gateway}, pid ${node.pid}, since `))
    expect(stdout).toContain('  stop it:  ollama-distributed stop\n')
    node.signal('SIGTERM')
    expect((await node.exited).code).toBe(0)
  })

  test('with a port that somebody has: who, and the line with another port, which works', async () => {
    const stranger = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void stranger.close())
    await until('the stranger to listen', () => stranger.listening)
    const { port } = stranger.address() as AddressInfo
    const args = ['start', '--port', String(port), '--ollama-port', String(fake.port)]
    const { code, stderr } = await user.run(args)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      new RegExp(`^Error: port ${port} on 127\\.0\\.0\\.1 is already in use by .*pid `),
    )
    const [, line = ''] =
      /\nStart on another one:\n {2}ollama-distributed (.*)\n$/.exec(stderr) ?? []
    expect(line).toMatch(new RegExp(`^start --ollama-port ${fake.port} --port \\d+$`))
    const { node } = await ready(user.start(line.split(' ')))
    node.signal('SIGTERM')
    expect((await node.exited).code).toBe(0)
  })

  test('with a wrong setting ends with 2 and names the flag', async () => {
    const { code, stderr } = await user.run(['start', '--port', 'http'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^Error: .*\n {2}flag --port: .*"http"; expected a port/)
  })

  test('that is interrupted on its way up leaves nothing behind', async () => {
    const node = user.start(['start', '--port', '0', '--ollama-port', '0'])
    onTestFinished(() => node.destroy())
    await node.saw(/^ok data/m, readyTimeoutMs)
    await node.remember()
    node.signal('SIGINT')
    expect((await within('the end', node.exited)).code).toBe(130)
    await node.assertNothingLeft()
    const { node: next } = await startNode() // what the first one claimed is free again
    next.signal('SIGTERM')
    await next.exited
  })
})

describe('a node that is stopped', () => {
  test('by Ctrl-C lets a running answer finish and ends with 0', async () => {
    const { node, gateway } = await startNode()
    const answer = await beginAnswer(gateway)
    node.signal('SIGINT')
    await node.saw(
      /Stopping: running answers may finish, for up to 30 s; Ctrl-C again ends at once\.\n/,
    )
    await fake.release()
    const lines = `${answer.first}${await answer.rest()}`.trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: true, eval_count: 8 })
    expect((await within('the end of the drain', node.exited)).code).toBe(0)
    expect(node.stdout()).toMatch(/\nStopped\.\n$/)
    expect(node.stderr()).toBe('')
    await node.assertNothingLeft()
  })

  test('by a second Ctrl-C ends at once', async () => {
    const { node, gateway } = await startNode()
    const answer = await beginAnswer(gateway)
    node.signal('SIGINT')
    await node.saw(/Stopping/)
    // The same press may come twice, so the second one is repeated until it is taken for one.
    await until('the second Ctrl-C to be taken', () => {
      if (!node.hasExited) node.signal('SIGINT')
      return /Ending at once\.\n/.test(node.stdout())
    })
    expect((await within('the end', node.exited, atOnceMs)).code).toBe(130)
    await answer.rest().catch(() => {}) // cut, with an error line or without
    await node.assertNothingLeft()
  })

  test('drains when whoever started it is killed', async () => {
    const parent = `
      const { spawn } = require('node:child_process')
      const child = spawn(process.execPath, process.argv.slice(1), { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      child.on('exit', (code) => process.exit(code))`
    const { node } = await startNode([n24, '-e', parent, mainFile])
    node.signal('SIGKILL')
    await until('the whole tree to end', async () => (await node.tree()).length === 0)
    expect(node.stdout()).toMatch(/Stopping: .*\nStopped\.\n$/)
    await node.assertNothingLeft()
  })

  test('drains when the standard input that it is told to watch ends', async () => {
    const args = ['start', '--port', '0', '--ollama-port', String(fake.port)]
    const { node } = await ready(user.start(args, { env: { OD_PARENT_WATCH: 'stdin' } }))
    node.stdin.end()
    expect((await within('the end', node.exited)).code).toBe(0)
  })
})

describe('stop', () => {
  test('waits until the node is gone, and is content when none runs', async () => {
    const { node, gateway } = await startNode()
    const answer = await beginAnswer(gateway)
    const stop = user.start(['stop'])
    onTestFinished(() => stop.destroy())
    await until('the word that it waits', () => /waiting for the node/.test(stop.stderr()))
    expect(node.hasExited).toBe(false)
    await fake.release()
    await answer.rest()
    expect((await within('the end of stop', stop.exited)).code).toBe(0)
    expect(stop.stdout()).toBe(`stopped the node with pid ${node.pid}\n`)
    expect((await node.exited).code).toBe(0)
    const again = await user.run(['stop'])
    expect(again).toMatchObject({
      code: 0,
      stdout: `no node runs on ${user.dataDir}; nothing to stop\n`,
    })
  })

  test('--now does not wait for answers', async () => {
    const { node, gateway } = await startNode()
    const answer = await beginAnswer(gateway)
    const { code, durationMs } = await user.run(['stop', '--now'])
    expect(code).toBe(0)
    expect(durationMs).toBeLessThan(atOnceMs)
    await answer.rest().catch(() => {})
    expect(node.hasExited).toBe(true)
    await node.assertNothingLeft()
  })
})

describe('status', () => {
  test('shows the node and its engines, as a page or as the API’s answer', async () => {
    const { node, gateway } = await startNode()
    const { code, stdout } = await user.run(['status'])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^pid +${node.pid}$`, 'm'))
    expect(stdout).toMatch(new RegExp(`^address +${gateway}$`, 'm'))
    expect(stdout).toMatch(
      /^ENGINE {2,}KIND {2,}STATE {2,}SINCE {2,}LOADED {2,}ACTIVE {2,}QUEUED {2,}ADDRESS$/m,
    )
    expect(stdout).toMatch(new RegExp(`^\\w+ {2,}adopted {2,}running {2,}.* ${fake.url}$`, 'm'))
    const json = JSON.parse((await user.run(['status', '--json'])).stdout) as object
    const answer = await (await fetch(`${gateway}/api/v1/integration/status`)).json()
    expect(Object.keys(json)).toEqual(Object.keys(answer as object))
    const version = await user.run(['version'])
    expect(version.stdout).toMatch(
      new RegExp(`^${gateway}: node \\d+\\.\\d+\\.\\d+, API of Ollama `, 'm'),
    )
    node.signal('SIGTERM')
    await node.exited
  })

  test('says so where no node runs, and ends with 1', async () => {
    const { code, stderr } = await user.run(['status', '--data-dir', user.home.path])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        `Error: no node runs on ${user.home.path}\n` +
        `Start one with \`ollama-distributed start --data-dir ${user.home.path}\`.\n`,
    })
  })
})
