/** Commands that watch a node: `events`, `engines`, `top`. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import type { MarkedProcess } from '../../support/marked-process.ts'
import { until, within } from '../../support/until.ts'
import { User } from './command-line.ts'

let user: User
let fake: FakeOllama
let node: MarkedProcess

beforeAll(async () => {
  user = await User.create()
  fake = await startFakeOllama()
  node = user.start(['start', '--port', '0', '--ollama-port', String(fake.port)])
  await node.saw(/Ctrl-C stops the node\.\n/, 60_000)
  await node.remember()
})
afterAll(async () => {
  await node?.destroy()
  await fake?.stop()
  await user?.remove()
})

function start(args: readonly string[]): MarkedProcess {
  const command = user.start(args)
  onTestFinished(() => command.destroy())
  return command
}

test('engines list shows each engine; engines logs what ours wrote, with -f also what comes', async () => {
  const { stdout } = await user.run(['engines', 'list'])
  expect(stdout).toMatch(/^ENGINE {2,}KIND {2,}STATE/)
  expect(stdout).toMatch(/^embedded {2,}embedded {2,}running/m)
  expect(stdout).toMatch(new RegExp(`^\\w+ {2,}adopted {2,}running .* ${fake.url}$`, 'm'))
  const json = JSON.parse((await user.run(['engines', 'list', '--json'])).stdout) as object
  expect(Object.keys(json)).toEqual(['measuredAt', 'instances'])

  const logs = await user.run(['engines', 'logs', 'embedded', '--lines', '1'])
  expect(logs).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[^\n]+\n$/) })
  const following = start(['engines', 'logs', 'embedded', '--lines', '1', '--follow'])
  await following.saw(/engine\.ready|"msg"/)
  await user.run(['run', 'pocket', 'Hello!'])
  await until('a new line', () => following.stdout().split('\n').length > 2)
})

test('S-099 (part: engine list): of ten requests at max_concurrent 4, four are at the engine and six wait, as engines list says', async () => {
  const { addresses } = JSON.parse((await user.run(['status', '--json'])).stdout)
  await fake.set({ holdAfterTokens: 0 })
  const answers = Array.from({ length: 10 }, () =>
    fetch(`${addresses[0]}/api/generate`, {
      method: 'POST',
      body: '{"model":"tiny","prompt":"x"}',
    }),
  )
  const rowOf = async () => {
    const { stdout } = await user.run(['engines', 'list'])
    return stdout.split('\n').find((line) => line.startsWith('local '))
  }
  await until('all to be there', async () => / 4 +6 +http/.test((await rowOf()) ?? ''))
  expect((await fake.requests()).filter(({ target }) => target === '/api/generate')).toHaveLength(4)
  await fake.set({})
  for (const answer of await Promise.all(answers))
    expect(await answer.text()).toContain('"done":true')
})

test('engines logs says why there are none, and what to do', async () => {
  const foreign = await user.run(['engines', 'logs', 'local'])
  expect(foreign).toMatchObject({ code: 1, stdout: '' })
  expect(foreign.stderr).toMatch(/^Error: this node did not start the engine local /)
  const unknown = await user.run(['engines', 'logs', 'nobody'])
  expect(unknown.stderr).toMatch(/^Error: this node has no engine nobody\n/)
  const wrong = await user.run(['engines', 'logs', 'embedded', '--lines', 'many'])
  expect(wrong.code).toBe(2)
})

test('top into a pipe is one picture', async () => {
  const { code, stdout } = await user.run(['top'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^node +\S+\n[\s\S]*^ENGINE [\s\S]*^NAME {2,}ID /m)
})

test('events tells of an engine that fails and comes back, and ends with the node', async () => {
  const people = start(['events'])
  const programs = start(['events', '--json'])
  const [, gateway = ''] = await node.saw(/^Gateway +(\S+)$/m)
  // Whether they listen shows only by what they print, so it is killed again until both have printed.
  await until('both to tell of its death', async () => {
    const response = await fetch(`${gateway}/api/v1/instances/embedded`)
    const { state, pid } = (await response.json()) as { state: string; pid?: number }
    const isTold = [people, programs].every((one) => /restarting/.test(one.stdout()))
    if (!isTold && state === 'running' && pid !== undefined) process.kill(pid, 'SIGKILL')
    return isTold
  })
  expect(people.stdout()).toMatch(
    /^\d{4}-\S+Z engine\.changed engine=embedded state=restarting reason="killed by SIGKILL" url=http:\S+$/m,
  )
  const [first = ''] = programs.stdout().split('\n')
  expect(JSON.parse(first)).toMatchObject({ type: 'engine.changed', engine: 'embedded' })
  node.signal('SIGTERM')
  expect((await within('the end of events', people.exited)).code).toBe(0)
  expect((await within('the end of events', programs.exited)).code).toBe(0)
})
