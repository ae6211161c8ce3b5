/** Commands that ask a gateway, against a fake Ollama: what they send, print, and end with. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { n24 } from '../../support/n24.ts'
import { until } from '../../support/until.ts'
import { mainFile, User } from './command-line.ts'

let user: User
let fake: FakeOllama
let host: readonly ['--host', string]

beforeAll(async () => {
  user = await User.create()
  fake = await startFakeOllama({
    models: [
      { name: 'tiny', parameters: { stop: ['a b', 'c'] }, system: 'Be brief.' },
      { name: 'library/Other:1b', licenses: ['The licence.'] },
    ],
  })
  host = ['--host', fake.url]
})
afterEach(() => fake.set({}))
afterAll(async () => {
  await fake?.stop()
  await user?.remove()
})

const lastRequest = async () => (await fake.requests()).at(-1)
const lastBody = async () => JSON.parse((await lastRequest())?.body ?? '{}') as object

describe('lists', () => {
  test('models', async () => {
    const { code, stdout } = await user.run(['models', ...host])
    expect(code).toBe(0)
    const [head, ...rows] = stdout.trimEnd().split('\n')
    expect(head).toMatch(/^NAME {2,}ID {2,}SIZE {2,}MODIFIED$/)
    expect(rows).toHaveLength(2)
    expect(stdout).toMatch(/^tiny:latest {2,}[0-9a-f]{12} {2,}98 MB {2,}\S.* ago$/m)
  })

  test('models --json prints the API’s answer', async () => {
    const { stdout } = await user.run(['models', '--json', ...host])
    const answer: unknown = await (await fetch(`${fake.url}/api/tags`)).json()
    expect(JSON.parse(stdout)).toEqual(answer)
  })

  test('ps', async () => {
    await user.run(['run', 'tiny', '', '--keep-alive', '1h', ...host])
    const { stdout } = await user.run(['ps', ...host])
    expect(stdout).toMatch(/^tiny:latest {2,}[0-9a-f]{12} .* {2,}100% CPU {2,}4096 {2,}\S+/m)
  })

  test('show, whole and in parts', async () => {
    const whole = await user.run(['show', 'tiny', ...host])
    expect(whole.stdout).toMatch(/^ {2}Model\n {4}architecture {2,}llama\n/)
    expect(whole.stdout).toContain('\n  System\n    Be brief.\n')
    expect((await user.run(['show', 'tiny', '--system', ...host])).stdout).toBe('Be brief.\n')
    const license = await user.run(['show', 'Other:1b', '--license', ...host])
    expect(license.stdout).toBe('The licence.\n')
    const json = await user.run(['show', 'tiny', '--json', ...host])
    expect(JSON.parse(json.stdout)).toMatchObject({ system: 'Be brief.' })
  })

  test('version tells program and server apart', async () => {
    const { stdout } = await user.run(['version', '--json', ...host])
    const { version } = (await (await fetch(`${fake.url}/api/version`)).json()) as {
      version: string
    }
    expect(JSON.parse(stdout)).toEqual({
      client: expect.stringMatching(/^\d+\.\d+\.\d+/),
      server: { url: fake.url, api: version },
    })
  })
})

describe('run', () => {
  test('prints the answer, and nothing else, to standard output', async () => {
    const options = ['--options', '{"seed":1}', '--system', 'Be kind.', '--format', 'json']
    const { code, stdout, stderr } = await user.run([
      'run',
      'tiny',
      'hello',
      'there',
      ...options,
      ...host,
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^\{[^]*\}\n$/)
    expect(JSON.parse(stdout)).toBeTypeOf('object')
    expect(await lastBody()).toEqual({
      model: 'tiny',
      prompt: 'hello there',
      options: { seed: 1 },
      system: 'Be kind.',
      format: 'json',
    })
  })

  test('puts what is piped in before the words', async () => {
    await user.run(['run', 'tiny', 'shorter', ...host], { input: 'a long text\n' })
    expect(await lastBody()).toMatchObject({ prompt: 'a long text\n shorter' })
    await user.run(['run', 'tiny', ...host], { input: 'alone' })
    expect(await lastBody()).toMatchObject({ prompt: 'alone' })
  })

  test('prints a token before the next one is made', async () => {
    await fake.set({ holdAfterTokens: 1 })
    const command = user.start(['run', 'tiny', 'hello', ...host])
    command.stdin.end()
    await command.saw(/\S/)
    expect(await lastRequest()).toMatchObject({ outcome: 'active', tokensMade: 1 })
    await fake.release()
    expect((await command.exited).code).toBe(0)
    expect(command.stdout().split(' ').length).toBeGreaterThan(2)
  })

  test('--verbose prints what the server measured, to standard error', async () => {
    const { stdout, stderr } = await user.run(['run', 'tiny', 'hello', '--verbose', ...host])
    expect(stderr).toMatch(/^\ntotal duration: +[\d.]+[mµ]?s\n/)
    expect(stderr).toMatch(/^eval count: +8 token\(s\)$/m)
    expect(stdout).not.toContain('duration')
  })

  test('Ctrl-C ends it with 130, and the engine stops', async () => {
    await fake.set({ holdAfterTokens: 2 })
    const command = user.start(['run', 'tiny', 'hello', ...host])
    command.stdin.end()
    await command.saw(/\S/)
    command.signal('SIGINT')
    expect((await command.exited).code).toBe(130)
    await until('the engine to notice', async () => (await lastRequest())?.outcome === 'aborted')
    expect(command.stderr()).toBe('')
  })

  test('stops when nobody reads on', async () => {
    await fake.set({ holdAfterTokens: 3 })
    const pipe = user.start(['run', 'tiny', 'hello', ...host], {
      launcher: ['sh', '-c', '"$@" | head -c 1', 'sh', n24, mainFile],
    })
    pipe.stdin.end()
    await pipe.saw(/\S/)
    await fake.release(1) // head left after the first byte: the next one finds that out
    await pipe.exited
    await until('the engine to notice', async () => (await lastRequest())?.outcome === 'aborted')
    expect(pipe.stderr()).toBe('')
  })
})

describe('what goes wrong is one sentence and what to do', () => {
  async function failure(...args: string[]) {
    const { code, stderr, stdout } = await user.run(args)
    expect(stderr).not.toMatch(/^ +at /m)
    return { code, stdout, lines: stderr.trimEnd().split('\n') }
  }

  test('a model that is not there', async () => {
    expect(await failure('run', 'nope', 'hi', ...host)).toEqual({
      code: 1,
      stdout: '',
      lines: ["Error: model 'nope' not found", '`ollama-distributed models` lists what is there.'],
    })
  })

  test('an engine that dies in the middle of an answer', async () => {
    await fake.set({ answer: { type: 'runnerDies', afterTokens: 2 } })
    const { code, stdout, lines } = await failure('run', 'tiny', 'hi', ...host)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^\S+ \S+\n$/)
    expect(lines[0]).toMatch(/^Error: .*unexpected EOF$/)
  })

  test.each([
    [{ type: 'cut', afterTokens: 2 } as const, /ended before it was complete$/],
    [{ type: 'noTerminator', afterTokens: 2 } as const, /ended before it was complete$/],
    [{ type: 'garbage', afterTokens: 2 } as const, /is no gateway \(its answer has a line that/],
  ])('an answer with %j', async (answer, text) => {
    await fake.set({ answer })
    const { code, lines } = await failure('run', 'tiny', 'hi', ...host)
    expect(code).toBe(1)
    expect(lines[0]).toMatch(text)
    expect(lines).toHaveLength(2)
  })

  test('a refusal', async () => {
    await fake.set({ refuseNext: { times: 1, status: 503, error: 'server busy' } })
    const { code, lines } = await failure('run', 'tiny', 'hi', ...host)
    expect({ code, first: lines[0] }).toEqual({ code: 1, first: 'Error: server busy' })
  })

  test('nobody at the address', async () => {
    expect(await failure('models', '--host', 'http://127.0.0.1:1')).toMatchObject({
      code: 1,
      lines: [
        'Error: no gateway answers at http://127.0.0.1:1 (connection refused)',
        'Start one here with `ollama-distributed start`, or name another one with --host URL.',
      ],
    })
  })

  test('somebody else at the address', async () => {
    const stranger = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
    try {
      const { lines } = await failure('models', '--host', await originOf(stranger))
      expect(lines[0]).toMatch(/is no gateway \(it does not answer in JSON\)$/)
    } finally {
      stranger.close()
    }
  })

  test('LOG_LEVEL=debug adds where it came from', async () => {
    const env = { LOG_LEVEL: 'debug' }
    const { stderr } = await user.run(['run', 'nope', 'hi', ...host], { env })
    expect(stderr).toMatch(/^Error: model 'nope' not found\n[^\n]*\nOdError.*\n +at /)
  })

  test('a bug, however late it shows', async () => {
    await fake.set({ hang: 'all' })
    const bug = `data:text/javascript,${encodeURIComponent(`
      const look = setInterval(() => {
        if (process.listenerCount('uncaughtException') === 0) return // still being loaded
        clearInterval(look)
        throw new TypeError('boom')
      }, 20)`)}`
    const launcher = [n24, '--import', bug, mainFile]
    const { code, stderr } = await user.run(['models', ...host], { launcher })
    expect({ code, lines: stderr.split('\n') }).toEqual({
      code: 1,
      lines: [
        'Error: the program failed in a way that nobody foresaw: boom',
        'Run it again with LOG_LEVEL=debug in the environment and report what it prints.',
        '',
      ],
    })
  })

  test('a wrong option ends with 2 before anything is sent', async () => {
    const before = (await fake.requests()).length
    const { code, lines } = await failure('run', 'tiny', 'hi', '--options', 'x', ...host)
    expect({ code, first: lines[0] }).toEqual({
      code: 2,
      first: `Error: --options is "x"; expected a JSON object, such as '{"temperature":0}'`,
    })
    expect(await fake.requests()).toHaveLength(before)
  })
})

describe('the gateway that is asked', () => {
  const nowhere = 'http://127.0.0.1:1'

  test('is the one of --host rather than of the environment', async () => {
    const env = { OLLAMA_DISTRIBUTED_HOST: nowhere }
    expect((await user.run(['models', ...host], { env })).code).toBe(0)
  })

  test('is the one of the environment', async () => {
    const env = { OLLAMA_DISTRIBUTED_HOST: fake.url.replace('http://', '') }
    expect((await user.run(['models'], { env })).code).toBe(0)
  })

  test('is the node of --data-dir and no other', async () => {
    const env = { OLLAMA_DISTRIBUTED_HOST: fake.url }
    const { code, stderr } = await user.run(['models', '--data-dir', user.home.path], { env })
    expect(code).toBe(1)
    expect(stderr).toBe(
      `Error: no node runs on ${user.home.path}\n` +
        `Start one with \`ollama-distributed start --data-dir ${user.home.path}\`.\n`,
    )
  })

  test('must be an address', async () => {
    const { code, stderr } = await user.run(['models', '--host', 'ftp://x'])
    expect({ code, first: stderr.split('\n')[0] }).toEqual({
      code: 2,
      first: 'Error: --host is not the address of a gateway: "ftp://x"',
    })
  })
})

async function originOf(server: Server): Promise<string> {
  await new Promise((resolve) => {
    server.once('listening', resolve)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
