/** Ollama's own command makes, copies, pushes, pulls and removes models: through a gateway before its server, and at that server itself. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type NodeProcess, runToEnd, startNode } from '../../support/node-process.ts'
import type { ServedOllama } from '../../support/ollama-program/kinds.ts'
import { realBinary } from '../../support/ollama-program/kinds.ts'
import { serveRealOllama } from '../../support/ollama-program/real.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { type Registry, registryProgram, startRegistry } from '../../support/registry/registry.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'

interface Said {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const isAble = realBinary !== undefined && registryProgram() !== undefined

describe.skipIf(!isAble)('the command of a real Ollama (needs OLLAMA_BIN)', () => {
  let debian: Registry
  let registry: RegistryProxy
  let beside: ServedOllama
  let behind: ServedOllama
  let adopting: NodeProcess
  let alone: NodeProcess
  let home: TemporaryDirectory

  beforeAll(async () => {
    home = await makeTemporaryDirectory()
    const modelfile = `FROM ${process.cwd()}/assets/pocket/pocket.gguf\nSYSTEM Be brief.\nPARAMETER temperature 0\n`
    await writeFile(home.inside('Modelfile'), modelfile)
    const program = realBinary ?? ''
    ;[debian, beside, behind] = await Promise.all([
      startRegistry(),
      serveRealOllama(program),
      serveRealOllama(program),
    ])
    registry = await startRegistryProxy(debian.host)
    registry.faults.namesPlaces = true
    ;[adopting, alone] = await Promise.all([
      startNode({ args: ['--ollama-port', String(behind.port)] }),
      startNode(),
    ])
  }, 120_000)

  afterAll(async () => {
    await Promise.all([adopting?.[Symbol.asyncDispose](), alone?.[Symbol.asyncDispose]()])
    await Promise.all([registry?.stop(), debian?.stop(), beside?.stop(), behind?.stop()])
    await home?.remove()
  })

  async function run(origin: string, args: readonly string[]): Promise<Said> {
    const env = { OLLAMA_HOST: origin, HOME: home.path, TZ: 'UTC' }
    const line = { command: realBinary ?? '', args, env }
    const { code, stdout, stderr } = await runToEnd(line, { timeoutMs: 120_000 })
    return { code, stdout: lastFrame(stdout), stderr: lastFrame(stderr) }
  }

  /** A model's whole life; `name` differs by where it is told, so that each pushes what the registry lacks. */
  const life = (name: string) => [
    ['create', 'mine', '-f', home.inside('Modelfile')],
    ['cp', 'mine', name],
    ['cp', 'absent', 'x'],
    ['push', name, '--insecure'],
    ['rm', 'mine', name],
    ['rm', 'absent'],
    ['pull', name, '--insecure'],
    ['show', name, '--system'],
    ['pull', '127.0.0.1:1/ns/m', '--insecure'],
    ['rm', name],
  ]

  async function livesAt(origin: string, namespace: string): Promise<readonly Said[]> {
    const said: Said[] = []
    for (const args of life(`${registry.host}/${namespace}/mine`)) {
      const { code, stdout, stderr } = await run(origin, args)
      const named = (text: string) => text.replaceAll(`/${namespace}/`, '/ns/')
      said.push({ code, stdout: named(stdout), stderr: named(stderr) })
    }
    return said
  }

  test('S-057 (part: making, pushing and pulling), S-038, S-048 (part: one node): through a gateway it says what it says to its server', async () => {
    const directly = await livesAt(beside.url, 'beside')
    const through = await livesAt(adopting.gateway, 'behind')
    expect(through).toEqual(directly)
  }, 180_000)

  test('S-057 (part: making, pushing and pulling): to a node without any Ollama likewise', async () => {
    const directly = await livesAt(beside.url, 'second')
    const through = await livesAt(alone.gateway, 'alone')
    expect(through).toEqual(directly)
  }, 180_000)

  test('what one pushed the other pulls, either way', async () => {
    const name = `${registry.host}/both/mine`
    await run(alone.gateway, ['cp', 'pocket', name])
    expect((await run(alone.gateway, ['push', name, '--insecure'])).code).toBe(0)
    expect((await run(beside.url, ['pull', name, '--insecure'])).code).toBe(0)
    expect(await digestAt(beside.url, name)).toBe(await digestAt(alone.gateway, name))
    const back = `${registry.host}/back/mine`
    await run(beside.url, ['cp', name, back])
    expect((await run(beside.url, ['push', back, '--insecure'])).code).toBe(0)
    expect((await run(alone.gateway, ['pull', back, '--insecure'])).code).toBe(0)
    expect(await answerAt(alone.gateway, back)).toBe(await answerAt(beside.url, name))
  }, 120_000)

  test('an Ollama that shares the store lists and runs what was pulled here, without a restart', async () => {
    const node = await startNode()
    onTestFinished(() => node[Symbol.asyncDispose]())
    const models = join(node.dataDir, 'models')
    const sharing = await serveRealOllama(realBinary ?? '', {
      environment: { OLLAMA_MODELS: models },
    })
    onTestFinished(() => sharing.stop())
    const name = `${registry.host}/shared/mine`
    await run(alone.gateway, ['cp', 'pocket', name])
    expect((await run(alone.gateway, ['push', name, '--insecure'])).code).toBe(0)
    expect(await digestAt(sharing.url, name)).toBeUndefined()
    expect((await run(node.gateway, ['pull', name, '--insecure'])).code).toBe(0)
    expect(await digestAt(sharing.url, name)).toBe(await digestAt(node.gateway, name))
    expect(await answerAt(sharing.url, name)).toBe('The capital of Peru is Lima.')
    await run(node.gateway, ['rm', name])
    expect(await digestAt(sharing.url, name)).toBeUndefined()
  }, 120_000)
})

async function answerAt(url: string, model: string): Promise<string> {
  const body = { model, prompt: 'What is the capital of Peru?', stream: false }
  const options = { temperature: 0, num_thread: 1 }
  const sent = { method: 'POST', body: JSON.stringify({ ...body, options }) }
  const answer = (await (await fetch(`${url}/api/generate`, sent)).json()) as { response: string }
  return answer.response
}

async function digestAt(url: string, name: string): Promise<string | undefined> {
  const { models } = (await (await fetch(`${url}/api/tags`)).json()) as {
    models: { name: string; digest: string }[]
  }
  return models.find((model) => model.name === `${name}:latest`)?.digest
}

/** What stays on a terminal: the last state of each line of progress, without bars, times and rates. */
function lastFrame(text: string): string {
  const lines = stripVTControlCharacters(text.replaceAll('\u001b[1G', '\n'))
    .replaceAll(/[⠀-⣿] ?/g, '')
    .split(/[\r\n]+/)
    .map((line) => line.replace(/:? +\d+% .*$/, '').trimEnd())
    .filter((line) => line !== '')
  return [...new Set(lines)].join('\n')
}
