/** What becomes of a quantisation that cannot go on: nothing of it is left, and everything else goes on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { quantizeTensors } from '../../../../src/engine/quantizer/index.ts'
import { openModelStore } from '../../../../src/models/index.ts'
import { systemClock } from '../../../../src/sys/clock.ts'
import { silentLog } from '../../../../src/sys/log.ts'
import { systemDisk } from '../../../../src/sys/store-files.ts'
import { writeRandomModel } from '../../../../tools/random-gguf/random-model.ts'
import { n24 } from '../../../support/n24.ts'
import { passOn } from '../../../support/pass-on.ts'
import { allProcesses } from '../../../support/process-tree.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../../support/temporary-directory.ts'
import { until } from '../../../support/until.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { blobFiles, modelNames, uploadFile } from './manage-engine.ts'

let directory: TemporaryDirectory
/** Large enough that its end is far behind its first line. */
let large: string

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  large = directory.inside('large.gguf')
  writeRandomModel(large, { layers: 4, width: 512, contextTokens: 512, type: 'F16' })
})
afterAll(() => directory.remove())

async function startEngine(disk?: typeof systemDisk) {
  const engine = await startTestEngine(disk)
  onTestFinished(() => engine.stop())
  onTestFinished(async () => void (await signalAll('SIGKILL')))
  const files = { 'm.gguf': await uploadFile(engine, large) }
  return { engine, files, before: await blobFiles(engine) }
}

/** The quantizer processes that this process, or another one, started. */
async function quantizers(parentPid = process.pid): Promise<number[]> {
  const all = await allProcesses()
  return all
    .filter((one) => one.parentPid === parentPid && one.command.includes('quantizer-process'))
    .map(({ pid }) => pid)
}

/** Signals the quantizers of this process, and says how many there are. */
async function signalAll(signal: NodeJS.Signals): Promise<number> {
  const pids = await quantizers()
  for (const pid of pids) process.kill(pid, signal)
  return pids.length
}

/** Begins a create; resolves when the first tensor is done. */
async function begin(engine: TestEngine, body: object) {
  const leaving = new AbortController()
  const response = await fetch(`${engine.url}/api/create`, {
    method: 'POST',
    body: JSON.stringify({ quantize: 'q4_K_M', ...body }),
    signal: leaving.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const readOn = async () => {
    const { value, done } = (await reader?.read()) ?? { done: true }
    text += value ?? ''
    return !done
  }
  while (!text.includes('"completed"') && (await readOn()));
  return {
    leave: () => leaving.abort(),
    lastLine: async () => {
      while (await readOn());
      return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
    },
  }
}

async function expectNothingLeft(engine: TestEngine, before: readonly string[]): Promise<void> {
  await until(
    'the files to be gone',
    async () => (await blobFiles(engine)).length === before.length,
  )
  expect(await blobFiles(engine)).toEqual(before)
  await until('the quantizer to be gone', async () => (await quantizers()).length === 0)
  expect(await modelNames(engine)).toEqual(['pocket:latest'])
}

describe('a quantisation', () => {
  test('ends when its client leaves', async () => {
    const { engine, files, before } = await startEngine()
    const { leave } = await begin(engine, { model: 'left', files })
    expect(await signalAll('SIGSTOP')).toBe(1) // by itself it will not end
    expect((await blobFiles(engine)).filter((name) => name.startsWith('.tmp-'))).toHaveLength(1)
    leave()
    await expectNothingLeft(engine, before)
  })

  test('whose process is killed fails by name; the engine goes on', async () => {
    const { engine, files, before } = await startEngine()
    const { lastLine } = await begin(engine, { model: 'killed', files })
    expect(await signalAll('SIGKILL')).toBe(1)
    const error = 'the weights could not be quantized: signal: killed'
    expect(await lastLine()).toEqual({ error })
    await expectNothingLeft(engine, before)
    const answer = await engine.json('/api/generate', {
      model: 'pocket',
      prompt: 'x',
      stream: false,
    })
    expect(answer).toMatchObject({ done: true })
  })

  test('that does not fit the disk is refused before it begins, and ends when the disk fills up', async () => {
    let freeBytes = Number.MAX_SAFE_INTEGER
    let looks = 0
    const disk = { ...systemDisk, freeBytes: async () => (++looks, freeBytes) }
    const { engine, files, before } = await startEngine(disk)
    const error = 'not enough free disk space for the model'
    freeBytes = 1024 * 1024 * 1024
    const asked = looks
    const fill = until('the first look', () => looks > asked).then(() => (freeBytes = 0))
    const filled = await engine.lines('/api/create', { model: 'm', files, quantize: 'f32' })
    await fill
    expect(filled.at(-1)).toEqual({ error })
    await expectNothingLeft(engine, before)
    const refused = await engine.lines('/api/create', { model: 'm', files, quantize: 'q8_0' })
    expect(refused).toEqual([{ status: 'parsing GGUF' }, { error }])
    await expectNothingLeft(engine, before)
  })

  test('lets others have their turns, a second one among them, which comes to the same weights', async () => {
    const { engine, files } = await startEngine()
    const [first, second] = await Promise.all([
      begin(engine, { model: 'one', files }),
      begin(engine, { model: 'two', files }),
    ])
    expect(await signalAll('SIGSTOP')).toBe(2) // they will not end before the others had their turns
    const copy = await engine.post('/api/copy', { source: 'pocket', destination: 'meanwhile' })
    expect(copy.status).toBe(200)
    // nothing names the file that both read once this model is gone
    await engine.json('/api/create', { model: 'source', files, stream: false })
    await fetch(`${engine.url}/api/delete`, { method: 'DELETE', body: '{"model":"source"}' })
    await signalAll('SIGCONT')
    for (const { lastLine } of [first, second])
      expect(await lastLine()).toEqual({ status: 'success' })
    const { models } = (await engine.json('/api/tags')) as {
      models: { name: string; digest: string }[]
    }
    const digestOf = (name: string) =>
      models.find((model) => model.name === `${name}:latest`)?.digest
    expect(digestOf('one')).toBeDefined()
    expect(digestOf('one')).toBe(digestOf('two'))
  })

  test('of an engine that is killed is cleared at the next start, and its process ends', async () => {
    const modelDir = directory.inside('models')
    await mkdir(`${modelDir}/blobs`, { recursive: true })
    const script = fileURLToPath(new URL('./quantizing-process.ts', import.meta.url))
    const child = spawn(n24, [script, modelDir, large], { stdio: ['ignore', 'pipe', 'pipe'] })
    passOn(child.stderr)
    const exited = once(child, 'exit')
    for await (const line of createInterface(child.stdout)) if (line.startsWith('quant')) break
    const [quantizer = 0] = await quantizers(child.pid)
    child.kill('SIGKILL')
    await exited
    await until('the quantizer to end', async () =>
      (await allProcesses()).every(({ pid }) => pid !== quantizer),
    )
    expect((await blobFiles({ modelDir })).filter((name) => name.startsWith('.tmp-'))).toHaveLength(
      1,
    )
    const options = { modelDir, disk: systemDisk, quantizer: quantizeTensors }
    await openModelStore({ ...options, clock: systemClock, log: silentLog })
    expect(await blobFiles({ modelDir })).toEqual([expect.stringMatching(/^sha256-/)])
  })
})
