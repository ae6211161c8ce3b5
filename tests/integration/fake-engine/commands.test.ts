/** `fake-engine`, `fake-engine proxy` and `fake-engine check` as a user runs them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CheckSummary } from '../../../src/fake-engine/check/index.ts'
import type { RecordedRequest } from '../../../src/fake-engine/ollama/index.ts'
import type { LinkStats } from '../../../src/fake-engine/proxy/index.ts'
import type { MarkedProcess } from '../../support/marked-process.ts'
import { until } from '../../support/until.ts'
import { User } from '../cli/command-line.ts'

let user: User
const started: MarkedProcess[] = []
beforeEach(async () => {
  user = await User.create()
})
afterEach(async () => {
  for (const command of started.splice(0)) await command.destroy()
  await user.remove()
})

interface Addresses {
  readonly engine: string
  readonly proxy: string
  readonly control: string
}

async function start(...args: string[]): Promise<Addresses & { command: MarkedProcess }> {
  const command = user.start(['fake-engine', ...args, '--json'])
  started.push(command)
  const [line] = await command.saw(/^\{.*\}$/m)
  return { ...(JSON.parse(line) as Addresses), command }
}

async function check(
  url: string,
  ...args: string[]
): Promise<CheckSummary & { code: number | null }> {
  const command = ['fake-engine', 'check', url, '--json', '--requests', '12', ...args]
  const { code, stdout } = await user.run(command)
  return { code, ...(JSON.parse(stdout) as CheckSummary) }
}

async function control(url: string, method: string, path: string, body?: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(
    `${url}${path}`,
    body === undefined ? { method } : { method, body: text },
  )
  return { status: answer.status, value: await answer.json() }
}

test('an engine, a proxy before it and a client; faults of both are switched while they run', async () => {
  const engine = await start('--tokens', '20', '--slots', '8')
  const link = await start('proxy', engine.engine)
  expect(await check(link.proxy)).toMatchObject({ code: 0, classes: { ok: 12 }, tokens: 12 * 20 })

  const answer = { type: 'noTerminator', afterTokens: 3 }
  expect(await control(engine.control, 'PUT', '/faults', { answer, answerTimes: 5 })).toEqual({
    status: 200,
    value: {},
  })
  expect(await check(link.proxy)).toMatchObject({ code: 1, classes: { ok: 7, truncated: 5 } })
  const { value: requests } = await control(engine.control, 'GET', '/requests')
  const struck = (requests as RecordedRequest[]).filter(({ faults }) => faults.length > 0)
  expect(struck.map(({ faults }) => faults)).toEqual(
    Array.from({ length: 5 }, () => ['noTerminator']),
  )

  const cut = { afterBytes: 300, direction: 'toClient', how: 'rst' }
  await control(link.control, 'PUT', '/faults', { cut })
  expect(await check(link.proxy)).toMatchObject({ code: 1, classes: { ok: 0 } })
  await control(link.control, 'PUT', '/faults', {})

  await control(engine.control, 'PUT', '/faults', { holdAfterTokens: 2 })
  const held = user.start(['fake-engine', 'check', link.proxy, '--json', '--requests', '1'])
  started.push(held)
  const stats = async () => (await control(engine.control, 'GET', '/stats')).value
  await until('the answer to be held', async () => ((await stats()) as { held: number }).held === 1)
  await control(link.control, 'POST', '/cut', { how: 'rst' })
  expect((await held.exited).code).toBe(1)
  expect(JSON.parse(held.stdout())).toMatchObject({ classes: { truncated: 1 } })
  const { value: linkStats } = await control(link.control, 'GET', '/stats')
  expect((linkStats as LinkStats).cut).toBeGreaterThan(0)

  for (const { command } of [engine, link]) {
    await command.remember()
    command.signal('SIGTERM')
    expect(await command.exited).toEqual({ code: 0, signal: null })
    await command.assertNothingLeft()
  }
})

test('check prints classes, times and the first bad answers for people', async () => {
  const { engine } = await start('--faults', '{"answer":{"type":"skipToken","afterTokens":4}}')
  const { code, stdout } = await user.run(['fake-engine', 'check', engine, '--requests', '4'])
  expect(code).toBe(1)
  expect(stdout).toMatch(/^corrupted {2,}4$/m)
  expect(stdout).toMatch(/^first token {2,}p50 \d+\.\d ms, p99 \d+\.\d ms$/m)
  expect(stdout).toMatch(/^corrupted {2,}#0 generate, streamed .*: t5 where t4 belongs$/m)
})

test('models, words and speed are as the flags say; answers of words are checked by their form', async () => {
  const { engine } = await start('--models', 'a,b:1b', '--words', '--tokens-per-second', '500')
  const tags = (await (await fetch(`${engine}/api/tags`)).json()) as { models: { name: string }[] }
  expect(tags.models.map(({ name }) => name).toSorted()).toEqual(['a:latest', 'b:1b'])
  const asked = ['--model', 'b:1b', '--tokens', '5']
  expect(await check(engine, ...asked, '--words')).toMatchObject({ code: 0, classes: { ok: 12 } })
  expect(await check(engine, ...asked)).toMatchObject({ code: 1, classes: { corrupted: 12 } })
  expect(await check(engine, '--model', 'c')).toMatchObject({ code: 0, classes: { refused: 12 } })
})

test('an engine whose process dies ends as by kill -9', async () => {
  const faults = '{"answer":{"type":"processDies","afterTokens":2}}'
  const { engine, command } = await start('--faults', faults)
  expect((await check(engine, '--clients', '1')).classes).toMatchObject({
    truncated: 1,
    failed: 11,
  })
  expect(await command.exited).toEqual({ code: null, signal: 'SIGKILL' })
})

describe('what cannot be', () => {
  test('on the control port, is answered with what is wrong, and changes nothing', async () => {
    const { engine, control: url } = await start()
    const refusals = [
      ['PUT', '/faults', 'no', 400, 'this is not JSON'],
      ['PUT', '/faults', { hang: 'never' }, 400, 'hang'],
      ['PUT', '/faults', { hangs: 'all' }, 400, 'hangs'],
      ['PUT', '/faults', { answer: { type: 'cut' } }, 400, 'answer'],
      ['POST', '/release', { tokens: -1 }, 400, 'tokens'],
      ['PUT', '/faults', ' '.repeat(5_000_000), 413, 'too large'],
      ['POST', '/faults', {}, 404, 'PUT /faults'],
      ['POST', '/constructor', {}, 404, 'there is no'],
    ] as const
    for (const [method, path, body, status, error] of refusals) {
      expect(await control(url, method, path, body)).toEqual({
        status,
        value: { error: expect.stringContaining(error) },
      })
    }
    const page = { method: 'PUT', body: '{}', headers: { origin: 'http://example.org' } }
    expect((await fetch(`${url}/faults`, page)).status).toBe(403)
    expect(await check(engine)).toMatchObject({ code: 0 })
  })

  test.each([
    [['--faults', '{"cut":1}'], 'Unrecognized key'],
    [['--slots', '0'], '--slots takes a whole number from 1 to 10000'],
    [['--models', 'a,,b'], '--models takes names'],
    [['proxy', '127.0.0.1:1', '--faults', '{"stall":"up"}'], 'stall'],
    [['check', '127.0.0.1:1', '--clients', 'x'], '--clients takes a whole number'],
  ])('on the command line, ends with 2: %j', async (args, complaint) => {
    const { code, stderr } = await user.run(['fake-engine', ...args])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(complaint) })
  })

  test('a taken port is named', async () => {
    const { engine } = await start()
    const { port } = new URL(engine)
    const { code, stderr } = await user.run(['fake-engine', '--port', port])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`cannot listen on port ${port} (EADDRINUSE)`),
    })
  })
})

test('the engine of the command calls tools, on the OpenAI API too', async () => {
  const { engine } = await start()
  const parameters = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
  const body = JSON.stringify({
    model: 'tiny',
    messages: [{ role: 'user', content: 'Use count_to.' }],
    tools: [{ type: 'function', function: { name: 'count_to', parameters } }],
  })
  const answer = await fetch(`${engine}/v1/chat/completions`, { method: 'POST', body })
  expect(await answer.json()).toMatchObject({
    choices: [
      {
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ function: { name: 'count_to', arguments: '{"n":7}' } }] },
      },
    ],
  })
})
