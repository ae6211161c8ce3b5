/** Commands that change the engines of a node: `engines add`, `remove`, `start`, `stop`, `restart`, and `strategy`. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import type { MarkedProcess } from '../../support/marked-process.ts'
import { fakeOllama } from '../../support/ollama-program/kinds.ts'
import { until, within } from '../../support/until.ts'
import { User } from './command-line.ts'

let user: User
let remote: FakeOllama
let node: MarkedProcess
let gateway: string

beforeAll(async () => {
  user = await User.create()
  remote = await startFakeOllama({ models: [{ name: 'elsewhere' }] })
  const { env } = await fakeOllama.install(user.home.path)
  const args = ['start', '--port', '0', '--ollama-port', '0']
  node = user.start(args, { env })
  await node.saw(/Ctrl-C stops the node\.\n/, 60_000)
  gateway = (await node.saw(/^Gateway +(\S+)$/m))[1] ?? ''
  await node.remember()
})
afterAll(async () => {
  await node?.destroy()
  await remote?.stop()
  await user?.remove()
})

interface Instance {
  readonly state: string
  readonly pid: number
}

const instance = async (name: string) =>
  (await (await fetch(`${gateway}/api/v1/instances/${name}`)).json()) as Instance

describe('engines', () => {
  test('add takes an address: the engine is called as its host, is listed and answers; remove forgets it', async () => {
    const added = await user.run(['engines', 'add', `http://localhost:${remote.port}`])
    expect(added).toMatchObject({ code: 0, stderr: '' })
    expect(added.stdout).toMatch(
      new RegExp(`^added localhost at http://localhost:${remote.port}\nlocalhost runs: \\S+\n$`),
    )
    const list = await user.run(['engines', 'list'])
    expect(list.stdout).toMatch(/^localhost +remote +running /m)
    const asked = await user.run(['run', 'elsewhere', 'Hello!'])
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringMatching(/\w/) })
    const removed = await user.run(['engines', 'remove', 'localhost'])
    expect(removed).toMatchObject({ code: 0, stdout: 'removed localhost\n', stderr: '' })
    expect((await user.run(['engines', 'list'])).stdout).not.toMatch(/^localhost /m)
  })

  test('add of one that does not answer keeps it and says what to do', async () => {
    const added = await user.run(['engines', 'add', 'http://127.0.0.1:9', '--name', 'attic'])
    expect(added).toMatchObject({ code: 0, stdout: 'added attic at http://127.0.0.1:9\n' })
    expect(added.stderr).toMatch(/^attic is unhealthy: .+`engines remove attic` takes it back\.\n$/)
    const again = await user.run(['engines', 'add', 'http://127.0.0.1:10', '--name', 'attic'])
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toBe(
      'Error: there is an engine attic already, at http://127.0.0.1:9\nUse it, remove it first, or choose another name.\n',
    )
    await user.run(['engines', 'remove', 'attic'])
  })

  test('add --managed starts one and waits until it answers; stop, start and restart are whole when they end', async () => {
    const added = await user.run(['engines', 'add', '--managed', '--name', 'second', '--json'])
    expect(added).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(added.stdout)).toMatchObject({
      id: 'second',
      kind: 'managed',
      state: 'running',
    })
    const { pid } = await instance('second')
    const stopped = await user.run(['engines', 'stop', 'second'])
    expect(stopped).toMatchObject({ code: 0, stdout: 'stopped second\n', stderr: '' })
    expect(await instance('second')).toMatchObject({ state: 'stopped' })
    const started = await user.run(['engines', 'start', 'second'])
    expect(started).toMatchObject({ code: 0, stdout: 'started second\n', stderr: '' })
    const { pid: next, state } = await instance('second')
    expect([state, next === pid]).toEqual(['running', false])
    const restarted = await user.run(['engines', 'restart', 'second', '--now', '--json'])
    expect(JSON.parse(restarted.stdout)).toMatchObject({ action: 'restart', state: 'succeeded' })
    expect((await instance('second')).pid).not.toBe(next)
    expect((await user.run(['engines', 'remove', 'second'])).code).toBe(0)
  })

  test('with --no-wait they end as soon as it has begun', async () => {
    const begun = await user.run(['engines', 'restart', 'default', '--no-wait', '--json'])
    const { id, action } = JSON.parse(begun.stdout) as { id: string; action: string }
    expect([begun.code, action]).toEqual([0, 'restart'])
    await until('its end', async () => {
      const response = await fetch(`${gateway}/api/v1/operations/${id}`)
      return ((await response.json()) as { state: string }).state === 'succeeded'
    })
    const line = await user.run(['engines', 'start', 'default', '--no-wait'])
    expect(line).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^begun, operation \S+\n$/),
    })
    const added = await user.run(['engines', 'add', '127.0.0.1:9', '--name', 'attic', '--no-wait'])
    expect(added).toMatchObject({
      code: 0,
      stdout: 'added attic at http://127.0.0.1:9\n',
      stderr: '',
    })
    await user.run(['engines', 'remove', 'attic'])
  })

  test('Ctrl-C gives a stop up: the engine is used as before, and the command ends with 130', async () => {
    const { pid } = await instance('default')
    process.kill(pid, 'SIGUSR2') // its answers are held
    const logs = ['engines', 'logs', 'default', '--lines', '1']
    await until('that', async () => (await user.run(logs)).stdout.includes('answers are held'))
    const asking = new AbortController()
    onTestFinished(() => asking.abort())
    const answer = await fetch(`${gateway}/api/generate`, {
      method: 'POST',
      body: '{"model":"tiny","prompt":"x"}',
      signal: asking.signal,
    })
    expect(answer.headers.get('x-od-engine')).toBe('default')
    const stop = user.startOnTerminal(['engines', 'stop', 'default'])
    onTestFinished(() => stop.destroy())
    await stop.saw(/waits for up to 30 s for its running answers, 1 of them/)
    stop.stdin.write('\u0003')
    expect((await within('the end of the command', stop.exited)).code).toBe(130)
    await until('it to be used', async () => (await instance('default')).state === 'running')
    expect((await instance('default')).pid).toBe(pid)
    process.kill(pid, 'SIGUSR2')
    expect(await answer.text()).toContain('"done":true')
  })

  test('what cannot be done is told with what to do; wrong use ends with 2', async () => {
    const unknown = await user.run(['engines', 'stop', 'nobody'])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toMatch(
      /^Error: this node has no engine nobody\nThe engines of this node: /,
    )
    const configured = await user.run(['engines', 'remove', 'embedded'])
    expect(configured.stderr).toMatch(
      /^Error: the configuration asks for the engine embedded\nStop/,
    )
    for (const args of [
      ['add'],
      ['add', 'http://nas', '--managed'],
      ['add', '--managed'],
      ['add', 'http://nas', '--port', '1'],
      ['add', '--managed', '--name', 'x', '--port', '70000'],
      ['start'],
    ]) {
      const wrong = await user.run(['engines', ...args])
      expect([args, wrong.code, wrong.stdout]).toEqual([args, 2, ''])
      expect(wrong.stderr).toMatch(/`ollama-distributed help engines (add|start)` shows/)
    }
  })
})

test('S-066 (part: command): strategy shows the one in use and changes it; an unknown name lists the valid ones', async () => {
  const shown = await user.run(['strategy'])
  expect(shown.stdout).toBe('model_affinity (there are also round_robin, least_loaded)\n')
  const changed = await user.run(['strategy', 'least_loaded'])
  expect(changed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^least_loaded, until/) })
  const json = await user.run(['strategy', '--json'])
  expect(JSON.parse(json.stdout)).toMatchObject({ strategy: 'least_loaded' })
  const wrong = await user.run(['strategy', 'fastest'])
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.stderr).toContain('there are round_robin, least_loaded, model_affinity')
})
