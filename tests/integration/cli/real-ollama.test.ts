/** `verify`, `doctor` and `status` with a real Ollama on the machine. */
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { chooseFreePort } from '../../../src/sys/network.ts'
import { withRealOllama } from '../../support/ollama-program/kinds.ts'
import { User } from './command-line.ts'

const readyTimeoutMs = 60_000

let user: User
beforeEach(async () => {
  user = await User.create()
})
afterEach(() => user.remove())

withRealOllama('with Ollama installed', (ollama) => {
  /** Starts a node on the usual data folder; it is gone after the test, with all that it started. */
  async function startNode(args: readonly string[], env = {}): Promise<void> {
    const node = user.start(['start', '--port', '0', ...args], { env })
    onTestFinished(() => node.destroy())
    await node.saw(/Ctrl-C stops the node\.\n/, readyTimeoutMs)
  }

  async function verify(args: readonly string[], env = {}): Promise<string[]> {
    const { stdout } = await user.run(['verify', ...args], { env })
    return stdout.trimEnd().split('\n')
  }

  test('S-017 (part: real Ollama): doctor names the program and its version, and the server at its port', async () => {
    const { binary, env } = await ollama.install(user.home.path)
    const absent = await user.run(['doctor', '--port', '0', '--ollama-port', '0'], { env })
    expect(absent.stdout).toMatch(
      new RegExp(`^ollama +ok +${binary}, version \\d+\\.\\d+\\.\\d+`, 'm'),
    )
    const served = await ollama.serve()
    onTestFinished(served.stop)
    const ports = ['--port', '0', '--ollama-port', String(served.port)]
    const there = await user.run(['doctor', ...ports], { env })
    expect(there.stdout).toMatch(
      new RegExp(`^ollama port +ok +${served.port}, an Ollama \\d+\\.\\d+\\.\\d+`, 'm'),
    )
    expect(there.code).toBe(0)
  })

  test('S-085 (part: real Ollama): verify passes where it is the only engine, adopted', async () => {
    const served = await ollama.serve()
    onTestFinished(served.stop)
    const file = user.home.inside('other.yaml')
    await writeFile(file, 'integration:\n  process_manager:\n    auto_start: false\n')
    const args = ['--ollama-port', String(served.port), '--config', file]
    await startNode(args)
    const lines = await verify(args)
    expect(lines[0]).toMatch(/PASSED +Ollama \d+\.\d+\.\d+ at /)
    expect(lines[4]).toMatch(/PASSED +created, listed, showed and deleted a tiny model/)
    expect(lines[5]).toMatch(/PASSED +tiny:latest answered, served by engine local of node \S+$/)
    expect(lines.at(-1)).toBe('All 6 checks passed.')
    const { models } = (await (await fetch(`${served.url}/api/tags`)).json()) as {
      models: { name: string }[]
    }
    expect(models.map(({ name }) => name)).toEqual(['tiny:latest'])
  })

  test('S-085 (part: real Ollama): verify passes where the node has started it', async () => {
    const { env } = await ollama.install(user.home.path)
    const port = await chooseFreePort('127.0.0.1')
    const args = ['--ollama-port', String(port)]
    await startNode(args, env)
    const lines = await verify(args, env)
    expect(lines[1]).toMatch(new RegExp(`PASSED +Ollama \\S+ answers at http://127.0.0.1:${port}$`))
    expect(lines.at(-1)).toBe('All 6 checks passed.')
    const { stdout } = await user.run(['engines', 'list'], { env })
    expect(stdout).toMatch(/^default +managed +running/m)
  })
})
