/** What a stranger, or a crash, can do to the models of a machine: nothing that others would notice. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseDigest } from '../../src/core/digest.ts'
import { quantizeTensors } from '../../src/engine/quantizer/index.ts'
import { openModelStore } from '../../src/models/index.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { silentLog } from '../../src/sys/log.ts'
import { systemDisk } from '../../src/sys/store-files.ts'
import { User } from '../integration/cli/command-line.ts'
import { ask, blobFiles, modelNames, sha256 } from '../integration/engine/manage/manage-engine.ts'
import { startTestEngine, type TestEngine } from '../integration/engine/test-engine.ts'
import { makeTemporaryDirectory } from '../support/temporary-directory.ts'
import { ggufCases } from './gguf-cases.ts'

const mebibyte = 1024 * 1024
/** Reading a header that is refused takes no longer, on a machine with other work. */
const refusalMsMax = 2_000
let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

async function upload(bytes: Uint8Array | string): Promise<string> {
  const digest = sha256(bytes)
  const body = typeof bytes === 'string' ? bytes : new Uint8Array(bytes)
  await ask(engine, 'POST', `/api/blobs/${digest}`, body)
  return digest
}

async function createdFrom(files: Readonly<Record<string, string>>, more: object = {}) {
  const body = { model: 'odd', files, stream: false, ...more }
  return await ask(engine, 'POST', '/api/create', body)
}

/** The bundled model is there and answers. */
async function expectServing(): Promise<void> {
  const asked = { model: 'pocket', prompt: 'x', stream: false, options: { num_predict: 1 } }
  expect(await engine.json('/api/generate', asked)).toMatchObject({ done: true })
  expect(await modelNames(engine)).toEqual(['pocket:latest'])
}

describe('weights', () => {
  test.each(ggufCases)('%s: makes no model, fast and in little memory', async (_, file) => {
    const digest = await upload(file)
    const [before, startedMs] = [process.memoryUsage().rss, performance.now()]
    const { status, text } = await createdFrom({ 'm.gguf': digest })
    expect(performance.now() - startedMs).toBeLessThan(refusalMsMax)
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * mebibyte)
    expect([status >= 400, JSON.parse(text)]).toEqual([
      true,
      { error: expect.stringMatching(/GGUF/) },
    ])
    expect(await modelNames(engine)).toEqual(['pocket:latest'])
  })

  test('the engine serves on', expectServing)
})

describe('templates', () => {
  const list = '(slice .Messages 0)'
  test.each([
    [
      'that calls itself without end',
      '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
    ],
    [
      'that calls itself twice, each time',
      '{{ define "x" }}{{ template "x" . }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
    ],
    ['that asks for a file', '{{ template "/etc/passwd" . }}'],
    ['that pads without end', '{{ printf "%999999999d" 1 }}'],
  ])('A-110: one %s ends, and others are served', async (_, template) => {
    const made = await ask(engine, 'POST', '/api/create', {
      model: 'odd',
      from: 'pocket',
      template,
      stream: false,
    })
    if (made.status === 200) {
      const startedMs = performance.now()
      const messages = Array.from({ length: 50 }, () => ({ role: 'user', content: list }))
      const answer = await ask(engine, 'POST', '/api/chat', {
        model: 'odd',
        messages,
        stream: false,
        options: { num_predict: 1 },
      })
      expect(performance.now() - startedMs).toBeLessThan(20_000)
      expect(answer.text).not.toContain('root:')
      await ask(engine, 'DELETE', '/api/delete', { model: 'odd' })
    }
    await expectServing()
  })
})

