import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { startBench } from './setup.ts'

const url = 'http://127.0.0.1:9' // never called
const time = z.iso.datetime({ precision: 3 })

const health = z.strictObject({
  status: z.enum(['healthy', 'unhealthy']),
  node: z.string(),
  measuredAt: time,
  engines: z.int(),
  usableEngines: z.int(),
  reasons: z.array(z.string()),
})

const instance = z.strictObject({
  id: z.string(),
  node: z.string(),
  url: z.url(),
  kind: z.enum(['embedded', 'adopted']),
  managed: z.boolean(),
  state: z.enum(['starting', 'running', 'unhealthy', 'restarting', 'stopped', 'crash-loop']),
  since: time,
  reason: z.string(),
  pid: z.int().optional(),
  version: z.string().optional(),
  loadedModels: z.array(z.string()),
  activeRequests: z.int(),
  queuedRequests: z.int(),
  lastProbe: z.strictObject({ at: time, ok: z.boolean(), durationMs: z.number() }).optional(),
})

const instances = z.strictObject({ measuredAt: time, instances: z.array(instance) })

const integration = z.strictObject({
  node: z.string(),
  name: z.string(),
  version: z.string(),
  status: z.enum(['healthy', 'unhealthy']),
  measuredAt: time,
  startedAt: time,
  uptimeSeconds: z.int(),
  addresses: z.array(z.url()),
  components: z.array(
    z.strictObject({ name: z.string(), state: z.string(), since: time, reason: z.string() }),
  ),
  instances: z.array(instance),
})

async function read<Schema extends z.ZodType>(origin: string, path: string, schema: Schema) {
  const got = await rawRequest(origin, { path })
  expect(headerOf(got, 'content-type')).toBe('application/json; charset=utf-8')
  return { status: got.status, report: schema.parse(JSON.parse(got.body.toString())) }
}

describe.each([
  ['S-069', '/health'],
  ['S-070', '/api/v1/health'],
])('%s: %s', (_, path) => {
  test('is 200 as soon as one engine can be used, and says what is wrong with the other', async () => {
    const { origin } = await startBench([
      { id: 'a', url, state: 'crash-loop', reason: 'exited 5 times in a minute' },
      { id: 'b', url },
    ])
    const { status, report } = await read(origin, path, health)
    expect(status).toBe(200)
    expect(report).toMatchObject({ status: 'healthy', engines: 2, usableEngines: 1 })
    expect(report.reasons).toEqual(['engine a is crash-loop: exited 5 times in a minute'])
  })

  test('is 503 with reasons when none can, and 200 again when one is back', async () => {
    const { origin, engines } = await startBench([{ id: 'a', url }])
    engines.set('a', { state: 'unhealthy', reason: 'probe had no answer' })
    const { status, report } = await read(origin, path, health)
    expect(status).toBe(503)
    expect(report).toMatchObject({ status: 'unhealthy', usableEngines: 0 })
    expect(report.reasons).toEqual(['engine a is unhealthy: probe had no answer'])
    engines.set('a', { state: 'running' })
    expect((await read(origin, path, health)).status).toBe(200)
  })

  test('is 503 when there is no engine at all', async () => {
    const { origin } = await startBench([])
    const { status, report } = await read(origin, path, health)
    expect([status, report.reasons]).toEqual([503, ['no engine is configured']])
  })
})

const facts = {
  id: 'embedded',
  url,
  kind: 'embedded',
  managed: true,
  pid: 42,
  version: '0.24.0',
  sinceMs: Date.UTC(2026, 1, 28, 23, 59, 59, 7),
  loaded: [{ name: 'pocket:latest', digest: 'd', expires_at: '2026-03-01T00:00:00Z' }],
  activeRequests: 3,
  lastProbe: { atMs: Date.UTC(2024, 1, 29, 12), ok: true, durationMs: 1.25 },
} as const

describe('S-068 (part: one node): /api/v1/instances', () => {
  test('has one entry per engine, with what was measured and nothing else', async () => {
    const { origin, engines } = await startBench([facts, { id: 'local', url, state: 'starting' }])
    const { status, report } = await read(origin, '/api/v1/instances', instances)
    expect(status).toBe(200)
    expect(report.instances[0]).toEqual({
      id: 'embedded',
      node: 'node-1',
      url,
      kind: 'embedded',
      managed: true,
      state: 'running',
      since: '2026-02-28T23:59:59.007Z',
      reason: 'answers',
      pid: 42,
      version: '0.24.0',
      loadedModels: ['pocket:latest'],
      activeRequests: 3,
      queuedRequests: 0,
      lastProbe: { at: '2024-02-29T12:00:00.000Z', ok: true, durationMs: 1.25 },
    })
    expect(report.instances[1]).not.toHaveProperty('pid')
    expect(report.instances[1]).not.toHaveProperty('lastProbe')
    expect(Math.abs(Date.now() - Date.parse(report.measuredAt))).toBeLessThan(5_000)
    expect(engines.refreshes).toEqual([250])
  })
})

describe('S-067 (part: one node): /api/v1/integration/status', () => {
  test('has components with state and time, the instances, the version and the uptime', async () => {
    const { origin } = await startBench([facts])
    const { status, report } = await read(origin, '/api/v1/integration/status', integration)
    expect(status).toBe(200)
    expect(report.components.map(({ name, state }) => [name, state])).toEqual([
      ['gateway', 'running'],
      ['engines', 'degraded'],
    ])
    expect(report.instances.map(({ id }) => id)).toEqual(['embedded'])
    expect(report.version).toBe('0.1.0')
    expect(report.uptimeSeconds).toBeGreaterThanOrEqual(90)
    expect(report.uptimeSeconds).toBeLessThan(150)
  })
})

describe('the page at / for a browser', () => {
  const asBrowser = [['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8']] as const

  test('shows engines, models and the line to type, and may load nothing', async () => {
    const models = [{ name: 'pocket:latest', digest: 'd', modified_at: '', size: 3_100_000 }]
    const { origin } = await startBench([{ ...facts, models }])
    const got = await rawRequest(origin, { path: '/', headers: asBrowser })
    const html = got.body.toString()
    expect([got.status, headerOf(got, 'content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const nonce = /<style nonce="([0-9a-f]{32})">/.exec(html)?.[1]
    expect(headerOf(got, 'content-security-policy')).toBe(
      `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    for (const text of [
      '1 of 1 engine can take requests',
      'pocket:latest',
      '3.1 MB',
      '<meta http-equiv="refresh" content="5">',
      'width=device-width',
      'prefers-color-scheme: dark',
    ]) {
      expect(html).toContain(text)
    }
    expect(html).toContain(
      'curl http://127.0.0.1:8080/api/generate -d &#39;{&quot;model&quot;:&quot;pocket:latest&quot;',
    )
    expect(html).not.toMatch(/<script|<link|<img|\ssrc=|\shref=|@import|url\(/)
  })

  test('says so when nothing works, and takes no name for markup', async () => {
    const { origin } = await startBench([
      { id: '<b>', url, state: 'unhealthy', reason: '"<script>"' },
    ])
    const html = (await rawRequest(origin, { path: '/', headers: asBrowser })).body.toString()
    expect(html).toContain('No engine can take requests')
    expect(html).toContain('engine &lt;b&gt; is unhealthy: &quot;&lt;script&gt;&quot;')
    expect(html).not.toContain('<script>')
  })
})
