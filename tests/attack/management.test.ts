/** Routes of the management API that change something. */
import { expect, test } from 'vitest'
import { apiTable } from '../../src/admin/index.ts'
import { rawRequest } from '../support/raw-http.ts'
import { errorText, type Ground, startGround } from './ground.ts'
import { withstand } from './withstand.ts'

const changing = apiTable.filter(({ method }) => method !== 'GET')
const pathOf = (path: string) => path.replace(':id', 'local')
const newEngine = '{"kind":"remote","url":"http://127.0.0.1:9"}'

function expectNothingDone({ engines, operations, gateway, engine }: Ground): void {
  expect(engines.list().map(({ id }) => id)).toEqual(['local'])
  expect(operations.list()).toEqual([])
  expect(gateway.strategy).toBe('model_affinity')
  expect(engine.received).toHaveLength(0)
}

test('there are routes that change something', () => {
  expect(changing.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /api/v1/instances',
    'DELETE /api/v1/instances/:id',
    'POST /api/v1/instances/:id/start',
    'POST /api/v1/instances/:id/stop',
    'POST /api/v1/instances/:id/restart',
    'DELETE /api/v1/operations/:id',
    'PUT /api/v1/routing/strategy',
  ])
})

test.each([
  ['A-63: a page of another site', [['Origin', 'http://evil.example']]],
  ['A-63: a page without a site', [['Origin', 'null']]],
  ['A-64: a name that was bound to this address', [['Host', 'evil.example']]],
] as const)('%s changes nothing by any route: 403 without a word', async (_, headers) => {
  const ground = await startGround()
  const askAll = async () => {
    for (const { method, path } of changing) {
      const all = [...headers, ['Content-Type', 'text/plain']] as const
      const body = path.endsWith('strategy') ? '{"strategy":"round_robin"}' : newEngine
      const got = await rawRequest(ground.origin, {
        method,
        path: pathOf(path),
        headers: all,
        body,
      })
      expect([method, path, got.status, got.body.length]).toEqual([method, path, 403, 0])
    }
    expectNothingDone(ground)
  }
  await withstand(ground, askAll, { lines: changing.length, times: 5 })
})

const fields = (rest: string) => `{"kind":"remote","url":"http://nas"${rest}}`

test.each([
  ['A-28: a body of more than 1 MiB', fields(`,"name":"${'x'.repeat(1024 * 1024)}"`), 413],
  ['A-26: no body', '', 400],
  ['A-27: cut JSON', '{"kind":', 400],
  ['A-37: bytes that are not UTF-8', '{"kind":"remote","url":"\xff"}', 400],
  ['a list', '[]', 400],
  ['A-32: 500,000 lists in each other', '['.repeat(500_000), 400],
  ['another kind', '{"kind":"embedded","name":"x"}', 400],
  ['a number for a name', fields(',"name":7'), 400],
  ['an empty name', fields(',"name":""'), 400],
  ['a name of 65 letters', fields(`,"name":"${'x'.repeat(65)}"`), 400],
  ['an address of 301 letters', `{"kind":"remote","url":"${'x'.repeat(301)}"}`, 400],
  ['an unknown key', fields(',"adress":"x"'), 400],
  ['A-35: keys of prototypes', fields(',"__proto__":{"x":1}'), 400],
  ['a folder', '{"kind":"managed","name":"x","dataDir":"/etc"}', 400],
  ['variables', '{"kind":"managed","name":"x","environment":{"LD_PRELOAD":"/x"}}', 400],
  ['a host to listen at', '{"kind":"managed","name":"x","host":"0.0.0.0"}', 400],
  ['a port that is none', '{"kind":"managed","name":"x","port":65536}', 400],
  ['an account in the address', '{"kind":"remote","url":"http://me:secret@nas"}', 400],
  ['an address of a file', '{"kind":"remote","url":"file:///etc/passwd"}', 400],
])('POST /api/v1/instances: %s is refused in words', async (_, body, status) => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const bytes = Buffer.from(body, 'latin1')
    const got = await rawRequest(ground.origin, { path: '/api/v1/instances', body: bytes })
    expect(got.status).toBe(status)
    expect(errorText(got)).toMatch(/\w/)
    expect(errorText(got)).not.toContain('secret')
    expectNothingDone(ground)
  })
})

test.each([
  ['A-44: a path for a name', '/api/v1/instances/..%2F..%2Fetc/stop', 404],
  ['a name of 65 letters', `/api/v1/instances/${'x'.repeat(65)}/stop`, 400],
  ['a time that is none', '/api/v1/instances/local/stop?drainMs=', 400],
  ['a time below nothing', '/api/v1/instances/local/stop?drainMs=-1', 400],
  ['a time without an end', '/api/v1/instances/local/stop?drainMs=1e9', 400],
  ['a time twice', '/api/v1/instances/local/stop?drainMs=0&drainMs=1', 400],
  ['an unknown parameter', '/api/v1/instances/local/stop?force=true', 400],
])('stop: %s is refused', async (_, path, status) => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const got = await rawRequest(ground.origin, { method: 'POST', path })
    expect(got.status).toBe(status)
    expectNothingDone(ground)
  })
})
