import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemDisk } from '../../../../src/sys/store-files.ts'
import { until } from '../../../support/until.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask, blobFiles, sha256 } from './manage-engine.ts'

let engine: TestEngine
let freeBytes = 2 ** 40

beforeAll(async () => {
  engine = await startTestEngine({ ...systemDisk, freeBytes: async () => freeBytes })
})
afterAll(() => engine.stop())

const one = `sha256:${'0'.repeat(63)}1`
const isTemporary = (name: string) => name.startsWith('.tmp-')

describe('blobs', () => {
  test('S-049 (part: one engine): a file is taken in once, and is there then', async () => {
    const digest = sha256('some bytes')
    const path = `/api/blobs/${digest}`
    expect((await ask(engine, 'HEAD', path)).status).toBe(404)
    expect(await ask(engine, 'POST', path, 'some bytes')).toMatchObject({
      status: 201,
      length: '0',
    })
    expect(await ask(engine, 'POST', path, 'never read')).toMatchObject({ status: 200, text: '' })
    expect((await ask(engine, 'HEAD', path)).status).toBe(200)
    expect((await ask(engine, 'HEAD', path.replace(':', '-'))).status).toBe(200)
    expect(await blobFiles(engine)).toContain(digest.replace(':', '-'))
  })

  test.each([
    ['another hash', one, 400, `digest mismatch, expected "${one}", got "${sha256('typed')}"`],
    [
      'the right hash in upper case',
      `sha256:${sha256('typed').slice(7).toUpperCase()}`,
      400,
      `digest mismatch, expected "sha256:${sha256('typed').slice(7).toUpperCase()}", got "${sha256('typed')}"`,
    ],
    ['another kind of hash', `sha512:${'0'.repeat(64)}`, 400, 'invalid digest format'],
    ['a short hash', 'sha256:00', 400, 'invalid digest format'],
  ])('%s is refused and leaves nothing', async (_, digest, status, error) => {
    const before = await blobFiles(engine)
    const answer = await ask(engine, 'POST', `/api/blobs/${digest}`, 'typed')
    expect(answer).toMatchObject({ status, type: 'application/json; charset=utf-8' })
    expect(JSON.parse(answer.text)).toEqual({ error })
    expect(await blobFiles(engine)).toEqual(before)
  })

  test('a path that leads elsewhere is none', async () => {
    for (const path of ['sha256:..%2f..%2fetc', `${one}/x`, '']) {
      const answer = await ask(engine, 'POST', `/api/blobs/${path}`, 'x')
      expect(answer).toMatchObject({ status: 404, text: '404 page not found' })
    }
  })

  test('other methods are named', async () => {
    const response = await fetch(`${engine.url}/api/blobs/${one}`, { method: 'DELETE' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('HEAD, POST')
  })

  test('a file larger than the free disk is refused before and while it comes', async () => {
    freeBytes = 512 * 1024 * 1024 + 5
    const before = await blobFiles(engine)
    const bytes = new Uint8Array(100_000).fill(7)
    const announced = await ask(engine, 'POST', `/api/blobs/${sha256(bytes)}`, bytes)
    const chunked = await fetch(`${engine.url}/api/blobs/${sha256(bytes)}`, {
      method: 'POST',
      body: new Blob([bytes]).stream(),
      duplex: 'half',
    })
    freeBytes = 2 ** 40
    const error = 'not enough free disk space for the model'
    expect(announced).toMatchObject({ status: 507, text: JSON.stringify({ error }) })
    expect(chunked.status).toBe(507)
    expect(await chunked.json()).toEqual({ error })
    expect(await blobFiles(engine)).toEqual(before)
  })

  test('an upload that breaks off leaves nothing', async () => {
    const { hostname, port } = new URL(engine.url)
    const upload = request({ host: hostname, port, method: 'POST', path: `/api/blobs/${one}` })
    upload.on('error', () => undefined) // it is broken off below
    upload.write('the beginning')
    await until('a temporary file', async () => (await blobFiles(engine)).some(isTemporary))
    upload.destroy()
    await until('no temporary file', async () => !(await blobFiles(engine)).some(isTemporary))
  })

  test('a large body is not held in memory', async () => {
    const chunk = new Uint8Array(1024 * 1024)
    const before = process.memoryUsage().rss
    let most = before
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        most = Math.max(most, process.memoryUsage().rss)
        if (sent++ === 160) return controller.close()
        controller.enqueue(chunk)
      },
    })
    const path = `${engine.url}/api/blobs/${one}`
    const response = await fetch(path, { method: 'POST', body, duplex: 'half' })
    expect(response.status).toBe(400)
    expect(most - before).toBeLessThan(128 * 1024 * 1024)
  })
})