describe('files', () => {
  test.each(['/dev/zero', 'pipe'])('A-112: %s is no file to make a model of', async (source) => {
    const user = await User.create()
    onTestFinished(() => user.remove())
    if (source === 'pipe') expect(spawnSync('mkfifo', [user.home.inside('pipe')]).status).toBe(0)
    await writeFile(
      user.home.inside('Modelfile'),
      `FROM ${source === 'pipe' ? './pipe' : source}\n`,
    )
    const args = ['create', 'odd', '-f', user.home.inside('Modelfile'), '--host', engine.url]
    const { code, stderr } = await user.run(args)
    expect([code === 0, stderr]).toEqual([
      false,
      expect.stringContaining('neither a file nor a folder'),
    ])
  })

  test('A-113: an upload under a wrong digest leaves nothing; two of one digest both succeed, as one file', async () => {
    const before = await blobFiles(engine)
    const wrong = sha256('other')
    expect((await ask(engine, 'POST', `/api/blobs/${wrong}`, 'typed')).status).toBe(400)
    expect(await blobFiles(engine)).toEqual(before)
    const path = `/api/blobs/${sha256('twice')}`
    const both = await Promise.all([1, 2, 3].map(() => ask(engine, 'POST', path, 'twice')))
    for (const { status } of both) expect([200, 201]).toContain(status)
    const added = (await blobFiles(engine)).filter((name) => !before.includes(name))
    expect(added).toEqual([sha256('twice').replace(':', '-')])
  })

  test('A-114: an upload that no model names is kept for an hour, and longer while something needs it', async () => {
    const directory = await makeTemporaryDirectory()
    onTestFinished(() => directory.remove())
    const options = {
      modelDir: directory.path,
      disk: systemDisk,
      quantizer: quantizeTensors,
      clock: systemClock,
      log: silentLog,
    }
    const store = await openModelStore(options)
    const minute = 60_000
    const digests = ['lost', 'held'].map((text) => parseDigest(sha256(text)))
    for (const text of ['lost', 'held']) {
      const chunks = (async function* chunksOf() {
        yield Buffer.from(text)
      })()
      await store.receiveBlob({ expected: sha256(text), chunks, sizeBytes: undefined })
    }
    const [lost, held] = digests
    if (lost === undefined || held === undefined) throw new Error('no digests')
    const release = await store.hold([held])
    const there = () => Promise.all([lost, held].map((digest) => store.hasBlob(digest)))
    await store.tidy(Date.now() + 50 * minute)
    expect(await there()).toEqual([true, true])
    await store.tidy(Date.now() + 70 * minute)
    expect(await there()).toEqual([false, true])
    await release()
    expect(await there()).toEqual([false, false])
  })
})

describe('manifests', () => {
  const folder = () => join(engine.modelDir, 'manifests/registry.ollama.ai/library')

  test.each<[string, boolean, (file: string) => Promise<unknown>]>([
    ['is empty', true, (file) => writeFile(file, '')],
    ['was truncated', true, (file) => writeFile(file, '{"schemaVersion":2,"config":{"dig')],
    ['is no manifest', true, (file) => writeFile(file, '[1,2]')],
    ['leads nowhere', true, (file) => symlink('/nowhere/at/all', file)],
    ['leads to itself', true, (file) => symlink(file, file)],
    ['is a folder', false, (file) => mkdir(file)],
  ])('A-116: one that %s hides no other model', async (_, isUnreadable, damage) => {
    const file = join(folder(), 'broken', 'latest')
    await mkdir(dirname(file), { recursive: true })
    onTestFinished(() => rm(dirname(file), { recursive: true }))
    await damage(file)
    await expectServing()
    const shown = await ask(engine, 'POST', '/api/show', { model: 'broken' })
    expect(shown.status).toBeGreaterThanOrEqual(400)
    const system = `beside one that ${_}`
    const second = { model: 'second', from: 'pocket', system, stream: false }
    expect((await ask(engine, 'POST', '/api/create', second)).status).toBe(200)
    const deleted = await ask(engine, 'DELETE', '/api/delete', { model: 'second' })
    expect(deleted.status).toBe(200)
    const isKept = (await blobFiles(engine)).includes(sha256(system).replace(':', '-'))
    expect([isKept, isUnreadable]).toEqual([isUnreadable, isUnreadable]) // it may be the broken one’s
    await expectServing()
  })
})

