import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { apiTable } from '../../../src/admin/index.ts'
import { routes } from '../../../src/gateway/index.ts'
import { startClusterNode } from '../../support/cluster-node.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { type Bench, startBench } from './setup.ts'

const url = 'http://127.0.0.1:9' // never called
const engines = [{ id: 'embedded', url, kind: 'embedded', managed: true }] as const

/** As much of an OpenAPI document as the tests look at. */
const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ summary: z.string() }))),
})

async function readDocument(origin: string) {
  const response = await fetch(`${origin}/api/v1/openapi.json`)
  expect(response.status).toBe(200)
  return documentSchema.parse(await response.json())
}

/** Sends a request and gives the status as soon as the head of the answer is there; streams are left. */
async function statusOf(origin: string, method: string, path: string): Promise<number> {
  const leaving = new AbortController()
  const { status } = await fetch(origin + path, {
    method,
    signal: leaving.signal,
    redirect: 'manual',
  })
  leaving.abort()
  return status
}

/** A 404 of the API itself, which names what it does not know: the route is there. */
async function isUnknownName(origin: string, method: string, path: string): Promise<boolean> {
  const { status, body } = await rawRequest(origin, { method, path })
  return status === 404 && /"code":"OD_(MEMBER|TOKEN)_UNKNOWN"/.test(body.toString())
}

const fill = (path: string, operation = 'none') => {
  const node = path.includes('/nodes/') ? 'desk' : 'embedded'
  return path.replaceAll('{id}', path.includes('/operations/') ? operation : node)
}

const bodies: Readonly<Record<string, string>> = {
  '/api/v1/routing/strategy': '{"strategy":"round_robin"}',
  '/api/v1/nodes/:id/labels': '{"labels":{"room":"attic"}}',
}

/** What a cluster of one cannot answer; `tests/integration/cluster` has them. */
const needsOthers = new Set([
  'POST /api/v1/nodes/:id/approve',
  'POST /api/v1/nodes/:id/reject',
  'DELETE /api/v1/nodes/:id',
  'POST /api/v1/cluster/join',
  'DELETE /api/v1/tokens/:id',
])

/** With a cluster of one node, called desk. */
async function startClusterBench(): Promise<Bench> {
  const node = await startClusterNode()
  onTestFinished(() => node.remove())
  return await startBench(engines, { cluster: node.actions })
}

/** Begins an operation that goes on until it is given up. */
function beginEndless({ operations }: Bench): string {
  const { id } = operations.begin('stop', 'other', ({ signal, tell }) => {
    tell('waits', true)
    const { promise, reject } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => reject(signal.reason))
    return promise
  })
  return id
}
const everyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

describe('S-006: the OpenAPI document and the server agree', () => {
  test('every route of the document answers, and not with 404 or 405', async () => {
    const bench = await startClusterBench()
    const { origin } = bench
    const operation = beginEndless(bench)
    const { paths } = await readDocument(origin)
    const asked: string[] = []
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        const [verb, filled] = [method.toUpperCase(), fill(path, operation)]
        const status = await statusOf(origin, verb, filled)
        const isAnswer = status !== 404 || (await isUnknownName(origin, verb, filled))
        expect([isAnswer, status === 405, status === 500], `${method} ${path}`).toEqual([
          true,
          false,
          false,
        ])
        asked.push(`${method} ${path}`)
      }
    }
    expect(asked.length).toBe(apiTable.length)
  })

  test('no other method of these paths answers, and no path that is in no table', async () => {
    const { origin } = await startBench(engines)
    const { paths } = await readDocument(origin)
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of everyMethod.filter((one) => !(one.toLowerCase() in operations))) {
        expect(await statusOf(origin, method, fill(path)), `${method} ${path}`).toBe(405)
      }
    }
    const foreign = ['/api/v1', '/api/v1/', '/api/v1/nothing', '/api/v2/health', '/metrics', '/v1']
    const below = Object.keys(paths).map((path) => `${fill(path)}/nothing/at/all`)
    for (const path of [...foreign, ...below]) {
      expect(await statusOf(origin, 'GET', path), path).toBe(404)
    }
  })

  test("the gateway's own table has the client plane only", () => {
    expect(new Set(routes.map(({ plane }) => plane))).toEqual(new Set(['client']))
    expect(routes.filter(({ path }) => path.startsWith('/api/v1'))).toEqual([])
  })

  test('what a route answers is what the document says, field by field', async () => {
    const bench = await startClusterBench()
    const { origin } = bench
    const operation = beginEndless(bench)
    let checked = 0
    for (const { method, path, answers } of apiTable) {
      const schema = answers[200]?.schema
      if (schema === undefined) continue // a stream of events
      if (needsOthers.has(`${method} ${path}`)) continue
      const { status, body } = await rawRequest(origin, {
        method,
        path: fill(path.replaceAll(':id', '{id}'), operation),
        ...(method === 'PUT' ? { body: bodies[path] ?? '' } : {}),
      })
      expect(status, path).toBe(200)
      schema.parse(JSON.parse(body.toString()))
      checked++
    }
    expect(checked).toBeGreaterThan(8)
  })
})

describe('S-061: liveness and readiness', () => {
  test('differ: without a usable engine the process is alive and not ready', async () => {
    const { origin, engines: roster } = await startBench(engines)
    expect(await statusOf(origin, 'GET', '/livez')).toBe(200)
    expect(await statusOf(origin, 'GET', '/readyz')).toBe(200)
    roster.set('embedded', { state: 'crash-loop', reason: 'exited 5 times in a minute' })
    expect(await statusOf(origin, 'GET', '/livez')).toBe(200)
    const ready = await rawRequest(origin, { path: '/readyz' })
    expect(ready.status).toBe(503)
    expect(JSON.parse(ready.body.toString())).toMatchObject({
      reasons: ['engine embedded is crash-loop: exited 5 times in a minute'],
    })
  })
})

describe('S-072 (part: one node): /api/v1/models', () => {
  test('has each model once per digest, with who holds it and who has it loaded', async () => {
    const pocket = { name: 'pocket:latest', digest: 'p', modified_at: '', size: 7 }
    const other = { ...pocket, digest: 'q' }
    const loaded = [{ name: 'pocket:latest', digest: 'p', expires_at: '2026-01-01T00:00:00Z' }]
    const { origin } = await startBench([
      { id: 'a', url, models: [pocket], loaded },
      { id: 'b', url, models: [pocket] },
      { id: 'c', url, models: [other] },
      { id: 'd', url, models: [{ ...pocket, name: 'gone' }], state: 'unhealthy' },
    ])
    const { body } = await rawRequest(origin, { path: '/api/v1/models' })
    expect(JSON.parse(body.toString())).toMatchObject({
      models: [
        { name: 'pocket:latest', digest: 'p', size: 7, holders: ['a', 'b'], loadedOn: ['a'] },
        { name: 'pocket:latest', digest: 'q', size: 7, holders: ['c'], loadedOn: [] },
      ],
    })
  })
})
