/** What changes models, over the real Ollamas of three nodes. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { withRealOllama } from '../../support/ollama-program/kinds.ts'
import { headerOf, type RawRequest, rawRequest } from '../../support/raw-http.ts'
import { listedAt, untilListed } from './across-setup.ts'

const pocketFile = 'assets/pocket/pocket.gguf'

withRealOllama('three nodes with an Ollama each', (ollama) => {
  test('S-038, S-044, S-046, S-049: models are made, copied, shown, pushed, pulled and deleted through any gateway', async () => {
    const served = await Promise.all([ollama.serve(), ollama.serve(), ollama.serve()])
    onTestFinished(async () => void (await Promise.all(served.map(({ stop }) => stop()))))
    const nodes = await startCluster(served.map(({ url }) => ({ engines: [{ id: 'local', url }] })))
    for (const node of nodes) await untilListed(node, 'tiny:latest')
    const ask = async (i: number, request: RawRequest) => {
      const got = await rawRequest((nodes[i % 3] as ClusterNode).origin, request)
      return { ...got, text: got.body.toString() }
    }
    const post = (i: number, path: string, body: object) =>
      ask(i, { path, body: JSON.stringify(body) })
    const file = await readFile(pocketFile)
    const digest = `sha256:${createHash('sha256').update(file).digest('hex')}`

    for (let i = 0; i < 20; i++) {
      const path = `/api/blobs/${digest}`
      const sent = await ask(i, { path, body: file })
      expect([200, 201]).toContain(sent.status)
      expect((await ask(i + 1, { method: 'HEAD', path })).status).toBe(200)
      const files = { 'm.gguf': digest }
      const made = await post(i + 2, '/api/create', { model: `made${i}`, files, stream: false })
      expect([made.status, made.text]).toEqual([200, '{"status":"success"}'])
    }
    for (const node of nodes) expect((await listedAt(node)).length).toBe(21)
    for (let i = 0; i < 3; i++) {
      expect((await post(i, '/api/show', { model: 'made0' })).status).toBe(200)
    }

    const copied = await post(0, '/api/copy', { source: 'tiny', destination: '127.0.0.1:1/ns/m' })
    expect(copied.status).toBe(200)
    expect(headerOf(copied, 'x-od-engine')?.split(', ')).toHaveLength(3)
    const refused = 'dial tcp 127.0.0.1:1: connect: connection refused'
    const pushed = await post(1, '/api/push', { model: '127.0.0.1:1/ns/m' })
    expect(pushed.text).toMatch(/^{"status":"retrieving manifest"}\n{"error":"Head .*"}\n$/)
    expect(pushed.text).toContain(refused)
    const pulled = await post(2, '/api/pull', { name: '127.0.0.1:1/ns/m' })
    expect(pulled.text).toMatch(/^{"status":"pulling manifest"}\n{"error":"pull model.*"}\n$/)
    expect(pulled.text).toContain(refused)
    expect((await post(0, '/api/push', { model: 'absent' })).status).toBe(404)

    const remove = { method: 'DELETE', path: '/api/delete' }
    for (const model of ['127.0.0.1:1/ns/m', 'tiny']) {
      expect((await ask(1, { ...remove, body: JSON.stringify({ model }) })).status).toBe(200)
    }
    for (const { url } of served) {
      const { body } = await rawRequest(url, { method: 'GET', path: '/api/tags' })
      expect(body.toString()).not.toContain('tiny')
    }
    for (const node of nodes) expect((await listedAt(node)).length).toBe(20)
  }, 180_000)
})