describe('paths', () => {
  const secret = '/etc/hostname'
  test.each<[string, object, string]>([
    ['from a path', { from: secret }, 'invalid model name'],
    ['from a path to a parent', { from: '../../../etc/hostname' }, 'invalid model name'],
    ['files by their paths', { files: { 'm.gguf': secret } }, 'digest'],
    ['files under a path', { files: { [secret]: sha256('x') } }, 'must be relative'],
    ['files under a parent', { files: { '../m.gguf': sha256('x') } }, 'must be relative'],
    ['adapters by their paths', { from: 'pocket', adapters: { 'a.gguf': secret } }, 'digest'],
    [
      'adapters under a path',
      { from: 'pocket', adapters: { [secret]: sha256('x') } },
      'unknown type',
    ],
  ])('A-118: %s are not read', async (_, body, words) => {
    const made = await ask(engine, 'POST', '/api/create', { model: 'odd', stream: false, ...body })
    expect([made.status >= 400, made.text]).toEqual([true, expect.stringContaining(words)])
    const inside = (await readFile(secret, 'utf8').catch(() => '')).trim()
    if (inside !== '') expect(made.text).not.toContain(inside)
    expect(await modelNames(engine)).toEqual(['pocket:latest'])
  })

  const tricks = [
    '..',
    '../..',
    '.hidden',
    '/etc',
    'a\\..\\b',
    'a\0b',
    'a%2f..%2fb',
    'C:',
    'a b',
    'ａ',
    '‮a',
    'x'.repeat(400),
  ]
  const inEachField = tricks.flatMap((trick) => [
    `${trick}/ns/m:t`,
    `r.example/${trick}/m:t`,
    `r.example/ns/${trick}:t`,
    `r.example/ns/m:${trick}`,
  ])

  test('a name with a part that no file can have as its name is not found', async () => {
    const model = `${'x'.repeat(300)}.example/ns/m:t`
    expect((await ask(engine, 'POST', '/api/show', { model })).status).toBe(404)
  })

  test('A-47, A-48: a path in any part of a name leads nowhere: not in pull, push, create, copy, show or delete', async () => {
    const before = await filesBelow(engine.modelDir)
    let refused = 0
    for (const name of inEachField) {
      const requests: [string, string, object][] = [
        ['POST', 'push', { model: name, stream: false }],
        ['POST', 'create', { model: name, from: 'pocket', stream: false }],
        ['POST', 'copy', { source: 'pocket', destination: name }],
        ['POST', 'copy', { source: name, destination: 'odd' }],
        ['POST', 'show', { model: name }],
        ['DELETE', 'delete', { model: name }],
      ]
      const isName = /^[\w.:-]+\/[\w-]+\/[\w.-]+:[\w.-]+$/.test(name) && !/(^|[/:])\./.test(name)
      if (!isName) requests.push(['POST', 'pull', { model: name, stream: false }])
      for (const [method, action, body] of requests) {
        const got = await ask(engine, method, `/api/${action}`, body)
        if (got.status >= 400) refused++
        else expect([name, action, isName]).toEqual([name, action, true])
        expect([name, action, got.text.includes('root:')]).toEqual([name, action, false])
      }
    }
    console.log(`${inEachField.length} names: ${refused} requests refused`)
    expect(await filesOutside()).toEqual([])
    const added = (await filesBelow(engine.modelDir)).filter((file) => !before.includes(file))
    for (const file of added)
      expect(file).toMatch(/^manifests\/[\w.:-]+\/[\w-]+\/[\w.-]+\/[\w.-]+$/)
    for (const name of await modelNames(engine)) {
      if (name !== 'pocket:latest') await ask(engine, 'DELETE', '/api/delete', { model: name })
    }
    await expectServing()
  })

  /** What lies beside the folder of the models. */
  async function filesOutside(): Promise<readonly string[]> {
    const own = ['models', 'mark-pocket']
    return (await readdir(dirname(engine.modelDir))).filter((name) => !own.includes(name))
  }

  async function filesBelow(path: string): Promise<readonly string[]> {
    if (!existsSync(path)) return []
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
  }
})
